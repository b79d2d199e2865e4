"""The fake timeline and its items."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.fakes.resolve.comp import FakeComp
from tests.fakes.resolve.objects import Marked, since, studio_only

STILL_FRAMES = 120
"""What the host makes of a still that has no marks: five seconds."""


class FakeTimelineItem(Marked):
    """An item of a timeline. A phantom answers None to everything."""

    def __init__(
        self,
        app: Any,
        media: Any,
        start: int,
        duration: int,
        left: int = 0,
        *,
        name: str = "",
        speed: float = 1.0,
        phantom: bool = False,
        properties: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(app)
        self.media = media
        self.start, self.duration, self.left = start, duration, left
        self.name = name or (media.name if media is not None else "")
        self.speed = speed
        self.phantom = phantom
        self.enabled = True
        self.properties: dict[str, Any] = (
            {"CompositeMode": 0, "Opacity": 100.0} if properties is None else properties
        )
        self.comps: dict[str, FakeComp] = {}
        self.active_comp: str | None = None
        self.unknown_source = False

    @property
    def end(self) -> int:
        return self.start + self.duration

    def source_index(self, frame: int) -> int:
        """The media frame that is shown at an absolute frame of the timeline."""
        ratio = Fraction(self.rate) / Fraction(self.app.project.timeline_rate)
        return self.left + math.floor((frame - self.start) * ratio)

    @property
    def rate(self) -> Fraction:
        return exact(self.media.properties["FPS"]) if self.media is not None else self.app.project.timeline_rate

    def file_at(self, frame: int) -> Path:
        """The file the host reads to show a frame of the timeline."""
        return self.media.file_at(0 if self.media.still else self.source_index(frame))  # type: ignore[no-any-return]

    def _say(self, value: Any) -> Any:
        return None if self.phantom else value

    def GetName(self) -> Any:
        return self._say(self.name)

    def GetUniqueId(self) -> str:
        return "" if self.phantom else self.uid

    def GetStart(self, subframe_precision: bool = False) -> Any:
        return self._say(self.start)

    def GetEnd(self, subframe_precision: bool = False) -> Any:
        return self._say(self.end)

    def GetDuration(self, subframe_precision: bool = False) -> Any:
        return self._say(self.duration)

    def GetLeftOffset(self, subframe_precision: bool = False) -> Any:
        # Under a retime the offset is a position divided by the speed.
        return self._say(int(self.left / abs(self.speed)))

    def GetRightOffset(self, subframe_precision: bool = False) -> Any:
        shown = self.duration * abs(self.speed) * float(self.rate / self.app.project.timeline_rate)
        return self._say(round(self.media.count - self.left - shown)) if self.media is not None else None

    @since(19, 0)
    def GetSourceStartFrame(self) -> Any:
        return self._say(0 if self.unknown_source else self._ends()[0])

    @since(19, 0)
    def GetSourceEndFrame(self) -> Any:
        return self._say(0 if self.unknown_source else self._ends()[1])

    def _ends(self) -> tuple[int, int]:
        if self.media is None:
            return 0, 0
        shown = round(self.duration * abs(self.speed) * float(self.rate / self.app.project.timeline_rate))
        ends = (self.left + self.app.source_start_error, self.left + shown)
        return ends if self.speed > 0 else (ends[1], ends[0])

    def GetMediaPoolItem(self) -> Any:
        return self._say(self.media)

    @since(19, 0)
    def GetTrackTypeAndIndex(self) -> Any:
        for index, track in enumerate(self.app.project.timeline.tracks, 1):
            if any(item.uid == self.uid for item in track.items):
                return ["video", index]
        return None

    @since(18, 5)
    def GetClipEnabled(self) -> Any:
        return self._say(self.enabled)

    def GetProperty(self, propertyKey: str | None = None) -> Any:
        if self.phantom:
            return None
        return dict(self.properties) if propertyKey is None else self.properties.get(propertyKey)

    def SetProperty(self, propertyKey: str, propertyValue: Any) -> bool:
        if self.phantom or propertyKey not in self.properties:
            return False
        if propertyKey == "CompositeMode" and (type(propertyValue) is not int or not 0 <= propertyValue <= 31):
            return False
        self.properties[propertyKey] = propertyValue
        return True

    @since(18, 5)
    @studio_only
    def CreateMagicMask(self, mode: str) -> bool:
        # A script cannot place the clicks it tracks: on a fresh clip there is nothing to do.
        return False

    def GetFusionCompCount(self) -> int:
        return len(self.comps)

    def GetFusionCompNameList(self) -> list[str]:
        return list(self.comps)

    def ImportFusionComp(self, path: str) -> Any:
        comp = FakeComp.read(self.app, Path(path), self)
        if comp is None:
            return None
        name = f"Composition {len(self.comps) + 1}"
        self.comps[name] = comp
        self.active_comp = name
        return FakeComp(self.app, None, self)

    def GetFusionCompByName(self, compName: str) -> Any:
        # What comes back here was seen to be a handle that finds nothing.
        return FakeComp(self.app, None, self) if compName in self.comps else None

    def LoadFusionCompByName(self, compName: str) -> Any:
        if compName in self.comps:
            self.active_comp = compName
        return self.comps.get(compName)

    def RenameFusionCompByName(self, oldName: str, newName: str) -> bool:
        if oldName not in self.comps or newName in self.comps:
            return False
        self.comps[newName] = self.comps.pop(oldName)
        self.active_comp = newName if self.active_comp == oldName else self.active_comp
        return True

    def DeleteFusionCompByName(self, compName: str) -> bool:
        if compName not in self.comps:
            return False
        del self.comps[compName]
        self.active_comp = next(iter(self.comps), None)
        return True


class FakeTrack:
    """A video track."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.items: list[FakeTimelineItem] = []
        self.enabled = True
        self.locked = False


class FakeTimeline(Marked):
    """A timeline with video tracks only."""

    def __init__(self, app: Any, name: str, start: int, timecode: str) -> None:
        super().__init__(app)
        self.name, self.start, self.timecode = name, start, timecode
        self.tracks = [FakeTrack("Video 1")]
        self.settings: dict[str, str] = {"useCustomSettings": "0"}
        self.playhead = timecode
        self.marks: dict[str, dict[str, int]] = {}
        self.selected: list[FakeTimelineItem] = []

    def put(self, track: int, item: FakeTimelineItem) -> FakeTimelineItem:
        """Lay an item on a track, as a person would have."""
        while len(self.tracks) < track:
            self.tracks.append(FakeTrack(f"Video {len(self.tracks) + 1}"))
        self.tracks[track - 1].items.append(item)
        return item

    def place(self, info: dict[str, Any]) -> list[FakeTimelineItem]:
        """What AppendToTimeline does with one clip: the item, nothing, or a phantom."""
        media, index = info["mediaPoolItem"], info.get("trackIndex", 1)
        if not 1 <= index <= len(self.tracks) or self.tracks[index - 1].locked:
            return []
        if media.still:
            left = 0
            duration = STILL_FRAMES if media.marks is None else media.marks[1] - media.marks[0] + 1
        else:
            left = info.get("startFrame", 0)
            shown = min(info.get("endFrame", media.count), media.count) - left
            duration = math.floor(shown * self.app.project.timeline_rate / exact(media.properties["FPS"]))
        start = info.get("recordFrame", self.start)
        track = self.tracks[index - 1]
        if duration <= 0 or any(item.start < start + duration and start < item.end for item in track.items):
            return [FakeTimelineItem(self.app, media, start, duration, phantom=True)] if self.app.phantoms else []
        return [self.put(index, FakeTimelineItem(self.app, media, start, duration, left))]

    def GetName(self) -> str:
        return self.name

    def GetUniqueId(self) -> str:
        return self.uid

    def GetStartFrame(self) -> int:
        return self.start

    def GetEndFrame(self) -> int:
        return max((item.end for track in self.tracks for item in track.items), default=self.start)

    def GetStartTimecode(self) -> str:
        return self.timecode

    def GetTrackCount(self, trackType: str) -> int:
        return len(self.tracks) if trackType == "video" else 0

    def GetTrackName(self, trackType: str, trackIndex: int) -> str:
        return self.tracks[trackIndex - 1].name

    def SetTrackName(self, trackType: str, trackIndex: int, name: str) -> bool:
        self.tracks[trackIndex - 1].name = name
        return True

    def AddTrack(self, trackType: str, newTrackOptions: Any = None) -> bool:
        if trackType != "video" or self.app.refuse_tracks:
            return False
        self.tracks.append(FakeTrack(f"Video {len(self.tracks) + 1}"))
        return True

    def GetIsTrackEnabled(self, trackType: str, trackIndex: int) -> bool:
        return self.tracks[trackIndex - 1].enabled

    def GetItemListInTrack(self, trackType: str, index: int) -> Any:
        return (
            list(self.tracks[index - 1].items) if trackType == "video" and 1 <= index <= len(self.tracks) else None
        )

    def GetItemsInTrack(self, trackType: str, index: int) -> dict[float, FakeTimelineItem]:
        return {float(i): item for i, item in enumerate(self.tracks[index - 1].items, 1)}

    def GetCurrentTimecode(self) -> Any:
        return None if self.app.page in ("media", "fusion") else self.playhead

    def SetCurrentTimecode(self, timecode: str) -> bool:
        self.playhead = timecode
        return True

    def GetCurrentVideoItem(self) -> Any:
        frame = self.app.frame_of(self.playhead)
        for track in reversed(self.tracks):
            for item in track.items:
                if item.start <= frame < item.end:
                    return item
        return None

    @since(19, 1)
    def GetMarkInOut(self) -> dict[str, dict[str, int]]:
        return self.marks

    @since(21, 0, 4)
    def GetSelectedClips(self) -> list[FakeTimelineItem]:
        return list(self.selected)

    @since(18, 5)
    def DeleteClips(self, timelineItems: Sequence[FakeTimelineItem], Bool: bool = False) -> bool:
        gone = {item.uid for item in timelineItems}
        for track in self.tracks:
            track.items = [item for item in track.items if item.uid not in gone]
        return True

    def GetSetting(self, settingName: str = "") -> Any:
        return dict(self.settings) if not settingName else self.settings.get(settingName, "")


def exact(rate: str) -> Fraction:
    """The exact rate of ``23.976`` or ``29.97 DF``."""
    number = Fraction(rate.split()[0])
    nominal = math.ceil(number)
    return number if number.denominator == 1 else Fraction(nominal * 1000, 1001)
