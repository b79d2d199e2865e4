"""The architectures of the transformers library that can be loaded, and what each needs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bridge.errors import ModelError


class Scheme(str, Enum):
    """How a plate becomes the network's input."""

    PADDED = "padded"
    """Fitted into a square whose size the network was made for, with black below or to the right."""
    SQUARE = "square"
    """Stretched to that square."""
    FREE = "free"
    """Short side and long side within limits, each side a multiple of the divisor."""


class Kind(str, Enum):
    """What a network wants besides pixels, and how its library merges segments."""

    EOMT = "eomt"
    MASK2FORMER = "mask2former"
    MASKFORMER = "maskformer"
    ONEFORMER = "oneformer"
    """Wants to be told its task in CLIP's tokens."""
    VIDEOMT = "videomt"
    """Goes through a video frame by frame and hands its queries on."""


@dataclass(frozen=True)
class Architecture:
    """One class of the library."""

    name: str
    """The class, as ``architectures`` of a config.json names it."""
    model_type: str
    """As ``model_type`` of a config.json."""
    kind: Kind
    scheme: Scheme
    min_score: float
    """The score above which the library's own post-processing keeps a query."""
    half_weights: bool
    """In bfloat16, whether the weights are too. Else operations choose for themselves: deformable attention
    samples in 32 bits."""
    divisor: int = 1
    """For `Scheme.FREE`, where the folder does not say."""


ARCHITECTURES = (
    Architecture("EomtForUniversalSegmentation", "eomt", Kind.EOMT, Scheme.PADDED, 0.8, True),
    Architecture("EomtDinov3ForUniversalSegmentation", "eomt_dinov3", Kind.EOMT, Scheme.PADDED, 0.8, True),
    Architecture(
        "Mask2FormerForUniversalSegmentation", "mask2former", Kind.MASK2FORMER, Scheme.FREE, 0.5, False, 32
    ),
    Architecture("MaskFormerForInstanceSegmentation", "maskformer", Kind.MASKFORMER, Scheme.FREE, 0.5, False, 32),
    Architecture("OneFormerForUniversalSegmentation", "oneformer", Kind.ONEFORMER, Scheme.FREE, 0.5, False),
    Architecture("VideomtForUniversalSegmentation", "videomt", Kind.VIDEOMT, Scheme.SQUARE, 0.8, True),
)


def architecture_of(names: list[str], model_type: str, where: str) -> Architecture:
    """The architecture that a config names.

    Args:
        names: Its ``architectures``; may be empty, then the type decides.
        model_type: Its ``model_type``.
        where: What to name in the message.

    Raises:
        ModelError: it is none of `ARCHITECTURES`; the message lists them.
    """
    for architecture in ARCHITECTURES:
        if architecture.name in names or (not names and architecture.model_type == model_type):
            return architecture
    supported = ", ".join(architecture.name for architecture in ARCHITECTURES)
    raise ModelError(
        f"{where} holds {', '.join(names) or model_type or 'no architecture'}, which cannot be used; "
        f"expected one of {supported}"
    )
