"""Drawn clips as files: a movie, PNG frames, ground-truth alphas."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from worker.training.scenes import DrawnFrame

_BT709 = 1
"""Code point of BT.709 for primaries, transfer and matrix (ITU-T H.273)."""
_LIMITED = 1
"""FFmpeg's code for limited (video) range."""
_CRF = "21"


def write_movie(
    path: Path, frames: Iterable[DrawnFrame], size_wh: tuple[int, int], fps: Fraction
) -> Iterator[DrawnFrame]:
    """Encode frames as H.264 while they pass through.

    The movie is 8-bit 4:2:0, limited range, BT.709 throughout and tagged so.

    Args:
        path: The movie; its ending picks the container.
        frames: What to encode.
        size_wh: The frames' size; both sides must be even.
        fps: Frames a second.

    Yields:
        The frames, each after it was encoded.
    """
    partial = path.with_stem(path.stem + ".partial")
    with av.open(str(partial), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": _CRF, "preset": "slow"})
        stream.width, stream.height = size_wh
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = _LIMITED
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(frame.rgb, "rgb24").reformat(
                format="yuv420p",
                src_color_range="JPEG",
                dst_color_range="MPEG",
                dst_colorspace="ITU709",
            )
            container.mux(stream.encode(picture))
            yield frame
        container.mux(stream.encode(None))
    partial.replace(path)


def write_pictures(folder: Path, frames: Iterable[DrawnFrame]) -> Iterator[DrawnFrame]:
    """Write frames as ``frame.0000.png`` and so on while they pass through."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, frame in enumerate(frames):
        Image.fromarray(frame.rgb).save(folder / f"frame.{index:04d}.png")
        yield frame


def write_alphas(folder: Path, frames: Iterable[DrawnFrame]) -> Iterator[DrawnFrame]:
    """Write the visible alpha of every segment while frames pass through.

    Each is an 8-bit PNG ``<track>_<category>.<frame>.png``, black in frames that do not show the segment;
    ``segments.json`` lists tracks and categories.
    """
    folder.mkdir(parents=True, exist_ok=True)
    seen: dict[int, str] = {}
    count = 0
    size_hw = (0, 0)
    for index, frame in enumerate(frames):
        size_hw = frame.rgb.shape[:2]
        count = index + 1
        for segment, alpha in zip(frame.segments, frame.alphas, strict=True):
            seen[segment.track] = segment.category
            plane = (alpha * 255.0 + 0.5).astype(np.uint8)
            Image.fromarray(plane).save(folder / f"{segment.track:02d}_{segment.category}.{index:04d}.png")
        yield frame
    black = Image.fromarray(np.zeros(size_hw, np.uint8))
    for track, category in seen.items():
        for index in range(count):
            path = folder / f"{track:02d}_{category}.{index:04d}.png"
            if not path.exists():
                black.save(path)
    listing = [{"track": track, "category": category} for track, category in sorted(seen.items())]
    (folder / "segments.json").write_text(json.dumps({"frames": count, "segments": listing}, indent=1) + "\n")
