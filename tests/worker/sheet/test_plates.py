"""The plates of a sheet: read once, beside the export that reads them too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from worker.media import Source, open_source
from worker.sheet import SheetPlates


def _sequence(folder: Path, first: int) -> str:
    for frame in (1, 2):
        Image.fromarray(np.full((4, 6, 3), first + frame, np.uint8)).save(folder / f"shot.{frame:04d}.png")
    return str(folder / "shot.####.png")


def _never() -> Source:
    raise AssertionError("these plates are kept")


def test_the_next_sheet_of_the_same_source_reads_nothing(tmp_path: Path) -> None:
    path = _sequence(tmp_path, 10)
    opened: list[Source] = []

    def again() -> Source:
        opened.append(open_source(path))
        return opened[-1]

    with open_source(path) as source:
        with SheetPlates(source, again) as plates:
            first = [plates.read(frame) for frame in (1, 2)]
        assert len(opened) == 1
        with SheetPlates(source, _never) as plates:
            assert all(np.array_equal(plates.read(frame), one) for frame, one in zip((1, 2), first, strict=True))
    assert [int(plate[0, 0, 0]) for plate in first] == [11, 12]


def test_plates_that_have_changed_are_read_again(tmp_path: Path) -> None:
    with open_source(_sequence(tmp_path, 10)) as source, SheetPlates(source) as plates:
        assert plates.read(1)[0, 0, 0] == 11
    (tmp_path / "shot.0001.png").unlink()
    with open_source(_sequence(tmp_path, 100)) as source, SheetPlates(source) as plates:
        assert plates.read(1)[0, 0, 0] == 101
