"""The fake timeline and its tracks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tests.fakes.resolve.items import FakeTimelineItem, exact
from tests.fakes.resolve.objects import Marked, since

STILL_FRAMES = 120
"""What the host makes of a still that has no marks: five seconds."""


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
