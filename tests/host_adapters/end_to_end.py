"""What tests of hosts with a real worker share: small pictures, and where a matte says that it was made of."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import OpenImageIO as oiio
import pytest

CLIP = Path(__file__).parents[2] / "examples/clips/drawn_street.mp4"
SIZE_WH = (128, 72)


def made_of(path: Path | str) -> tuple[str, int]:
    """The source and the frame that an EXR says it was made of."""
    file = oiio.ImageInput.open(str(path))
    assert file is not None, f"the host is told to read {path}, which is not there"
    spec = file.spec()
    file.close()
    return spec.get_string_attribute("mattebridge/source"), spec.get_int_attribute("mattebridge/source_frame")


def run_in_console(example: Path, **given: Any) -> None:
    """Run a text as a host's console does: as the main module, which has what the host gives it and no file."""
    console = types.ModuleType("__main__")
    vars(console).update(given)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "__main__", console)
        exec(compile(example.read_text(encoding="utf-8"), example.name, "exec"), vars(console))
