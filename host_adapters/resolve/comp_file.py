"""The Fusion composition for a timeline item: a Loader for each matte, and one masked grade after another.

Made as a file and imported, because a Loader that a script adds opens a file browser which freezes the scripting
interface. Names of tools and inputs are those of compositions saved by Fusion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.naming import slug

MEDIA_IN, MEDIA_OUT = "MediaIn1", "MediaOut1"

_STEP_X, _STEP_Y = 165, 82.5
"""Distances in the flow, in its own units."""


@dataclass(frozen=True)
class LoadedMatte:
    """A sequence for a Loader."""

    layer: str
    first_path: str
    """The file of the first frame, real digits, forward slashes."""
    first_number: int
    """The number in its name."""
    length: int
    """How many files the sequence has from there."""
    lead: int = 0
    """How many of them come before the item's first frame: handles, which transitions show."""
    still: bool = False
    """One matte stands for all frames."""

    @property
    def loader(self) -> str:
        """The Loader's name in the composition."""
        return f"Matte_{slug(self.layer)}"

    @property
    def grade(self) -> str:
        """The grade's name in the composition."""
        return f"Grade_{slug(self.layer)}"

    def times(self, start: int, length: int) -> tuple[int, int]:
        """The composition's first and last time that the Loader has a matte for.

        Args:
            start: The composition's time of the item's first frame.
            length: How many frames the item has.
        """
        if self.still:
            return start, start + length - 1
        return start - self.lead, start - self.lead + self.length - 1


def comp_text(mattes: Sequence[LoadedMatte], start: int, length: int) -> str:
    """The text of a ``.comp`` file.

    Args:
        mattes: The mattes, in the order of their grades.
        start: The composition's time of the item's first frame.
        length: How many frames the item has.
    """
    last = start + length - 1
    tools = [_tool(MEDIA_IN, "MediaIn", ['Layer = Input { Value = "", }'], 0, 0)]
    before = MEDIA_IN
    for column, matte in enumerate(mattes, 1):
        tools.append(_loader(matte, start, length, column))
        inputs = [_link("EffectMask", matte.loader), _link("Input", before)]
        tools.append(_tool(matte.grade, "ColorCorrector", inputs, column, 0))
        before = matte.grade
    tools.append(_tool(MEDIA_OUT, "MediaOut", [_link("Input", before)], len(mattes) + 1, 0))
    body = ",\n".join(tools)
    return (
        "Composition {\n"
        f"\tCurrentTime = {start},\n"
        f"\tRenderRange = {{ {start}, {last} }},\n"
        f"\tGlobalRange = {{ {start}, {last} }},\n"
        f"\tTools = ordered() {{\n{body}\n\t}}\n"
        "}\n"
    )


def _loader(matte: LoadedMatte, start: int, length: int, column: int) -> str:
    first, last = matte.times(start, length)
    clip = [
        'ID = "Clip1"',
        f"Filename = {quoted(matte.first_path)}",
        'FormatID = "OpenEXRFormat"',
        f"StartFrame = {matte.first_number}",
        f"Length = {matte.length}",
        "LengthSetManually = true",
        "TrimIn = 0",
        f"TrimOut = {matte.length - 1}",
        "ExtendFirst = 0",
        "ExtendLast = 0",
        f"Loop = {int(matte.still)}",
        "AspectMode = 0",
        "Depth = 0",
        "TimeCode = 0",
        f"GlobalStart = {first}",
        f"GlobalEnd = {last}",
    ]
    channels = [
        f'["Clip1.OpenEXRFormat.{name}Name"] = Input {{ Value = FuID {{ "{channel}" }}, }}'
        for name, channel in (("Red", "R"), ("Green", "G"), ("Blue", "B"), ("Alpha", "A"))
    ]
    # Mattes are data: neither multiplied by their own alpha nor brought through a gamma.
    inputs = ["PostMultiplyByAlpha = Input { Value = 0, }", *channels]
    indented = ",\n".join(f"\t\t\t\t\t{line}" for line in clip)
    clips = f"\t\t\tClips = {{\n\t\t\t\tClip {{\n{indented}\n\t\t\t\t}}\n\t\t\t}},\n"
    return _tool(matte.loader, "Loader", inputs, column, -1, clips)


def _tool(name: str, kind: str, inputs: Sequence[str], column: int, row: int, more: str = "") -> str:
    lines = ",\n".join(f"\t\t\t\t{line}" for line in inputs)
    return (
        f"\t\t{name} = {kind} {{\n"
        "\t\t\tNameSet = true,\n"
        f"{more}"
        f"\t\t\tInputs = {{\n{lines}\n\t\t\t}},\n"
        f"\t\t\tViewInfo = OperatorInfo {{ Pos = {{ {column * _STEP_X:g}, {row * _STEP_Y:g} }} }}\n"
        "\t\t}"
    )


def _link(name: str, source: str) -> str:
    return f'{name} = Input {{ SourceOp = "{source}", Source = "Output", }}'


def quoted(text: str) -> str:
    """A string of Fusion's settings text."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
