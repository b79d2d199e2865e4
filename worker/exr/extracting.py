"""Taking one matte out of an EXR, ours or anyone's: a channel, a layer, or an object of a Cryptomatte."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from bridge.errors import SourceUnreadableError, UnknownNameError, unknown_name
from bridge.files import whole
from worker.exr.cryptomatte_reader import Cryptomatte, coverage_of, cryptomattes_of, find_id
from worker.exr.disk import disk_errors
from worker.exr.header import PREFIX
from worker.exr.parts import ExrPart, read_parts


def read_matte(path: str | Path, name: str) -> npt.NDArray[np.float32]:
    """Any matte of a file.

    Args:
        path: The file.
        name: A channel (``person.A``), a layer (``person``), or a Cryptomatte's object (``person_1``), with
            its type before it (``crypto_instance:person_1``) where several types have the name.

    Returns:
        Shape ``(h, w)`` of the display window. Of an object, coverage; of a channel, what it holds.

    Raises:
        SourceNotFoundError: no file lies there.
        SourceUnreadableError: it is no EXR, is damaged, or what it has of that name is no matte.
        UnknownNameError: nothing is called so, or several things are.
    """
    parts = read_parts(path)
    channel = _find_channel(parts, name)
    if channel is not None:
        return _channel_pixels(path, *channel)
    return _object_coverage(path, parts, name)


def write_png(path: str | Path, matte: npt.NDArray[np.float32]) -> None:
    """Draw a matte as a grey picture of 8 bits, 0 black and 1 white; what lies outside is cut off.

    Args:
        path: The PNG; it appears under its name when it is whole.
        matte: Shape ``(h, w)``.

    Raises:
        OutOfSpaceError: the disk is full.
        OutputError: the file cannot be written.
    """
    grey = np.rint(np.clip(np.nan_to_num(matte), 0.0, 1.0) * 255.0).astype(np.uint8)
    with disk_errors(path), whole(path) as temporary:
        Image.fromarray(grey).save(temporary, "PNG")


def _channel_pixels(path: str | Path, part: ExrPart, channel: str) -> npt.NDArray[np.float32]:
    try:
        pixels = part.on_display(channel)
    except ValueError as err:
        raise SourceUnreadableError(f"cannot read {path}: {err}") from None
    if pixels.dtype == np.uint32:
        raise SourceUnreadableError(f"channel {channel!r} of {path} holds whole numbers, which are no matte")
    return pixels.astype(np.float32)


def _object_coverage(path: str | Path, parts: Sequence[ExrPart], name: str) -> npt.NDArray[np.float32]:
    cryptos = cryptomattes_of(parts, path)
    kind, _, rest = name.partition(":")
    for crypto in cryptos:
        if rest and crypto.name == kind:
            return coverage_of(crypto, find_id(crypto, rest))
    found = [(crypto, bits) for crypto in cryptos if (bits := _id_in(crypto, name)) is not None]
    if len(found) > 1:
        choices = " or ".join(f"{crypto.name}:{name}" for crypto, _ in found)
        raise UnknownNameError(f"{name!r} is in several Cryptomattes of {path}; say {choices}")
    if found:
        return coverage_of(*found[0])
    known = [n for part in parts for n in part.channels] + [n for crypto in cryptos for n in crypto.names]
    raise unknown_name("matte", name, known)


def _find_channel(parts: Sequence[ExrPart], name: str) -> tuple[ExrPart, str] | None:
    """The channel of that name, or the one that shows the layer of that name.

    Raises:
        UnknownNameError: the layer has several channels, and none is its alpha.
    """
    for part in parts:
        shown = part.attributes.get(f"{PREFIX}layer/{name}/channel", name)
        if isinstance(shown, str) and shown in part.channels:
            return part, shown
    for part in parts:
        of_layer = [channel for channel in part.channels if channel.rpartition(".")[0] == name]
        alphas = [c for c in of_layer if c.rpartition(".")[2].lower() in ("a", "alpha")]
        if len(of_layer) == 1 or alphas:
            return part, (alphas or of_layer)[0]
        if of_layer:
            raise UnknownNameError(f"layer {name!r} has several channels; choose from {', '.join(of_layer)}")
    return None


def _id_in(crypto: Cryptomatte, name: str) -> int | None:
    """The id of an object, or None; of a Cryptomatte that cannot be read only its manifest is asked."""
    if crypto.problem is not None:
        return crypto.names.get(name)
    try:
        return find_id(crypto, name)
    except UnknownNameError:
        return None
