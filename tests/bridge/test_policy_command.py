"""``mattebridge policy``."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.borders import DEFAULT_POLICY, BorderPolicy
from bridge.cli.policy import policy, unknown_rows
from bridge.errors import OutputError, PolicyError


def test_what_is_written_is_the_default_policy(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    assert CliRunner().invoke(policy, ["write", str(path)]).exit_code == 0
    assert BorderPolicy.from_file(path).rows == DEFAULT_POLICY.rows
    assert unknown_rows(DEFAULT_POLICY) == ()


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
    (row,) = [line for line in shown.splitlines() if "7px" in line]
    assert row.startswith("vehicles")
    assert " car " in row
    assert "any other stuff" in shown


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
