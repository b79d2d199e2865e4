"""What is recorded in the header of every file of mattes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from bridge.manifest import ModelEntry
from worker.layers import LayerSpec

PREFIX = "mattebridge/"
"""All of our own attributes begin with it; Nuke shows them as ``exr/mattebridge/...``."""

Attribute = str | int | float | Fraction | tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where the mattes of an export come from; the same for all of its files."""

    software: str
    """Name and version of what writes the files."""
    model: ModelEntry
    overlap: str
    """The overlap rule."""
    source: str
    """Absolute path of the source."""
    colorspace: str
    """The space the source was read in."""
    colorspace_from: str
    """What the space was chosen by: ``request``, ``metadata`` or ``rule``."""
    smoothing: int = 0
    """Frames to each side that steadied the masks of a frame; 0 for none."""
    fps: Fraction | None = None
    """Frame rate; None where the source has none."""
    pixel_aspect: float = 1.0
    """Width of a plate pixel divided by its height."""


def attributes(
    origin: Origin, layers: Sequence[LayerSpec], frame: int, state: str = "good"
) -> dict[str, Attribute]:
    """The header attributes of one file, by name.

    Args:
        origin: Where the mattes come from.
        layers: The layers of the file.
        frame: The plate's own frame number.
        state: ``good``, or ``held`` or ``black`` where the plate's frame could not be read.
    """
    own: dict[str, Attribute] = {
        "software": origin.software,
        "model": origin.model.name,
        "model_licence": origin.model.licence,
        "model_allows": origin.model.allows,
        "model_fingerprint": origin.model.fingerprint,
        "label_set": origin.model.label_set,
        "overlap": origin.overlap,
        "smoothing": origin.smoothing,
        "source": origin.source,
        "source_frame": frame,
        "source_colorspace": origin.colorspace,
        "source_colorspace_from": origin.colorspace_from,
        "state": state,
    }
    for layer in layers:
        own[f"layer/{layer.name}/category"] = layer.category
        own[f"layer/{layer.name}/border"] = layer.border.describe()
        if layer.track is not None:
            own[f"layer/{layer.name}/track"] = layer.track
    header: dict[str, Attribute] = {PREFIX + name: value for name, value in own.items()}
    header["software"] = origin.software
    # The Color Interop Forum's name for pixels that are no colour: hosts that know it leave them alone.
    header["colorInteropID"] = "data"
    header["pixelAspectRatio"] = origin.pixel_aspect
    if origin.fps is not None:
        header["framesPerSecond"] = origin.fps
    return header
