"""The items of the fake timeline."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.fakes.resolve.comp import FakeComp
from tests.fakes.resolve.objects import Marked, since, studio_only


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


def exact(rate: str) -> Fraction:
    """The exact rate of ``23.976`` or ``29.97 DF``."""
    number = Fraction(rate.split()[0])
    nominal = math.ceil(number)
    return number if number.denominator == 1 else Fraction(nominal * 1000, 1001)
