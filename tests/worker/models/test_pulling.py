"""Models are pulled from a hub: with resume, checksums and a pinned revision, and clear words where it fails."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from bridge.errors import BadRequestError, DownloadError
from tests.worker.models.hub import Hub, serve
from worker.cli.models import models
from worker.models import downloading
from worker.models.catalog import CatalogEntry, catalog
from worker.models.installed import find_installed, hub_cache, read_pin
from worker.models.pulling import pull, remove, verify

ENTRY = catalog()["eomt-large-640"]
REPOSITORY = ENTRY.hub or ""
FIRST, SECOND = "a" * 40, "b" * 40
WEIGHTS = random.Random(1).randbytes(300_000)
FILES = {
    "config.json": b'{"model_type": "eomt"}',
    "preprocessor_config.json": b"{}",
    "README.md": b"---\nlicense: mit\n---\n",
    "model.safetensors": WEIGHTS,
    "pytorch_model.bin": b"the authors' own format",
    "flax_model.msgpack": b"not for us",
    ".gitattributes": b"",
}


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with one repository, and an empty cache."""
    with serve() as it:
        monkeypatch.setenv("HF_ENDPOINT", it.endpoint)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setenv("MATTEBRIDGE_MODELS", str(tmp_path / "own"))
        # Whatever loaded a model before in this process has told the hub's client to stay offline.
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
        monkeypatch.setattr(downloading, "_WAIT_S", 0.01)
        monkeypatch.setattr(downloading, "_BLOCK_BYTES", 64 << 10)
        it.put(REPOSITORY, FIRST, FILES)
        yield it


def files_asked(hub: Hub) -> list[str]:
    return [path.rsplit("/", 1)[-1] for _, path, _, _ in hub.asked if "/resolve/" in path]


def test_a_pull_fetches_what_is_needed_and_pins_the_revision(hub: Hub) -> None:
    seen: list[tuple[str, int, int | None]] = []
    pulled = pull(ENTRY, report=lambda *news: seen.append(news))
    assert pulled.revision == FIRST
    assert sorted(path.name for path in pulled.path.iterdir()) == [
        "README.md", "config.json", "model.safetensors", "preprocessor_config.json",
    ]  # fmt: skip
    assert (pulled.path / "model.safetensors").read_bytes() == WEIGHTS
    assert find_installed(ENTRY) == pulled.path
    assert seen[-1] == ("model.safetensors", len(WEIGHTS), len(WEIGHTS))
    pin = read_pin(ENTRY)
    assert pin is not None
    assert pin.revision == FIRST
    assert verify(ENTRY) == []


def test_the_hubs_own_tools_find_what_was_pulled(hub: Hub) -> None:
    from huggingface_hub import snapshot_download, try_to_load_from_cache

    pulled = pull(ENTRY)
    found = try_to_load_from_cache(REPOSITORY, "model.safetensors", cache_dir=hub_cache())
    assert found == str(pulled.path / "model.safetensors")
    whole = snapshot_download(REPOSITORY, cache_dir=hub_cache(), local_files_only=True)
    assert Path(whole) == pulled.path


def test_a_second_pull_asks_for_nothing(hub: Hub) -> None:
    pull(ENTRY)
    hub.asked.clear()
    assert pull(ENTRY).fetched == ()
    assert hub.asked == []


def test_a_broken_connection_goes_on_where_it_stopped(hub: Hub) -> None:
    hub.break_after = 100_000
    pulled = pull(ENTRY)
    assert (pulled.path / "model.safetensors").read_bytes() == WEIGHTS
    assert [asked for _, path, asked, _ in hub.asked if path.endswith("safetensors")] == [None, "bytes=100000-"]


def test_an_interrupted_pull_goes_on_the_next_time(hub: Hub) -> None:
    class StopError(Exception):
        pass

    def stop(name: str, done: int, total: int | None) -> None:
        if name == "model.safetensors" and done > 100_000:
            raise StopError

    with pytest.raises(StopError):
        pull(ENTRY, report=stop)
    assert find_installed(ENTRY) is None
    hub.asked.clear()
    assert (pull(ENTRY).path / "model.safetensors").read_bytes() == WEIGHTS
    ranges = [asked for _, path, asked, _ in hub.asked if path.endswith("safetensors")]
    assert ranges == ["bytes=131072-"]
    assert files_asked(hub) == ["model.safetensors"]


def test_a_server_that_knows_no_ranges_begins_anew(hub: Hub) -> None:
    hub.ranges = False
    hub.break_after = 100_000
    assert (pull(ENTRY).path / "model.safetensors").read_bytes() == WEIGHTS


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_wrong_checksum_is_refused_and_nothing_stays(hub: Hub, name: str) -> None:
    hub.changed[name] = bytes(len(FILES[name]))
    with pytest.raises(
        DownloadError, match=rf"{name} did not come as it should: expected (sha256|git-sha1):\w+, got"
    ):
        pull(ENTRY)
    assert find_installed(ENTRY) is None
    assert not list(hub_cache().rglob("*.partial"))
    hub.changed.clear()
    assert verify_after_pull(hub) == []


def verify_after_pull(_: Hub) -> list[str]:
    pull(ENTRY)
    return verify(ENTRY)


def test_a_file_that_is_too_long_is_refused(hub: Hub) -> None:
    hub.changed["model.safetensors"] = WEIGHTS + b"more"
    with pytest.raises(DownloadError, match="did not come as it should"):
        pull(ENTRY)


def test_the_pinned_revision_stays_until_an_update(hub: Hub) -> None:
    pull(ENTRY)
    hub.put(REPOSITORY, SECOND, {**FILES, "model.safetensors": WEIGHTS[::-1]})
    assert pull(ENTRY).revision == FIRST
    updated = pull(ENTRY, update=True)
    assert (updated.revision, updated.fetched) == (SECOND, ("model.safetensors",))
    assert find_installed(ENTRY) == updated.path
    assert pull(ENTRY, revision=FIRST).revision == FIRST
    assert (find_installed(ENTRY) or Path()).name == FIRST


def test_older_repositories_have_no_safetensors(hub: Hub) -> None:
    hub.put(REPOSITORY, SECOND, {name: FILES[name] for name in ("config.json", "pytorch_model.bin")})
    pulled = pull(ENTRY)
    assert sorted(path.name for path in pulled.path.iterdir()) == ["config.json", "pytorch_model.bin"]


def test_a_repository_in_another_format_is_said(hub: Hub) -> None:
    hub.put(REPOSITORY, SECOND, {"pytorch_model.bin": b"weights"})
    with pytest.raises(DownloadError, match=r"not in the format of transformers.*found pytorch_model\.bin"):
        pull(ENTRY)


def test_a_repository_that_is_not_there(hub: Hub) -> None:
    hub.repositories.clear()
    with pytest.raises(DownloadError, match=f"no repository {REPOSITORY}"):
        pull(ENTRY)


def test_a_gated_repository_says_what_to_do(hub: Hub) -> None:
    hub.gated = True
    with pytest.raises(DownloadError, match=r"accepted its licence.*https://huggingface\.co/.*HF_TOKEN"):
        pull(ENTRY)


def test_a_hub_in_trouble(hub: Hub) -> None:
    hub.status = 500
    with pytest.raises(DownloadError, match="cannot be asked about"):
        pull(ENTRY)


def test_no_network(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(DownloadError, match=r"cannot be asked about.*Without a network.*MATTEBRIDGE_MODELS"):
        pull(ENTRY)


def test_a_user_who_said_offline_is_told_so(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(DownloadError, match=r"offline.*HF_HUB_OFFLINE"):
        pull(ENTRY)


def test_a_token_goes_to_the_hub(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    pull(ENTRY)
    assert {token for _, path, _, token in hub.asked if "/resolve/" in path} == {"Bearer hf_secret"}


def zoo_entry(hub: Hub, content: bytes) -> CatalogEntry:
    """A model whose file lies at an address, with the beginning of its md5 in the name."""
    name = f"model_final_{hashlib.md5(content).hexdigest()[:6]}.pkl"
    hub.put("zoo/fpn", "x", {name: content})
    url = f"{hub.endpoint}/zoo/fpn/resolve/x/{name}"
    return msgspec.structs.replace(catalog()["panoptic-fpn-r101"], url=url)


def test_a_file_of_the_zoo_with_resume_and_checksum(hub: Hub) -> None:
    entry = zoo_entry(hub, WEIGHTS)
    hub.break_after = 100_000
    pulled = pull(entry)
    assert pulled.path.read_bytes() == WEIGHTS
    assert find_installed(entry) == pulled.path
    assert pull(entry).fetched == ()
    assert verify(entry) == []
    assert remove(entry) == pulled.path
    assert find_installed(entry) is None


def test_a_changed_file_of_the_zoo_is_refused(hub: Hub) -> None:
    entry = zoo_entry(hub, WEIGHTS)
    hub.changed[(entry.url or "").rsplit("/", 1)[-1]] = WEIGHTS[::-1]
    with pytest.raises(DownloadError, match=r"expected md5:\w{6}, got md5:\w{32}"):
        pull(entry)
    assert find_installed(entry) is None


def test_a_missing_file_of_the_zoo(hub: Hub) -> None:
    entry = msgspec.structs.replace(zoo_entry(hub, WEIGHTS), url=f"{hub.endpoint}/none.pkl")
    with pytest.raises(DownloadError, match="answers 404"):
        pull(entry)


@pytest.mark.parametrize("name", ["embedded", "eomt-large-640-dinov3"])
def test_what_cannot_be_pulled_says_why(hub: Hub, name: str) -> None:
    with pytest.raises(BadRequestError, match=r"is not pulled: it (ships|needs)"):
        pull(catalog()[name])


def test_damage_is_found_and_removed(hub: Hub) -> None:
    pulled = pull(ENTRY)
    (pulled.path / "model.safetensors").resolve().write_bytes(b"damaged")
    assert verify(ENTRY) == ["model.safetensors"]
    remove(ENTRY)
    assert find_installed(ENTRY) is None
    with pytest.raises(BadRequestError, match="was not pulled"):
        remove(ENTRY)
    with pytest.raises(BadRequestError, match="was not pulled"):
        verify(ENTRY)


def test_the_command_pulls_tells_and_removes(hub: Hub) -> None:
    runner = CliRunner()
    result = runner.invoke(models, ["pull", "eomt-large-640", "--json"], catch_exceptions=False)
    answer = json.loads(result.stdout.splitlines()[-1])
    assert answer["ok"] is True
    assert answer["revision"] == FIRST
    assert runner.invoke(models, ["path", "eomt-large-640"]).stdout.strip() == answer["path"]
    listed = json.loads(runner.invoke(models, ["--json", "--installed"]).stdout)["models"]
    assert [row["name"] for row in listed] == ["embedded", "eomt-large-640"]
    assert "already there" in runner.invoke(models, ["pull", "eomt-large-640"]).stdout
    assert runner.invoke(models, ["verify", "eomt-large-640"]).exit_code == 0
    assert runner.invoke(models, ["remove", "eomt-large-640"], input="n\n").exit_code == 1
    assert find_installed(ENTRY) is not None
    assert runner.invoke(models, ["remove", "eomt-large-640", "--yes"]).exit_code == 0
    assert runner.invoke(models, ["path", "eomt-large-640"]).exit_code == 1


def test_the_command_says_a_licence_before_it_pulls(hub: Hub) -> None:
    hub.status = 500
    result = CliRunner().invoke(models, ["pull", "mask2former-swin-large", "--json"])
    assert "forbids commercial use" in result.stderr
    assert json.loads(result.stdout)["code"] == "download"
    assert result.exit_code == 1
