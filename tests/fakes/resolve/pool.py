"""The fake media pool: bins, clips, mattes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.fakes.resolve.clips import BRACKETS, FakeMediaPoolItem
from tests.fakes.resolve.items import FakeTimelineItem
from tests.fakes.resolve.objects import FakeObject

_NUMBERED = re.compile(r"(.*?)(-?\d+)(\.[A-Za-z0-9]+)")
_PRINTF = re.compile(r"(.*)%0?(\d*)d(.*)")

COLOR_SPACES = (
    "Rec.709 Gamma 2.4",
    "Rec.709 (Scene)",
    "ARRI LogC3",
    "Sony S-Gamut3.Cine/S-Log3",
    "Linear",
    "Bypass",
)
MOVIES = (".mov", ".mp4", ".mxf")


class FakeFolder(FakeObject):
    """A bin."""

    def __init__(self, app: Any, name: str) -> None:
        super().__init__(app)
        self.name = name
        self.clips: list[FakeMediaPoolItem] = []
        self.folders: list[FakeFolder] = []

    def GetName(self) -> str:
        return self.name

    def GetUniqueId(self) -> str:
        return self.uid

    def GetClipList(self) -> list[FakeMediaPoolItem]:
        return list(self.clips)

    def GetClips(self) -> dict[float, FakeMediaPoolItem]:
        return {float(i): clip for i, clip in enumerate(self.clips, 1)}

    def GetSubFolderList(self) -> list[FakeFolder]:
        return list(self.folders)


class FakeMediaPool(FakeObject):
    """The media pool: imports into its current bin, and answers [] to what it does not like."""

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self.root = FakeFolder(app, "Master")
        self.current = self.root

    def all_clips(self) -> list[FakeMediaPoolItem]:
        waiting, found = [self.root], []
        while waiting:
            folder = waiting.pop()
            found += folder.clips
            waiting += folder.folders
        return found

    def add(self, name: str, **properties: str) -> FakeMediaPoolItem:
        """Put a clip into the root bin, as a person would have."""
        item = FakeMediaPoolItem(self.app, name, properties)
        self.root.clips.append(item)
        return item

    def properties_of(self, path: str, first: int | None = None, last: int | None = None) -> dict[str, str] | None:
        """What the host would know of a path: a movie, a still, or a run of numbered files that are all there."""
        rate = self.app.project.settings["timelineFrameRate"].split()[0]
        base = {"FPS": rate, "Start TC": "00:00:00:00", "Resolution": "96x64"}
        printf = _PRINTF.fullmatch(path)
        brackets = BRACKETS.fullmatch(path)
        if brackets is not None:
            width = len(brackets[2])
            return self.properties_of(f"{brackets[1]}%0{width}d{brackets[4]}", int(brackets[2]), int(brackets[3]))
        if printf is not None:
            if first is None or last is None:
                return None
            width = int(printf[2] or 1)
            files = [Path(f"{printf[1]}{n:0{width}d}{printf[3]}") for n in range(first, last + 1)]
            if not all(file.exists() for file in files):
                return None
            name = f"{printf[1]}[{first:0{width}d}-{last:0{width}d}]{printf[3]}"
            return {
                **base,
                "Type": "Video",
                "File Path": name,
                "File Name": Path(name).name,
                "Start": str(first),
                "End": str(last),
                "Frames": str(last - first + 1),
            }
        if not Path(path).exists():
            return None
        if Path(path).suffix in MOVIES:
            count = "100"
            return {
                **base,
                "Type": "Video + Audio",
                "File Path": path,
                "File Name": Path(path).name,
                "Start": "0",
                "End": "99",
                "Frames": count,
            }
        return {
            **base,
            "Type": "Still",
            "File Path": path,
            "File Name": Path(path).name,
            "Start": "0",
            "End": "0",
            "Frames": "1",
        }

    def _enter(self, properties: dict[str, str] | None) -> list[FakeMediaPoolItem]:
        if properties is None:
            return []
        if any(clip.properties["File Path"] == properties["File Path"] for clip in self.all_clips()):
            return []
        item = FakeMediaPoolItem(self.app, properties["File Name"], properties)
        self.current.clips.append(item)
        return [item]

    def GetRootFolder(self) -> FakeFolder:
        return self.root

    def GetCurrentFolder(self) -> FakeFolder:
        return self.current

    def SetCurrentFolder(self, folder: FakeFolder) -> bool:
        self.current = folder
        return True

    def AddSubFolder(self, folder: FakeFolder, name: str) -> FakeFolder | None:
        if any(sub.name == name for sub in folder.folders):
            return None
        made = FakeFolder(self.app, name)
        folder.folders.append(made)
        return made

    def ImportMedia(self, items: Sequence[Any]) -> list[FakeMediaPoolItem]:
        if all(isinstance(item, dict) for item in items):
            found = []
            for info in items:
                # A still by the dict form is refused without a word.
                if info["StartIndex"] != info["EndIndex"] and _PRINTF.fullmatch(info["FilePath"]):
                    found += self._enter(
                        self.properties_of(info["FilePath"], info["StartIndex"], info["EndIndex"])
                    )
            return found
        paths = [str(path) for path in items]
        numbered = [_NUMBERED.fullmatch(path) for path in paths]
        if len(paths) > 1 and all(numbered) and len({(m[1], m[3]) for m in numbered if m}) == 1:
            # Numbered files of one call become one sequence.
            numbers = sorted(int(m[2]) for m in numbered if m)
            match = numbered[0]
            assert match is not None
            pattern = f"{match[1]}%0{len(match[2])}d{match[3]}"
            return self._enter(self.properties_of(pattern, numbers[0], numbers[-1]))
        return [item for path in paths for item in self._enter(self.properties_of(path))]

    def AppendToTimeline(self, clipInfo: Sequence[dict[str, Any]]) -> list[FakeTimelineItem]:
        timeline = self.app.project.timeline
        return [] if timeline is None else [item for info in clipInfo for item in timeline.place(info)]

    def GetClipMatteList(self, mediaPoolItem: FakeMediaPoolItem) -> list[str]:
        return list(mediaPoolItem.mattes)

    def GetTimelineMatteList(self, folder: FakeFolder) -> list[FakeMediaPoolItem]:
        return [clip for clip in folder.clips if clip.properties.get("Usage") == "Timeline matte"]

    def DeleteClipMattes(self, mediaPoolItem: FakeMediaPoolItem, paths: list[str]) -> bool:
        if not all(path in mediaPoolItem.mattes for path in paths):
            return False
        mediaPoolItem.mattes = [path for path in mediaPoolItem.mattes if path not in paths]
        return True

    def DeleteClips(self, clips: list[FakeMediaPoolItem]) -> bool:
        waiting = [self.root]
        while waiting:
            folder = waiting.pop()
            folder.clips = [clip for clip in folder.clips if clip.uid not in {other.uid for other in clips}]
            waiting += folder.folders
        return True


class FakeMediaStorage(FakeObject):
    """Where mattes are added from. Which form of a sequence's path it takes is nowhere written."""

    def _known(self, path: str) -> dict[str, str] | None:
        form = "brackets" if "[" in path else "printf" if "%" in path else "first"
        if form not in self.app.matte_forms:
            return None
        if form == "printf":
            match = _PRINTF.fullmatch(path)
            assert match is not None
            folder = Path(match[1]).parent
            stem = Path(match[1]).name
            numbers = sorted(
                int(name[len(stem) : len(name) - len(match[3])])
                for name in (file.name for file in folder.iterdir())
                if name.startswith(stem) and name.endswith(match[3])
            )
            return self.app.project.pool.properties_of(path, numbers[0], numbers[-1])  # type: ignore[no-any-return]
        return self.app.project.pool.properties_of(path)  # type: ignore[no-any-return]

    def AddClipMattesToMediaPool(
        self, mediaPoolItem: FakeMediaPoolItem, paths: list[str], stereoEye: str | None = None
    ) -> bool:
        found = [self._known(path) for path in paths]
        if not all(found):
            return False
        mediaPoolItem.mattes += [properties["File Path"] for properties in found if properties]
        return True

    def AddTimelineMattesToMediaPool(self, paths: list[str]) -> list[FakeMediaPoolItem]:
        made = []
        for path in paths:
            properties = self._known(path)
            if properties is not None:
                item = FakeMediaPoolItem(
                    self.app, properties["File Name"], {**properties, "Usage": "Timeline matte"}
                )
                self.app.project.pool.current.clips.append(item)
                made.append(item)
        return made
