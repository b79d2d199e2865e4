"""Clips, sequences and damaged files nobody here made; skipped where ``MATTEBRIDGE_TEST_DATA`` names no folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from worker.media import SourceKind, open_source
from worker.media.movie_pixels import FrameConverter

_DATA = Path(os.environ.get("MATTEBRIDGE_TEST_DATA", "/nonexistent"))

pytestmark = pytest.mark.skipif(not _DATA.is_dir(), reason="MATTEBRIDGE_TEST_DATA names no folder")

_READ_ALL = """
import resource, sys
from pathlib import Path
from bridge.errors import MattebridgeError
from worker.media import open_source
resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
for path in sys.argv[1:]:
    print("reading", path, flush=True)
    try:
        with open_source(path) as source:
            plate = source.read(source.frames[0])
        assert plate.shape == (source.size_wh[1], source.size_wh[0], 3)
    except MattebridgeError as error:
        assert "\\n" not in str(error) and Path(path).name in str(error), error
print("done")
"""
"""Reads files in a process of its own, so that a crash or a bomb in a library is a failed test."""


@pytest.mark.parametrize(
    ("name", "count", "size_wh", "fps"),
    [
        ("01_dog.mp4", 289, (1280, 720), 29.97),
        ("05_default_juggle.mp4", 247, (1280, 720), 24),
        ("street_1080p_3fps.mp4", 8, (1920, 1080), 3),
    ],
)
def test_clips(name: str, count: int, size_wh: tuple[int, int], fps: float) -> None:
    with open_source(str(_DATA / "clips" / name)) as source:
        assert (len(source.frames), source.size_wh) == (count, size_wh)
        assert source.fps is not None
        assert float(source.fps) == pytest.approx(fps, abs=0.01)


def test_a_clip_read_at_random_is_the_clip_read_in_order() -> None:
    path = _DATA / "clips" / "01_dog.mp4"
    wanted = {0, 1, 17, 100, 249, 250, 251, 288}
    converter = FrameConverter()
    with av.open(str(path)) as container:
        in_order = {i: converter.to_uint8(f) for i, f in enumerate(container.decode(video=0)) if i in wanted}
    with open_source(str(path)) as source:
        for i in (288, 17, 251, 0, 250, 249, 100, 1):
            np.testing.assert_array_equal(source.read(i + 1), in_order[i], err_msg=str(i))


@pytest.mark.parametrize("name", ["car-shadow", "dog", "kite-surf"])
def test_sequences_of_jpeg(name: str) -> None:
    folder = _DATA / "clips" / "davis" / name / "frames"
    with open_source(str(folder)) as source:
        assert source.kind is SourceKind.SEQUENCE
        assert source.frames == tuple(range(len(list(folder.glob("*.jpg")))))
        assert source.size_wh == (854, 480)
        assert source.read(source.frames[-1]).std() > 10


def test_a_damaged_file_is_a_plate_or_an_error(tmp_path: Path) -> None:
    damaged = [path for path in (_DATA / "bad_input").iterdir() if path.is_file()]
    # By their own names they could be anything; by extension they reach the reader they were made to break.
    named = []
    for path in damaged:
        link = tmp_path / f"{path.stem}-{path.suffix[1:]}.exr"
        link.symlink_to(path)
        named.append(link)
    others = list((_DATA / "bad_input" / "other").iterdir())
    assert len(damaged) > 50
    assert len(others) > 5
    done = subprocess.run(
        [sys.executable, "-c", _READ_ALL, *map(str, [*named, *others, *damaged[::8]])],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.endswith("done\n"), (done.returncode, done.stdout[-300:], done.stderr[-2000:])
