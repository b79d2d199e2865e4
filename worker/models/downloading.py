"""Fetches one file: goes on where an earlier try stopped, and keeps nothing whose checksum is wrong."""

from __future__ import annotations

import hashlib
import http.client
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from bridge.errors import DownloadError
from bridge.version import version

PARTIAL = ".partial"
"""Ending of a file that has not come whole."""

_BLOCK_BYTES = 1 << 20
_TIMEOUT_S = 30.0
_TRIES = 4
_WAIT_S = 1.0

Report = Callable[[int, "int | None"], None]
"""Called with the bytes that are there and their total, None where the server does not tell."""


def download(
    url: str,
    target: Path,
    *,
    digest: str = "",
    size_bytes: int | None = None,
    secret_headers: Mapping[str, str] | None = None,
    report: Report = lambda done, total: None,
) -> None:
    """Fetch a file. Under its own name it is always whole; until then it is called ``<name>.partial``.

    Args:
        url: Where it is; what lies there must not change between two tries.
        target: Where it goes; its folder is made.
        digest: As `digest_of` makes it, or the beginning of one; empty where none is known.
        size_bytes: Its size, where that is known.
        secret_headers: Sent to the first server only, not to one that it redirects to.
        report: Hears how far it is.

    Raises:
        DownloadError: the server cannot be reached, refuses, or sends something else than was expected.
        OSError: the file cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + PARTIAL)
    for tries_left in reversed(range(_TRIES)):
        before = partial.stat().st_size if partial.exists() else 0
        try:
            _fetch(url, partial, size_bytes, secret_headers or {}, report)
            break
        except DownloadError:
            raise
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as err:
            moved = partial.exists() and partial.stat().st_size > before
            if not tries_left or (not moved and not _may_pass(err)):
                raise _unreachable(url, err) from None
            time.sleep(_WAIT_S)
    _check(partial, url, digest, size_bytes)
    partial.replace(target)


def digest_of(path: Path, kind: str) -> str:
    """The digest of a file, as ``kind:hex``.

    Args:
        path: The file.
        kind: ``sha256``, ``md5``, or ``git-sha1``: git's own, with the size before the content.
    """
    made = hashlib.new("sha1" if kind == "git-sha1" else kind, usedforsecurity=False)
    if kind == "git-sha1":
        made.update(f"blob {path.stat().st_size}\0".encode())
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            made.update(block)
    return f"{kind}:{made.hexdigest()}"


def _fetch(
    url: str, partial: Path, size_bytes: int | None, secret_headers: Mapping[str, str], report: Report
) -> None:
    """One try: append what is missing."""
    have = partial.stat().st_size if partial.exists() else 0
    if size_bytes is not None and have == size_bytes:
        report(have, size_bytes)
        return
    if size_bytes is not None and have > size_bytes:
        have = 0
    request = urllib.request.Request(url, headers={"User-Agent": f"mattebridge/{version()}"})
    for name, value in secret_headers.items():
        request.add_unredirected_header(name, value)
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        response = urllib.request.urlopen(request, timeout=_TIMEOUT_S)
    except urllib.error.HTTPError as err:
        if err.code == 416 and have:
            # Nothing is left to send: the checksum tells whether what is there is the file.
            return
        raise
    with response:
        resumed = response.status == 206
        left = response.headers.get("Content-Length")
        done = have if resumed else 0
        total = size_bytes if left is None else done + int(left)
        with partial.open("ab" if resumed else "wb") as file:
            report(done, total)
            while block := response.read(_BLOCK_BYTES):
                file.write(block)
                done += len(block)
                report(done, total)
            file.flush()
            os.fsync(file.fileno())
    if total is not None and done < total:
        raise ConnectionError(f"the connection broke after {done} of {total} bytes")


def _check(partial: Path, url: str, digest: str, size_bytes: int | None) -> None:
    size = partial.stat().st_size
    found = digest_of(partial, digest.partition(":")[0]) if digest else ""
    if found.startswith(digest) and size_bytes in (None, size):
        return
    partial.unlink()
    expected = digest or f"{size_bytes} bytes"
    raise DownloadError(
        f"{url} did not come as it should: expected {expected}, got {found or f'{size} bytes'}; what came was "
        "deleted, run the same command again. Where it happens twice, something between here and the server "
        "changes files"
    )


def _may_pass(err: Exception) -> bool:
    """Whether another try may go better: not where the server said no, or has no such name."""
    if isinstance(err, urllib.error.HTTPError):
        return err.code >= 500 or err.code == 429
    return isinstance(err, (TimeoutError, ConnectionError, http.client.HTTPException))


def _unreachable(url: str, err: Exception) -> DownloadError:
    if isinstance(err, urllib.error.HTTPError):
        hint = " (a token may be missing: set HF_TOKEN)" if err.code in (401, 403) else ""
        return DownloadError(f"{url}: the server answers {err.code} {err.reason}{hint}")
    reason = err.reason if isinstance(err, urllib.error.URLError) else err
    return DownloadError(
        f"{url} cannot be reached: {reason}. What came is kept: run the same command again, or fetch the files on "
        "another machine and put them into a folder of MATTEBRIDGE_MODELS (docs/models.md says how)"
    )
