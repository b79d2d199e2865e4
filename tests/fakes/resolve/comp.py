"""The fake Fusion composition of a timeline item, read from a ``.comp`` file as ImportFusionComp does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.fakes.resolve.objects import FakeObject
from tests.fakes.resolve.settings_file import Table, read_settings

TOOLS = ("Loader", "MediaIn", "MediaOut", "MatteControl", "Merge", "Background", "ChannelBoolean",
         "ColorCorrector", "BitmapMask", "LumaKeyer", "Transform", "BetterResize", "Underlay")  # fmt: skip
"""What the Fusion page knows; it gives None for everything else."""


class FusionObject(FakeObject):
    """One of Fusion's own objects: their `dir` leaves out methods that they have."""

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name not in ("GetAttrs", "SetAttrs")]


class FakeTool(FusionObject):
    """A tool of a composition."""

    def __init__(self, comp: FakeComp, name: str, table: Table) -> None:
        super().__init__(comp.app)
        self.comp, self.name, self.kind = comp, name, table.kind
        self.clip: Table | None = None
        clips = table.named.get("Clips")
        if clips is not None:
            self.clip = clips.listed[0]
        inputs: Table = table.named.get("Inputs", Table())
        self.sources: dict[str, str] = {}
        self.values: dict[str, Any] = {}
        for key, entry in inputs.named.items():
            if "SourceOp" in entry.named:
                self.sources[key] = entry.named["SourceOp"]
            elif "Value" in entry.named:
                value = entry.named["Value"]
                self.values[key] = value.listed[0] if isinstance(value, Table) and value.kind == "FuID" else value
        if self.clip is not None:
            self.values["Clip"] = self.clip.named["Filename"]
        self.rendered = dict(self.values)

    def GetAttrs(self, key: str | None = None) -> Any:
        attrs = {"TOOLS_Name": self.name, "TOOLS_RegID": self.kind}
        return attrs if key is None else attrs.get(key)

    def GetInput(self, id: str, time: float | None = None) -> Any:
        return self.values.get(id)

    def SetInput(self, id: str, value: Any, time: float | None = None) -> None:
        self.values[id] = value
        # A value that is set inside a lock is kept, and not rendered.
        if not self.comp.locked:
            self.rendered[id] = value
            if id == "Clip" and self.clip is not None:
                # A new clip starts at its own first frame, at time 0.
                for key in ("GlobalIn", "GlobalOut", "ClipTimeStart", "ClipTimeEnd"):
                    self.rendered.pop(key, None)
                self.clip.named.update(GlobalStart=0, GlobalEnd=0, TrimIn=0, TrimOut=0)

    def file_at(self, time: int) -> Path | None:
        """The file a Loader reads at a frame of the composition; None outside its clip."""
        assert self.clip is not None
        clip = self.clip.named
        first, last = (
            self.rendered.get("GlobalIn", clip["GlobalStart"]),
            self.rendered.get("GlobalOut", clip["GlobalEnd"]),
        )
        begin = self.rendered.get("ClipTimeStart", clip["TrimIn"])
        end = self.rendered.get("ClipTimeEnd", clip["TrimOut"])
        if not first <= time <= last:
            return None
        index = begin + ((time - first) % (end - begin + 1) if clip["Loop"] else time - first)
        if index > end:
            return None
        match = re.fullmatch(r"(.*?)(-?\d+)(\.[A-Za-z0-9]+)", str(self.rendered["Clip"]))
        assert match is not None
        return Path(f"{match[1]}{int(match[2]) + index:0{len(match[2])}d}{match[3]}")


class FakeComp(FusionObject):
    """A composition; without a table it is one of the handles that find nothing."""

    def __init__(self, app: Any, table: Table | None, item: Any) -> None:
        super().__init__(app)
        self.item = item
        self.locked = False
        self.modified = False
        tools: Table = Table() if table is None else table.named["Tools"]
        self.stub = table is None
        self.tools = {name: FakeTool(self, name, tool) for name, tool in tools.named.items()}

    @classmethod
    def read(cls, app: Any, path: Path, item: Any) -> FakeComp | None:
        """What ImportFusionComp makes of a file; None where Fusion would not read it."""
        try:
            table = read_settings(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        tools = table.named.get("Tools")
        if table.kind != "Composition" or not isinstance(tools, Table):
            return None
        comp = cls(app, table, item)
        known = all(tool.kind in TOOLS for tool in comp.tools.values())
        joined = all(source in comp.tools for tool in comp.tools.values() for source in tool.sources.values())
        return comp if known and joined else None

    @property
    def start(self) -> int:
        """The composition's time of the item's first frame."""
        return int(self.app.comp_start) if self.app.comp_start is not None else int(self.item.left)

    def roots(self, name: str = "MediaOut1") -> set[str]:
        """All tools that a tool hangs on by its main inputs."""
        found, waiting = set(), [name]
        while waiting:
            tool = self.tools[waiting.pop()]
            found.add(tool.name)
            waiting += [source for key, source in tool.sources.items() if key in ("Input", "Background")]
        return found

    def GetAttrs(self, key: str | None = None) -> Any:
        if self.stub:
            return {}
        attrs = {
            "COMPN_RenderStart": float(self.start),
            "COMPN_RenderEnd": float(self.start + self.item.duration - 1),
            "COMPN_GlobalStart": 0.0,
        }
        return attrs if key is None else attrs.get(key)

    def SetAttrs(self, attrs: dict[str, Any]) -> bool:
        self.modified = self.modified or bool(attrs.get("COMPB_Modified"))
        return True

    def FindTool(self, name: str) -> FakeTool | None:
        return self.tools.get(name)

    def GetToolList(self, selected: bool = False, regID: str = "") -> dict[int, FakeTool]:
        tools = [tool for tool in self.tools.values() if not regID or tool.kind == regID]
        return dict(enumerate(tools, 1))

    def AddTool(self, id: str, defsettings: Any = None, x: int = 0, y: int = 0) -> Any:
        if id == "Loader":
            # A file browser opens behind the main window, and Resolve answers nothing any more.
            self.app.modal = True
        return None

    def Lock(self) -> bool:
        self.locked = True
        return True

    def Unlock(self) -> bool:
        self.locked = False
        return True
