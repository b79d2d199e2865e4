"""The clips of the fake media pool."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.fakes.resolve.objects import Marked, since

BRACKETS = re.compile(r"(.*)\[(-?\d+)-(-?\d+)\](.*)")
"""A sequence as the host writes it: ``plate.[1001-1100].exr``."""


class FakeMediaPoolItem(Marked):
    """A clip of the media pool; all its properties are strings."""

    def __init__(self, app: Any, name: str, properties: dict[str, str]) -> None:
        super().__init__(app)
        self.name = name
        self.properties = {"Input Color Space": "", "Alpha mode": "", "Usage": "0", **properties}
        self.metadata: dict[str, str] = {}
        self.third_party: dict[str, str] = {}
        self.mattes: list[str] = []
        self.marks: tuple[int, int] | None = None

    @property
    def count(self) -> int:
        return int(self.properties["Frames"])

    @property
    def still(self) -> bool:
        return self.properties["Type"] == "Still"

    def file_at(self, index: int) -> Path:
        """The file of frame `index`, counted from 0: what the host reads to show it."""
        match = BRACKETS.fullmatch(self.properties["File Path"])
        if match is None:
            return Path(self.properties["File Path"])
        return Path(f"{match[1]}{int(match[2]) + index:0{len(match[2])}d}{match[4]}")

    def GetName(self) -> str:
        return self.name

    def GetUniqueId(self) -> str:
        return self.uid

    def GetMediaId(self) -> str:
        return f"media-{self.uid}"

    def GetClipProperty(self, propertyName: str | None = None) -> Any:
        if not propertyName:
            return dict(self.properties)
        return self.properties.get(propertyName, "")

    def SetClipProperty(self, propertyName: str, propertyValue: Any) -> bool:
        if not isinstance(propertyValue, str) or propertyName not in self.properties:
            return False
        if propertyName == "Input Color Space":
            managed = self.app.project.settings["colorScienceMode"] == "davinciYRGBColorManagedv2"
            if not managed or propertyValue not in self.app.color_spaces:
                return False
        self.properties[propertyName] = propertyValue
        return True

    def GetMetadata(self, metadataType: str | None = None) -> Any:
        return dict(self.metadata) if metadataType is None else self.metadata.get(metadataType, "")

    @since(19, 0)
    def GetThirdPartyMetadata(self, metadataType: str | None = None) -> Any:
        return dict(self.third_party) if metadataType is None else self.third_party.get(metadataType, "")

    @since(19, 0)
    def SetThirdPartyMetadata(self, metadataType: Any, metadataValue: str | None = None) -> bool:
        self.third_party.update(metadataType if isinstance(metadataType, dict) else {metadataType: metadataValue})
        return True

    def ReplaceClip(self, filePath: str) -> bool:
        found = self.app.project.pool.properties_of(filePath)
        if found is None or self.app.refuse_replace:
            return False
        self.properties.update(found)
        self.name = found["File Name"]
        self.metadata, self.third_party, self.marks = {}, {}, None
        return True

    @since(19, 1)
    def SetMarkInOut(self, mark_in: int, mark_out: int, type: str = "all") -> bool:
        self.marks = (mark_in, mark_out)
        return True

    @since(19, 1)
    def ClearMarkInOut(self, type: str = "all") -> bool:
        self.marks = None
        return True
