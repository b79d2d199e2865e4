"""The fake Resolve: application, project manager, project."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.fakes.resolve.items import exact
from tests.fakes.resolve.objects import FakeObject
from tests.fakes.resolve.pool import COLOR_SPACES, FakeMediaPool, FakeMediaStorage
from tests.fakes.resolve.timeline import FakeTimeline
from tests.fakes.resolve.ui import FakeUIManager

PAGES = ("media", "cut", "edit", "fusion", "color", "fairlight", "deliver")


class FakeProject(FakeObject):
    """A project; settings are strings, and a key it does not know has an empty one."""

    def __init__(self, app: Any, rate: str) -> None:
        super().__init__(app)
        self.settings = {
            "timelineFrameRate": rate,
            "timelineDropFrameTimecode": "0",
            "colorScienceMode": "davinciYRGB",
            "separateColorSpaceAndGamma": "0",
            "colorSpaceInput": "Rec.709 Gamma 2.4",
            "colorSpaceInputGamma": "",
            "colorSpaceTimeline": "Rec.709 Gamma 2.4",
            "colorAcesIDT": "",
            "isAutoColorManage": "0",
        }
        self.timeline: Any = None
        self.timelines: list[FakeTimeline] = []
        self.name = "Project"

    @property
    def timeline_rate(self) -> Fraction:
        return exact(self.settings["timelineFrameRate"])

    @property
    def pool(self) -> FakeMediaPool:
        return self.app.pool  # type: ignore[no-any-return]

    def GetName(self) -> str:
        return self.name

    def GetUniqueId(self) -> str:
        return self.uid

    def GetMediaPool(self) -> FakeMediaPool:
        return self.pool

    def GetCurrentTimeline(self) -> Any:
        return self.timeline

    def SetCurrentTimeline(self, timeline: FakeTimeline) -> bool:
        self.timeline = timeline
        return True

    def GetSetting(self, settingName: str = "") -> Any:
        return dict(self.settings) if not settingName else self.settings.get(settingName, "")

    def SetSetting(self, settingName: str, settingValue: Any) -> bool:
        if not isinstance(settingValue, str):
            return False
        self.settings[settingName] = settingValue
        return True


class FakeProjectManager(FakeObject):
    """Holds one project."""

    def GetCurrentProject(self) -> FakeProject | None:
        return self.app.project  # type: ignore[no-any-return]

    def GetCurrentDatabase(self) -> dict[str, str] | None:
        return None if self.app.wedged else {"DbType": "Disk", "DbName": "Local"}


class FakeFusion(FakeObject):
    """The Fusion object: windows, where the edition has them."""

    def __getattribute__(self, name: str) -> Any:
        if name == "UIManager":
            return object.__getattribute__(self, "windows")()
        return super().__getattribute__(name)

    def windows(self) -> Any:
        """The UIManager; in the free edition None since 19.1, and a dialog that sells the other edition."""
        if self.app.studio or self.app.version < (19, 1):
            return self.app.ui
        self.app.modal = True
        return None


class FakeResolve(FakeObject):
    """A running Resolve with a project; what a test may want of it are its lower-case names."""

    def __init__(
        self,
        version: tuple[int, ...] = (21, 0, 4),
        *,
        studio: bool = True,
        rate: str = "24",
        start: int = 86400,
        timecode: str = "01:00:00:00",
    ) -> None:
        object.__setattr__(self, "app", self)
        object.__setattr__(self, "version", version)
        self.modal = False
        """A dialog is open: every call is answered by None."""
        self.studio = studio
        self.calls: list[str] = []
        super().__init__(self)
        self.page = "edit"
        self.pages: list[str] = []
        self.phantoms = True
        self.wedged = False
        """It hangs, and says so only by having no database."""
        self.refuse_tracks = False
        self.refuse_replace = False
        self.source_start_error = 0
        self.comp_start: int | None = 0
        self.matte_forms: tuple[str, ...] = ("brackets",)
        self.color_spaces: tuple[str, ...] = COLOR_SPACES
        self.ui = FakeUIManager()
        self.project: Any = FakeProject(self, rate)
        self.pool = FakeMediaPool(self)
        self.timeline = FakeTimeline(self, "Timeline 1", start, timecode)
        self.project.timelines.append(self.timeline)
        self.project.timeline = self.timeline

    def frame_of(self, timecode: str) -> int:
        """The absolute frame of a timecode, counted minute by minute, otherwise than the adapter does."""
        hours, minutes, seconds, frames = (int(part) for part in timecode.replace(";", ":").split(":"))
        nominal: int = round(self.project.timeline_rate)
        count = ((hours * 60 + minutes) * 60 + seconds) * nominal + frames
        if ";" in timecode:
            minute = hours * 60 + minutes
            count -= sum(nominal // 15 for m in range(1, minute + 1) if m % 10)
        return count

    def Fusion(self) -> FakeFusion:
        return FakeFusion(self)

    def GetMediaStorage(self) -> FakeMediaStorage:
        return FakeMediaStorage(self)

    def GetProjectManager(self) -> FakeProjectManager:
        return FakeProjectManager(self)

    def GetProductName(self) -> str:
        return "DaVinci Resolve Studio" if self.studio else "DaVinci Resolve"

    def GetVersion(self) -> list[Any]:
        return [*self.version, *(0,) * (4 - len(self.version)), ""]

    def GetVersionString(self) -> str:
        return ".".join(map(str, self.version))

    def GetCurrentPage(self) -> str:
        return self.page

    def OpenPage(self, pageName: str) -> bool:
        if pageName not in PAGES:
            return False
        self.page = pageName
        self.pages.append(pageName)
        return True
