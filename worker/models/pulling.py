"""Pulls models of the catalog: from the hub into its cache, or a file of a zoo into a folder of one's own.

A pulled revision is pinned: it is used until another one is pulled, whatever the hub's main becomes.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bridge.errors import BadRequestError, DownloadError
from worker.models.catalog import CatalogEntry
from worker.models.downloading import PARTIAL, digest_of, download
from worker.models.installed import (
    Pin,
    cached_snapshot,
    download_path,
    find_installed,
    pin_path,
    read_pin,
    repository_folder,
    snapshot_folder,
    write_pin,
)

_INFO_TIMEOUT_S = 20.0
_SMALL_BYTES = 50 << 20

Report = Callable[[str, int, "int | None"], None]
"""Called with a file's name, the bytes that are there, and their total where it is known."""


@dataclass(frozen=True)
class RemoteFile:
    """One file of a hub repository."""

    name: str
    size_bytes: int
    digest: str
    """``sha256:...`` of large files, ``git-sha1:...`` of small ones."""

    @property
    def blob(self) -> str:
        """What its content is called in the hub's cache."""
        return self.digest.partition(":")[2]


@dataclass(frozen=True)
class Pulled:
    """What a pull did."""

    path: Path
    """Where the weights lie."""
    revision: str | None
    """The pinned commit; None for files that are not on the hub."""
    fetched: tuple[str, ...]
    """The files that were fetched; empty where all were there."""


def pull(
    entry: CatalogEntry,
    *,
    revision: str | None = None,
    update: bool = False,
    report: Report = lambda name, done, total: None,
) -> Pulled:
    """Fetch the weights of a model; what is there already is not fetched again.

    Args:
        entry: The model.
        revision: A commit, branch or tag of its hub repository; None for the pinned one, else main.
        update: Take what the hub calls main now, even where an older revision is pinned.
        report: Hears how far each file is.

    Raises:
        BadRequestError: the model cannot be pulled.
        DownloadError: the hub cannot be reached, refuses, or sends something else than was expected.
        OSError: files cannot be written.
    """
    if not entry.is_pullable:
        what = "it ships with Mattebridge" if entry.delta_of is None else f"it needs {entry.delta_of} besides"
        raise BadRequestError(
            f"model {entry.name!r} is not pulled: {what}; see `mattebridge models info {entry.name}`"
        )
    if entry.url is not None:
        return _pull_file(entry, entry.url, report)
    assert entry.hub is not None
    pin = read_pin(entry)
    if revision is None and pin is not None and not update:
        revision = pin.revision
        found = cached_snapshot(entry.hub, revision)
        if found is not None and all((found / name).is_file() for name in pin.files):
            return Pulled(found, revision, ())
    commit, files = list_files(entry.hub, revision)
    return _pull_files(entry, entry.hub, commit, wanted_files(entry.hub, files), report)


def list_files(repository: str, revision: str | None) -> tuple[str, list[RemoteFile]]:
    """The commit behind a revision of a hub repository, and its files; DownloadError where it cannot be told."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

    try:
        info = HfApi(endpoint=os.environ.get("HF_ENDPOINT")).model_info(
            repository, revision=revision, files_metadata=True, timeout=_INFO_TIMEOUT_S
        )
    except GatedRepoError:
        raise DownloadError(
            f"the hub gives {repository} only to those who accepted its licence: do so at "
            f"https://huggingface.co/{repository}, and set HF_TOKEN to a token of that account"
        ) from None
    except RepositoryNotFoundError:
        raise DownloadError(f"the hub has no repository {repository}, or shows it to others only") from None
    # Besides its own errors it lets through those of its HTTP library, whichever that is.
    except (ValueError, *HfHubHTTPError.__bases__) as err:
        reason = next(iter(str(err).splitlines()), type(err).__name__)
        raise DownloadError(
            f"the hub cannot be asked about {repository}: {reason}. Without a network, fetch the files on another "
            "machine and put them into a folder of MATTEBRIDGE_MODELS (docs/models.md says how)"
        ) from None
    if info.sha is None or not re.fullmatch(r"[0-9a-f]{40}", info.sha):
        raise DownloadError(f"the hub does not say which commit of {repository} is meant: {info.sha}")
    files = []
    for sibling in info.siblings or ():
        digest = f"sha256:{sibling.lfs.sha256}" if sibling.lfs else f"git-sha1:{sibling.blob_id}"
        if not re.fullmatch(r"sha256:[0-9a-f]{64}|git-sha1:[0-9a-f]{40}", digest):
            raise DownloadError(
                f"the hub does not say what {sibling.rfilename} of {repository} should be: {digest}"
            )
        files.append(RemoteFile(sibling.rfilename, sibling.size or 0, digest))
    return info.sha, files


def wanted_files(repository: str, files: Sequence[RemoteFile]) -> list[RemoteFile]:
    """Of a repository's files, those that transformers loads a model from: safetensors where there are some.

    Raises:
        DownloadError: it is not in the format of transformers.
    """
    top = [file for file in files if not set(file.name) & {"/", "\\"}]
    names = {file.name for file in top}
    beside = [
        file
        for file in top
        if file.size_bytes <= _SMALL_BYTES
        and (file.name.endswith((".json", ".txt", ".md")) or file.name.upper().startswith(("LICEN", "NOTICE")))
    ]
    safe = [f for f in top if f.name.startswith("model") and f.name.endswith(".safetensors")]
    older = [f for f in top if f.name.startswith("pytorch_model") and f.name.endswith(".bin")]
    if "config.json" not in names or not (safe or older):
        raise DownloadError(
            f"the hub's repository {repository} is not in the format of transformers: expected config.json and "
            f"model.safetensors or pytorch_model.bin, found {', '.join(sorted(names)) or 'nothing'}"
        )
    return [*beside, *(safe or older)]


def _pull_files(
    entry: CatalogEntry, repository: str, commit: str, files: Sequence[RemoteFile], report: Report
) -> Pulled:
    from huggingface_hub import hf_hub_url
    from huggingface_hub.utils import build_hf_headers

    snapshot = snapshot_folder(repository, commit)
    token = {name: value for name, value in build_hf_headers().items() if name.lower() == "authorization"}
    fetched = []
    for file in files:
        blob = repository_folder(repository) / "blobs" / file.blob
        if not blob.exists():
            url = hf_hub_url(repository, file.name, revision=commit, endpoint=os.environ.get("HF_ENDPOINT"))
            download(
                url,
                blob,
                digest=file.digest,
                size_bytes=file.size_bytes,
                secret_headers=token,
                report=lambda done, total, name=file.name: report(name, done, total),  # type: ignore[misc]
            )
            fetched.append(file.name)
        _link(blob, snapshot / file.name)
    main = repository_folder(repository) / "refs" / "main"
    if not main.exists():
        main.parent.mkdir(parents=True, exist_ok=True)
        main.write_text(commit, encoding="ascii")
    write_pin(entry, Pin(repository, commit, {file.name: file.digest for file in files}))
    return Pulled(snapshot, commit, tuple(fetched))


def _link(blob: Path, name: Path) -> None:
    """Show a blob under a file's name, as the hub's tools do: by a relative link, or a copy where links fail."""
    if name.exists():
        return
    name.parent.mkdir(parents=True, exist_ok=True)
    try:
        name.symlink_to(os.path.relpath(blob, name.parent))
    except OSError:
        shutil.copyfile(blob, name)


def _pull_file(entry: CatalogEntry, url: str, report: Report) -> Pulled:
    target = download_path(entry)
    if target.is_file():
        return Pulled(target, None, ())
    download(url, target, digest=zoo_digest(url), report=lambda done, total: report(target.name, done, total))
    return Pulled(target, None, (target.name,))


def zoo_digest(url: str) -> str:
    """What detectron2's zoo tells of a file's digest: names end in the beginning of its md5."""
    prefix = PurePosixPath(url).stem.rpartition("_")[2]
    known = len(prefix) == 6 and all(letter in "0123456789abcdef" for letter in prefix)
    return f"md5:{prefix}" if known else ""


def verify(entry: CatalogEntry) -> list[str]:
    """The files of an installed model that are missing or are not what was pulled; empty where all is well.

    Raises:
        BadRequestError: it was not pulled, so that nothing is known to compare with.
    """
    if entry.url is not None:
        file, digest = download_path(entry), zoo_digest(entry.url)
        if not file.is_file():
            raise BadRequestError(f"model {entry.name!r} was not pulled")
        return [] if digest_of(file, "md5").startswith(digest) else [file.name]
    pin = read_pin(entry)
    if pin is None:
        raise BadRequestError(f"model {entry.name!r} was not pulled; there are no checksums to compare with")
    folder = snapshot_folder(pin.repository, pin.revision)
    return [name for name, digest in pin.files.items() if not _is_whole(folder / name, digest)]


def _is_whole(path: Path, digest: str) -> bool:
    return path.is_file() and digest_of(path, digest.partition(":")[0]) == digest


def remove(entry: CatalogEntry) -> Path:
    """Delete what was pulled of a model, all revisions of it; returns what was deleted.

    Raises:
        BadRequestError: it was not pulled.
    """
    if entry.url is not None:
        file = download_path(entry)
        partial = file.with_name(file.name + PARTIAL)
        if not file.exists() and not partial.exists():
            raise BadRequestError(f"model {entry.name!r} was not pulled")
        file.unlink(missing_ok=True)
        partial.unlink(missing_ok=True)
        return file
    folder = repository_folder(entry.hub) if entry.hub is not None else None
    if folder is None or not folder.is_dir():
        where = find_installed(entry)
        raise BadRequestError(
            f"model {entry.name!r} was not pulled" + (f"; it lies in your own folder {where}" if where else "")
        )
    pin_path(entry.name).unlink(missing_ok=True)
    shutil.rmtree(folder)
    return folder
