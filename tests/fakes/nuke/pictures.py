"""Files: the channels Nuke finds in an EXR, the frames a Read shows, and the frames a Write writes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fakes.nuke.nodes import Data
    from tests.fakes.nuke.session import FakeNuke

_COLORS = {
    **dict.fromkeys(("R", "r", "Red", "RED", "red"), "red"),
    **dict.fromkeys(("G", "g", "Green", "GREEN", "green"), "green"),
    **dict.fromkeys(("B", "b", "Blue", "BLUE", "blue"), "blue"),
    **dict.fromkeys(("A", "a", "Alpha", "ALPHA", "alpha"), "alpha"),
}


def nuke_channel(name: str) -> str:
    """A channel of an EXR by Nuke's name: the rules of the vendor's example reader."""
    pieces = name.split(".", 2)
    pieces = [re.sub(r"[^A-Za-z0-9]", "_", re.sub(r"^[0-9]+", "", piece)) for piece in pieces]
    pieces = [piece for piece in pieces if piece] or ["unnamed"]
    channel = _COLORS.get(pieces[-1], pieces[-1])
    layer = "_".join(pieces[:-1]) or ("rgba" if channel in _COLORS.values() else "other")
    # A layer of one's own called mask is given another name.
    return f"mask_extra.{channel}" if layer == "mask" else f"{layer}.{channel}"


def channels_of(nuke: FakeNuke, read: Data) -> list[str]:
    """The channels in the first file of a Read; none where there is no such file, or nothing that reads it."""
    try:
        import OpenImageIO as oiio
    except ImportError:
        return []
    path = frame_file(nuke, read, int(read.text("first")))
    if path is None or not Path(path).is_file():
        return []
    spec = oiio.ImageBuf(path).spec()
    return [nuke_channel(name) for name in spec.channelnames]


def channels_at(data: Data) -> list[str]:
    """The channels at a node's output, in no order."""
    found: list[str] = []
    if data.cls == "Read":
        found = channels_of(data.nuke, data)
    elif data.cls == "Group":
        inside = next(child for child in data.children if child.cls == "Output")
        found = channels_at(inside)
    elif data.cls == "Input" and data.parent is not None:
        found = (
            [] if not data.parent.inputs or data.parent.inputs[0] is None else channels_at(data.parent.inputs[0])
        )
    elif data.inputs and data.inputs[0] is not None:
        found = channels_at(data.inputs[0])
    if data.cls == "Copy" and data.inputs[1] is not None:
        given = set(channels_at(data.inputs[1]))
        for n in range(4):
            source, target = data.text(f"from{n}"), data.text(f"to{n}")
            if source != "none" and target != "none" and full(source) in given:
                found = [*found, full(target)]
    return list(dict.fromkeys(found))


def full(channel: str) -> str:
    return f"rgba.{channel}" if channel in _COLORS.values() else channel


def frame_file(nuke: FakeNuke, read: Data, file_frame: int) -> str | None:
    path = nuke.tcl_text(str(read.text("file")), frame=file_frame)
    return path or None


def shown_frame(read: Data, frame: int) -> int:
    """The file frame at a frame of the script, by the vendor's user guide. `offset` moves the sequence later."""
    mode, text = read.text("frame_mode"), str(read.text("frame")).strip()
    if mode == "offset":
        shown = frame - int(text or 0)
    elif mode == "start at":
        shown = frame - int(text) + read.text("first") if text else frame
    else:
        shown = int(eval(text, {"__builtins__": {}}, {"frame": frame})) if text else frame  # noqa: S307
    return int(min(max(shown, read.text("first")), read.text("last")))


def range_of(data: Data) -> tuple[int, int]:
    """First and last frame at a node's output, in the script's time."""
    if data.cls == "Read":
        first, last = int(data.text("first")), int(data.text("last"))
        mode, text = data.text("frame_mode"), str(data.text("frame")).strip()
        number = int(text) if text.lstrip("-").isdigit() else None
        if mode == "expression" or number is None:
            return first, last
        shift = number if mode == "offset" else number - first
        return first + shift, last + shift
    for given in data.inputs:
        if given is not None:
            return range_of(given)
    root = data.nuke.root_data
    return int(root.text("first_frame")), int(root.text("last_frame"))


def write_frame(write: Data, frame: int) -> None:
    """Write one frame of what is upstream of a Write: here always a Read, whatever lies between."""
    import numpy as np
    import OpenImageIO as oiio

    above = write.inputs[0] if write.inputs else None
    while above is not None and above.cls != "Read":
        above = above.inputs[0] if above.inputs else None
    if above is None:
        raise RuntimeError(f"{write.name}: no input")
    path = frame_file(write.nuke, above, shown_frame(above, frame))
    if path is None or not Path(path).is_file():
        raise RuntimeError(f"{above.name}: {path}: No such file or directory")
    picture = np.asarray(oiio.ImageBuf(path).get_pixels(oiio.FLOAT))[..., :3]
    if above.text("colorspace") in ("sRGB", "default") and not path.endswith(".exr"):
        picture = np.where(picture <= 0.04045, picture / 12.92, ((picture + 0.055) / 1.055) ** 2.4)
    target = write.nuke.tcl_text(str(write.text("file")), frame=frame)
    if not Path(target).parent.is_dir():
        if not write.text("create_directories"):
            raise RuntimeError(f"{write.name}: {target}: No such directory")
        Path(target).parent.mkdir(parents=True)
    out = oiio.ImageBuf(oiio.ImageSpec(picture.shape[1], picture.shape[0], 3, oiio.HALF))
    out.set_pixels(oiio.ROI.All, np.ascontiguousarray(picture, np.float32))
    if not out.write(target):
        raise RuntimeError(f"{write.name}: {out.geterror()}")


def fill_cryptomatte(node: Data) -> None:
    """Fill the menu of a Cryptomatte node with the types of the file that its input reads."""
    import OpenImageIO as oiio

    read = node.inputs[0] if node.inputs else None
    if read is None or read.cls != "Read" or not node.nuke.cryptomatte_looks:
        return
    path = frame_file(node.nuke, read, int(read.text("first")))
    if path is None or not Path(path).is_file():
        return
    spec = oiio.ImageBuf(path).spec()
    names = [str(one.value) for one in spec.extra_attribs if re.fullmatch(r"cryptomatte/\w+/name", one.name)]
    knob = node.knobs["cryptoLayerChoice"]
    knob._values = names
    knob._value = names[0] if names else ""
