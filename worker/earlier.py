"""What the folder of an export holds already: mattes of the same settings are joined, others in the way.

The manifest of a folder speaks of all mattes in it. So an export of more frames is one of these and of those that
are there: layers, which are the same in every frame, are settled over all of them, and only what is missing is
written.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import msgspec

from bridge.errors import BadRequestError, FolderBusyError, FrameRangeError, OtherSettingsError
from bridge.frames import format_frames, parse_frames
from bridge.manifest import Manifest, read_manifest
from bridge.request import MatteRequest
from worker.exr.disk import disk_errors
from worker.media import Source, open_source

_SAID_IN_FULL = 40
"""Settings up to so many characters are said in an error; longer ones are only named."""


class FolderChangedError(FolderBusyError):
    """Another export added frames to the folder after this one was planned."""


def manifest_path(folder: Path, clip: str) -> Path:
    """Where the manifest of a clip's mattes lies."""
    return folder / f"{clip}.mattes.json"


def _aside_path(folder: Path, clip: str) -> Path:
    """Where the last whole manifest lies while files that it lists are written anew."""
    return folder / f".{clip}.mattes.earlier.json"


def settings_of(request: MatteRequest, source: Source) -> dict[str, str]:
    """What decides how mattes look, in words: two exports that agree in it can share a folder."""
    borders = {name: border.describe() for name, border in request.policy.rows.items()}
    return {
        "source": source.path,
        "colorspace": request.colorspace or "of the file",
        "on_error": request.on_error.value,
        "model": request.model,
        "detail": str(request.detail),
        "categories": "all" if request.categories is None else ", ".join(sorted(request.categories)),
        "tracks": str(request.tracks).lower(),
        "groups": "; ".join(f"{name}={','.join(of)}" for name, of in sorted(request.groups.items())) or "none",
        "borders": json.dumps(borders, sort_keys=True),
        "layouts": ", ".join(sorted(layout.value for layout in request.layouts)),
        "overlap": request.overlap.value,
        "smoothing": str(request.smoothing),
        "foreground": str(request.foreground).lower(),
    }


def find_earlier(folder: Path, clip: str) -> Manifest | None:
    """The manifest of what lies in a folder, or lay there whole before an export that did not end.

    Raises:
        BadRequestError: it cannot be read.
    """
    for path in (manifest_path(folder, clip), _aside_path(folder, clip)):
        if path.exists():
            return read_manifest(path)
    return None


def joined(request: MatteRequest, source: Source) -> MatteRequest:
    """The request with the frames besides that its folder holds already; the request itself where it has them all.

    Args:
        request: What was asked for.
        source: Its source, with its frames.

    Raises:
        OtherSettingsError: the folder holds mattes of the clip that were made with other settings, and the request
            does not say that they shall be replaced; or what it holds cannot be told.
    """
    folder = Path(request.out)
    try:
        earlier = find_earlier(folder, source.clip)
        there = () if earlier is None else parse_frames(earlier.frames)
    except BadRequestError as err:
        if request.replace:
            return request
        raise OtherSettingsError(f"{err}; {_WAYS_OUT}") from None
    if earlier is None:
        return request
    mine = settings_of(request, source)
    if earlier.settings != mine:
        if request.replace:
            return request
        raise OtherSettingsError(
            f"{folder} holds mattes of {source.clip!r} that were made with other settings "
            f"({_difference(earlier.settings, mine)}); {_WAYS_OUT}"
        )
    frames = {*source.frames, *there}
    if len(frames) == len(source.frames):
        return request
    wider = msgspec.structs.replace(request, frames=format_frames(frames))
    try:
        open_source(wider.source, frames=wider.frames, colorspace=wider.colorspace).close()
    except FrameRangeError as err:
        raise OtherSettingsError(
            f"{folder} holds mattes of the frames {earlier.frames}, and the source no longer has all of these "
            f"({err}); choose another folder"
        ) from None
    return wider


_WAYS_OUT = "choose another folder, or say that they shall be replaced (--replace)"


def _difference(there: dict[str, str], here: dict[str, str]) -> str:
    if not there:
        return "which it does not tell"
    words = []
    for name, mine in here.items():
        theirs = there.get(name, "not told")
        if theirs != mine:
            short = max(len(theirs), len(mine)) <= _SAID_IN_FULL
            words.append(f"{name}: there {theirs}, here {mine}" if short else name)
    return "; ".join(words) or "of another version"


def joining(request: MatteRequest, wider: MatteRequest) -> tuple[str, ...]:
    """What whoever asked should know where the folder's frames are joined."""
    if wider is request:
        return ()
    return (f"{request.out} holds mattes of the same settings: its manifest will have the frames {wider.frames}",)


class Folder:
    """The folder of an export, while nobody else writes to it.

    Its manifest is true at any time: it goes before the first file that it lists changes, and is kept aside until
    the next one is there.
    """

    def __init__(self, folder: Path, clip: str) -> None:
        self._folder, self._clip = folder, clip
        self._listed: set[str] = set()
        for path in (manifest_path(folder, clip), _aside_path(folder, clip)):
            with suppress(BadRequestError):
                self._listed |= _listed(read_manifest(path))

    def will_change(self, files: Collection[str]) -> None:
        """Put the manifest aside where it lists one of these files, or cannot be read."""
        path = manifest_path(self._folder, self._clip)
        with disk_errors(path):
            if not self._is_readable(path):
                path.unlink(missing_ok=True)
            elif self._listed.intersection(files):
                path.replace(_aside_path(self._folder, self._clip))

    def done(self, manifest: Manifest) -> None:
        """Delete what earlier manifests list and the new one, which is in its place, does not."""
        for name in self._listed - _listed(manifest):
            # Only what an export can have written here, whatever a file says that calls itself a manifest.
            if Path(name).name == name and name.startswith((f"{self._clip}_", f"{self._clip}.")):
                with suppress(OSError):
                    (self._folder / name).unlink()
        with suppress(OSError):
            _aside_path(self._folder, self._clip).unlink()

    @staticmethod
    def _is_readable(path: Path) -> bool:
        try:
            read_manifest(path)
        except BadRequestError:
            return False
        return True


def _listed(manifest: Manifest) -> set[str]:
    sheet = [] if manifest.contact_sheet is None else [manifest.contact_sheet]
    return {*(file.path for file in manifest.files), *manifest.indexes, *sheet}
