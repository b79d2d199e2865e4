"""Text on a contact sheet: sizes, and words that are cut to fit."""

from __future__ import annotations

from PIL import ImageFont

TITLE_PX, LABEL_PX, SMALL_PX = 28, 18, 14


def cut(text: str, width: int, size_px: int) -> str:
    """The text, shortened with three dots where it is wider than `width`."""
    face = font(size_px)
    if face.getlength(text) <= width:
        return text
    while text and face.getlength(text + "...") > width:
        text = text[:-1]
    return text + "..."


def lines(text: str, width: int) -> tuple[str, str]:
    """The text as two small lines: as many words as fit in the first, the rest cut to fit in the second."""
    words = text.split()
    fitting = len(words)
    while fitting > 1 and font(SMALL_PX).getlength(" ".join(words[:fitting])) > width:
        fitting -= 1
    first, second = " ".join(words[:fitting]), " ".join(words[fitting:])
    return cut(first, width, SMALL_PX), cut(second, width, SMALL_PX)


def font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size_px)
