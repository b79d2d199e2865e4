"""What a job asks for."""

from __future__ import annotations

from enum import Enum
from typing import Optional

import msgspec

from bridge.borders import DEFAULT_POLICY, BorderPolicy
from bridge.errors import BadRequestError

MAX_DETAIL = 12
"""Most detail: an 8K plate seen at the size of its pixels by a model that works on 640."""


class Layout(str, Enum):
    """How mattes are arranged in files."""

    LAYERS = "layers"
    """One EXR a frame, one layer per category: what Nuke reads."""
    CRYPTOMATTE = "cryptomatte"
    """One EXR a frame, Cryptomatte 1.2: an object for each track and all stuff, and for each category."""
    PACKED = "packed"
    """EXRs of four mattes each, as R, G, B and A: what Resolve's colour page reads."""
    SINGLE = "single"
    """One EXR for each matte, the same in R, G, B and A: what anything reads."""


class Overlap(str, Enum):
    """What the mattes of one pixel add up to."""

    INDEPENDENT = "independent"
    """Each matte stands for itself; sums may exceed 1 where the picture shows several things in a pixel."""
    NORMALIZED = "normalized"
    """The mattes of categories never sum to more than 1, nor do the tracks of one to more than its category.
    Groups cover their categories once more and are outside the rule."""


class OnError(str, Enum):
    """What happens where one frame of the source is missing or damaged."""

    ERROR = "error"
    """Stop and say which."""
    HOLD = "hold"
    """Repeat the mattes of the nearest earlier good frame, or of the next one where there is none."""
    BLACK = "black"
    """Write empty mattes."""


MAX_SMOOTHING = 4
"""More frames to each side change nothing but the time that it takes."""


class LicenceDemand(str, Enum):
    """What the model's licence must allow."""

    ANY = "any"
    """Whatever it is: a licence that may forbid commercial use is said, not refused."""
    COMMERCIAL = "commercial"
    """Commercial use; a model whose licence is not known to allow it is refused before any work."""


class MatteRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A request for the mattes of a source.

    Two requests that are equal are the same job: running the second writes only what the first left out.
    """

    source: str
    """A movie, a still, a folder of frames, or a sequence such as ``plate.####.exr`` or ``plate.%04d.exr``."""
    out: str
    """The folder for the mattes; made where it does not exist."""
    frames: Optional[str] = None
    """Frame ranges such as ``1001-1100`` or ``1-100x2,150``; None for all frames of the source."""
    model: str = "embedded"
    """The model's name, or the path of a folder or checkpoint on the worker's machine."""
    licence: LicenceDemand = LicenceDemand.ANY
    """What the model's licence must allow."""
    detail: int = 1
    """How many times as fine as the model's own the masks are, 1 to `MAX_DETAIL`: above 1 the model also looks at
    windows of the plate, each ``1 / detail`` of its width and height. For small things and fine edges."""
    categories: Optional[tuple[str, ...]] = None
    """Categories to write, by their long or short names; None for all that the source shows."""
    policy: BorderPolicy = DEFAULT_POLICY
    """How each category's edge is made."""
    layouts: tuple[Layout, ...] = (Layout.LAYERS,)
    """The kinds of files to write."""
    tracks: bool = False
    """Write a layer for each track beside the layers for categories."""
    colorspace: Optional[str] = None
    """The source's colour space by its OCIO name; None to go by the file's metadata, then by its kind."""
    overlap: Overlap = Overlap.INDEPENDENT
    """What the mattes of one pixel add up to."""
    groups: dict[str, tuple[str, ...]] = {}
    """Layers of your own: a name, and the categories whose mattes it joins."""
    foreground: bool = False
    """Also write, for each matte, the colour of what it covers without the background shining through."""
    smoothing: int = 0
    """Frames to each side whose masks steady those of a frame, carried along the motion; 0 for none."""
    on_error: OnError = OnError.ERROR
    """What happens where a frame is missing or damaged."""
    replace: bool = False
    """Replace mattes of the same clip in the folder that were made with other settings; without it such a folder
    is refused. Mattes of the same settings are joined, whatever their frames."""
    contact_sheet: bool = True
    """Write a PNG that shows plate, segments and mattes of a few frames."""

    def __post_init__(self) -> None:
        if not self.source:
            raise BadRequestError("source is empty; it must be a movie, a still, a folder or a sequence")
        if not self.out:
            raise BadRequestError("out is empty; it must be a folder for the mattes")
        check_detail(self.detail)
        if self.categories is not None and not self.categories:
            raise BadRequestError("categories is empty; leave it out for all that the source shows")
        if not self.layouts:
            raise BadRequestError(f"layouts is empty; choose from {', '.join(x.value for x in Layout)}")
        if not 0 <= self.smoothing <= MAX_SMOOTHING:
            raise BadRequestError(
                f"smoothing is {self.smoothing}; expected 0 for none, or 1 to {MAX_SMOOTHING} frames to each side"
            )
        for name, members in self.groups.items():
            if not members:
                raise BadRequestError(f"group {name!r} is empty; name the categories that it joins")


def check_detail(detail: int) -> None:
    """Raise BadRequestError for a detail that is out of range."""
    if not 1 <= detail <= MAX_DETAIL:
        raise BadRequestError(
            f"detail must be 1 to {MAX_DETAIL}, but is {detail}; 1 looks at the plate as a whole"
        )
