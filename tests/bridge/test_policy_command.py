"""``mattebridge policy``."""

from __future__ import annotations

from pathlib import Path

import pytest
import tomllib
from click.testing import CliRunner

from bridge.borders import DEFAULT_POLICY, BorderPolicy
from bridge.categories import GROUPS
from bridge.cli.policy import policy, unknown_rows
from bridge.errors import OutputError, PolicyError


def test_what_is_written_is_the_default_policy(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    assert CliRunner().invoke(policy, ["write", str(path)]).exit_code == 0
    written = BorderPolicy.from_file(path).rows
    assert list(written) == list(DEFAULT_POLICY.rows)
    for name, border in DEFAULT_POLICY.rows.items():
        assert written[name].describe() == border.describe()
    assert unknown_rows(DEFAULT_POLICY) == ()


def test_what_is_written_can_be_changed_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    CliRunner().invoke(policy, ["write", str(path)])
    tables = tomllib.loads(path.read_text())["borders"]
    assert tables["people"] == {"kind": "guided", "width": "2.5%", "offset": "0px", "contrast": 1.0}
    assert tables["thing"] == {"kind": "hard", "offset": "0px"}


def test_a_file_is_replaced_only_on_request(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("mine")
    refused = CliRunner().invoke(policy, ["write", str(path)])
    assert isinstance(refused.exception, OutputError)
    assert path.read_text() == "mine"
    assert CliRunner().invoke(policy, ["write", str(path), "--force"]).exit_code == 0
    assert path.read_text() != "mine"


def test_show_tells_the_border_of_every_group(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text('[borders.car]\nkind = "feather"\nwidth = "7px"\n')
    shown = CliRunner().invoke(policy, ["show", str(path)], env={"COLUMNS": "200"}).output
    lines = shown.splitlines()
    (at,) = [number for number, line in enumerate(lines) if "7px" in line]
    assert lines[at].split()[0] == "car"
    assert lines[at - 1].startswith("vehicles") and " car" not in lines[at - 1]
    assert "any other stuff" in shown


def test_show_names_each_group_once_and_knows_what_is_stuff() -> None:
    shown = CliRunner().invoke(policy, ["show"], env={"COLUMNS": "300"}).output.splitlines()
    groups = [line.split()[0] for line in shown[1:] if not line.startswith((" ", "any other"))]
    assert groups == list(GROUPS)
    (stuff,) = [line for line in shown if " banner, " in line]
    assert "blanket" in stuff and "feather width=0.6%" in stuff
    (things,) = [line for line in shown if " bottle, " in line]
    assert "paper" not in things and "hard" in things


def test_check_names_rows_that_match_nothing(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text('[borders.persn]\nkind = "hard"\n[borders.vehicles]\nkind = "hard"\n')
    result = CliRunner().invoke(policy, ["check", str(path)])
    assert result.exit_code == 0
    assert "'persn'" in result.output
    assert "vehicles" not in result.output


@pytest.mark.parametrize("text", ['[borders.car]\nkind = "blurry"\n', "borders = 1", "[borders"])
def test_check_refuses_what_cannot_be_used(tmp_path: Path, text: str) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(text)
    assert isinstance(CliRunner().invoke(policy, ["check", str(path)]).exception, PolicyError)
