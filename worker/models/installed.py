"""Where weights lie on this machine: in the hub's cache, or in folders of one's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import msgspec
import platformdirs

from bridge.files import write_whole
from worker.models.catalog import CatalogEntry, catalog

MODELS_VARIABLE = "MATTEBRIDGE_MODELS"
"""Folders of models, separated as in PATH: ``<folder>/<name>/`` with the weights, or ``<folder>/<name>.pth``."""

CHECKPOINT_ENDINGS = (".safetensors", ".pth", ".pt", ".bin", ".pkl", ".pyth")

WEIGHT_FILES = (
    "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
)  # fmt: skip
"""What transformers calls weights, in its order of preference."""


class Pin(msgspec.Struct, frozen=True):
    """Which revision of a hub repository was pulled; that one is used until another is pulled."""

    repository: str
    revision: str
    """The commit, in full."""
    files: dict[str, str]
    """Names and digests: sha256 in 64 hex digits, or git's sha1 in 40 for small files."""


def models_folders() -> tuple[Path, ...]:
    """The folders of one's own models: those of the variable MATTEBRIDGE_MODELS, else one in the user's data."""
    named = os.environ.get(MODELS_VARIABLE, "")
    folders = tuple(Path(part).expanduser() for part in named.split(os.pathsep) if part)
    return folders or (Path(platformdirs.user_data_dir("mattebridge", appauthor=False)) / "models",)


def hub_cache() -> Path:
    """The hub's cache, by the variables that its own tools obey."""
    for variable, below in (("HF_HUB_CACHE", ""), ("HF_HOME", "hub"), ("XDG_CACHE_HOME", "huggingface/hub")):
        if os.environ.get(variable):
            return Path(os.environ[variable]).expanduser() / below
    return Path("~/.cache/huggingface/hub").expanduser()


def repository_folder(repository: str) -> Path:
    """The folder of a hub repository in the cache; it need not be there."""
    return hub_cache() / f"models--{repository.replace('/', '--')}"


def snapshot_folder(repository: str, revision: str) -> Path:
    """The files of one revision of a hub repository in the cache; it need not be there."""
    return repository_folder(repository) / "snapshots" / revision


def pin_path(name: str) -> Path:
    """The file that says which revision of a model was pulled, beside the hub's own files."""
    return hub_cache() / "mattebridge" / f"{name}.json"


def read_pin(entry: CatalogEntry) -> Pin | None:
    """The pinned revision of a model; None where it was not pulled, or the file is damaged."""
    try:
        pin = msgspec.json.decode(pin_path(entry.name).read_bytes(), type=Pin)
    except (OSError, msgspec.MsgspecError):
        return None
    return pin if pin.repository == entry.hub else None


def write_pin(entry: CatalogEntry, pin: Pin) -> None:
    """Use this revision from now on."""
    path = pin_path(entry.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, msgspec.json.format(msgspec.json.encode(pin), indent=2) + b"\n")


def download_path(entry: CatalogEntry) -> Path:
    """Where the file of a model that is not on the hub goes; its name is that of its address."""
    assert entry.url is not None
    return models_folders()[0] / entry.name / PurePosixPath(urlsplit(entry.url).path).name


def find_installed(entry: CatalogEntry) -> Path | None:
    """Where the weights of a model of the catalog lie: a folder or a file; None where they are not installed.

    A folder of one's own comes before the hub's cache, a pinned revision before the newest in the cache.
    """
    own = own_models().get(entry.name)
    if own is not None and entry.url is None:
        return own
    if entry.url is not None:
        file = download_path(entry)
        return file if file.is_file() else own if own is not None and own != file.parent else None
    if entry.hub is None or entry.delta_of is not None:
        return None
    pin = read_pin(entry)
    return cached_snapshot(entry.hub, None if pin is None else pin.revision)


def cached_snapshot(repository: str, revision: str | None = None) -> Path | None:
    """A complete revision of a hub repository in the cache: that one, else the one it calls main."""
    if revision is None:
        try:
            revision = (repository_folder(repository) / "refs" / "main").read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None
    folder = snapshot_folder(repository, revision)
    whole = (folder / "config.json").is_file() and any((folder / name).is_file() for name in WEIGHT_FILES)
    return folder if whole else None


def own_models() -> dict[str, Path]:
    """The models in one's own folders, by their names; earlier folders come first."""
    found: dict[str, Path] = {}
    for folder in models_folders():
        for name, path in _models_in(folder):
            found.setdefault(name, path)
    return found


def _models_in(folder: Path) -> Iterator[tuple[str, Path]]:
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return
    for path in paths:
        if path.name.startswith("."):
            continue
        if path.is_dir() and not _unfinished(path):
            yield path.name, path
        elif path.is_file() and path.suffix.lower() in CHECKPOINT_ENDINGS:
            yield path.stem, path


def _unfinished(folder: Path) -> bool:
    """Whether a folder holds nothing that can be loaded, such as an interrupted download."""
    return not any(
        p.suffix.lower() in CHECKPOINT_ENDINGS or p.name in ("config.json", "config.yaml")
        for p in folder.iterdir()
    )


def uncatalogued() -> dict[str, Path]:
    """One's own models that the catalog does not name."""
    return {name: path for name, path in own_models().items() if name not in catalog()}
