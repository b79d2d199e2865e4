"""Draw docs/images/resolve_nodes.png: mattes on Resolve's Color page, and the composition for its Fusion page.

The Fusion part is drawn from the text of a generated ``.comp`` file, its positions and links as they stand there.

Usage: python examples/draw_resolve.py [OUTPUT.png]
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from host_adapters.resolve.comp_file import LoadedMatte, comp_text

SCALE = 2
SIZE_WH = (1060, 560)
BACK, FRAME, INK, DIM = "#1c1c1f", "#2c2c31", "#e6e6e6", "#9a9aa2"
PICTURE, MASK = "#6fbf73", "#5b9bd5"
"""Links that carry a picture, and those that carry a matte: green and blue, as on the Color page."""
LAYERS = ("person", "car", "sky")
CHANNELS = ("R", "G", "B", "A")


@dataclass
class Node:
    """A box."""

    name: str
    left: float
    top: float
    width: float = 116
    height: float = 44
    sub: str = ""

    @property
    def right_middle(self) -> tuple[float, float]:
        """Where its output is."""
        return self.left + self.width, self.top + self.height / 2

    @property
    def left_middle(self) -> tuple[float, float]:
        """Where its picture comes in."""
        return self.left, self.top + self.height / 2

    @property
    def bottom_middle(self) -> tuple[float, float]:
        """Where a matte comes in from below."""
        return self.left + self.width / 2, self.top + self.height

    @property
    def top_middle(self) -> tuple[float, float]:
        """Where a matte comes in from above."""
        return self.left + self.width / 2, self.top


class Sheet:
    """The picture."""

    def __init__(self) -> None:
        self.image = Image.new("RGB", (SIZE_WH[0] * SCALE, SIZE_WH[1] * SCALE), BACK)
        self.draw = ImageDraw.Draw(self.image)

    def text(self, x: float, y: float, text: str, size: float = 12, color: str = INK, anchor: str = "la") -> None:
        """Words at a point."""
        font = ImageFont.load_default(size * SCALE)
        self.draw.text((x * SCALE, y * SCALE), text, fill=color, font=font, anchor=anchor)

    def node(self, node: Node) -> None:
        """A box with its name, and what it is in small."""
        box = [v * SCALE for v in (node.left, node.top, node.left + node.width, node.top + node.height)]
        self.draw.rounded_rectangle(box, radius=5 * SCALE, fill=FRAME, outline=DIM, width=SCALE)
        middle = node.left + node.width / 2
        self.text(middle, node.top + (node.height / 2 if not node.sub else 15), node.name, 12, anchor="mm")
        if node.sub:
            self.text(middle, node.top + 31, node.sub, 10, DIM, anchor="mm")

    def link(self, start: tuple[float, float], end: tuple[float, float], color: str) -> None:
        """A straight line that ends in a dot."""
        self.path([start, end], color)

    def path(self, points: list[tuple[float, float]], color: str) -> None:
        """A line through points that ends in a dot."""
        self.draw.line([(x * SCALE, y * SCALE) for x, y in points], fill=color, width=2 * SCALE, joint="curve")
        (x, y), dot = points[-1], 3.2
        self.draw.ellipse([v * SCALE for v in (x - dot, y - dot, x + dot, y + dot)], fill=color)


def draw_color_page(sheet: Sheet) -> None:
    """Corrector nodes in a row, the External Matte below: its four outputs are the four mattes of a pack."""
    sheet.text(24, 18, "Color page: a clip matte", 16)
    sheet.text(24, 42, "packed layout, four mattes a file; <clip>.packs.json says which is where", 11, DIM)
    nodes = [Node(layer, 150 + 190 * i, 84, sub="corrector, key input") for i, layer in enumerate(LAYERS)]
    sheet.text(40, 106, "source", 12, DIM, anchor="lm")
    before = (92.0, 106.0)
    for node in nodes:
        sheet.link(before, node.left_middle, PICTURE)
        before = node.right_middle
    sheet.link(before, (770, 106), PICTURE)
    sheet.text(780, 106, "output", 12, DIM, anchor="lm")
    matte = Node("EXT MATTE", 24, 178, 104, 84, "plate_pack01")
    sheet.node(matte)
    for i, channel in enumerate(CHANNELS):
        y = matte.top + 14 + i * 18.5
        start = (matte.left + matte.width, y)
        sheet.text(start[0] + 6, y - 1, channel, 10, DIM, anchor="lb")
        if i < len(nodes):
            end = nodes[i].bottom_middle
            sheet.path([start, (end[0], y), (end[0], end[1] + 3)], MASK)
    for node in nodes:
        sheet.node(node)
    sheet.text(640, 176, "green: picture    blue: matte, from the External Matte's", 10, DIM)
    sheet.text(640, 192, "outputs to the correctors' key inputs, linked by hand:", 10, DIM)
    sheet.text(640, 208, "scripts cannot add nodes on the Color page", 10, DIM)


def tools_of(comp: str) -> dict[str, tuple[str, tuple[float, float], dict[str, str]]]:
    """Name, kind, position and links of the tools in a composition's text."""
    found = {}
    tool = re.compile(r"^\t\t(\w+) = (\w+) \{$(.*?)^\t\t\}", re.MULTILINE | re.DOTALL)
    for name, kind, body in tool.findall(comp):
        x, y = re.findall(r"Pos = \{ (-?[\d.]+), (-?[\d.]+) \}", body)[-1]
        links = dict(re.findall(r'(\w+) = Input \{ SourceOp = "(\w+)"', body))
        found[name] = (kind, (float(x), float(y)), links)
    return found


def draw_fusion(sheet: Sheet) -> None:
    """The tools of a generated composition where it puts them."""
    top = 300
    sheet.text(24, top, "Fusion page: the composition that is made and imported", 16)
    sheet.text(24, top + 24, "single layout; a Loader for each matte is the mask of a grade of its own", 11, DIM)
    comp = comp_text([LoadedMatte(layer, f"plate_{layer}.1001.exr", 1001, 48, 0) for layer in LAYERS], 0, 48)
    tools = tools_of(comp)
    nodes = {
        name: Node(name, 60 + x * 1.2, top + 170 + y * 1.15, sub=kind) for name, (kind, (x, y), _) in tools.items()
    }
    for name, (_, _, links) in tools.items():
        for key, source in links.items():
            if key == "EffectMask":
                sheet.link(nodes[source].bottom_middle, nodes[name].top_middle, MASK)
            else:
                sheet.link(nodes[source].right_middle, nodes[name].left_middle, PICTURE)
    for node in nodes.values():
        sheet.node(node)


def main(output: Path) -> None:
    """Draw both and write the picture."""
    sheet = Sheet()
    draw_color_page(sheet)
    sheet.draw.line([0, 284 * SCALE, SIZE_WH[0] * SCALE, 284 * SCALE], fill=FRAME, width=SCALE)
    draw_fusion(sheet)
    output.parent.mkdir(parents=True, exist_ok=True)
    sheet.image.save(output, optimize=True)
    print(output)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "docs/images/resolve_nodes.png")
