"""What tests of hosts with a real worker share: small pictures, and where a matte says that it was made of."""

from __future__ import annotations

from pathlib import Path

import OpenImageIO as oiio

CLIP = Path(__file__).parents[2] / "examples/clips/drawn_street.mp4"
SIZE_WH = (128, 72)


def made_of(path: Path | str) -> tuple[str, int]:
    """The source and the frame that an EXR says it was made of."""
    file = oiio.ImageInput.open(str(path))
    assert file is not None, f"the host is told to read {path}, which is not there"
    spec = file.spec()
    file.close()
    return spec.get_string_attribute("mattebridge/source"), spec.get_int_attribute("mattebridge/source_frame")
