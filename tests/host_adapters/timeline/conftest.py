"""Timelines made with OpenTimelineIO, and media on disk that are as small as can be."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from host_adapters.timeline.clips import Refusal, Use, read_clips
from host_adapters.timeline.search import MediaFolders


def span(start: float, length: float, rate: float = 24) -> Any:
    return otio.opentime.TimeRange(
        otio.opentime.RationalTime(start, rate), otio.opentime.RationalTime(length, rate)
    )


class Cutting:
    """A timeline being cut: shorthands for what an editor does."""

    def __init__(self, folder: Path, rate: Fraction = Fraction(24), start: int = 86400) -> None:
        self.folder, self.rate = folder, float(rate)
        self.timeline = otio.schema.Timeline(
            "edit", global_start_time=otio.opentime.RationalTime(start, self.rate)
        )

    def track(self, name: str = "V1", kind: str = otio.schema.TrackKind.Video) -> Any:
        for track in self.timeline.tracks:
            if track.name == name:
                return track
        self.timeline.tracks.append(otio.schema.Track(name, kind=kind))
        return self.timeline.tracks[-1]

    def files(self, name: str = "plate", first: int = 1001, count: int = 20) -> Path:
        """A sequence of empty files; returns the path of the first."""
        for number in range(first, first + count):
            (self.folder / f"{name}.{number:04d}.png").touch()
        return self.folder / f"{name}.{first:04d}.png"

    def clip(self, reference: Any, start: float, length: float, track: str = "V1", **more: Any) -> Any:
        """Append a clip that shows so many frames from a time of its media on."""
        made = otio.schema.Clip(
            more.pop("name", "shot"), reference, span(start, length, self.rate), effects=more.pop("effects", [])
        )
        for key, value in more.items():
            setattr(made, key, value)
        self.track(track).append(made)
        return made

    def gap(self, length: int, track: str = "V1") -> None:
        self.track(track).append(otio.schema.Gap(source_range=span(0, length, self.rate)))

    def external(self, url: str, start: float, length: float) -> Any:
        return otio.schema.ExternalReference(url, span(start, length, self.rate))

    def images(self, name: str = "plate", first: int = 1001, count: int = 20, start: float = 0) -> Any:
        """An ImageSequenceReference to files that are there."""
        self.files(name, first, count)
        return otio.schema.ImageSequenceReference(
            self.folder.as_uri() + "/", f"{name}.", ".png", first, 1, self.rate, 4,
            available_range=span(start, count, self.rate),
        )  # fmt: skip

    def read(self, *media: Path) -> tuple[list[Use], list[Refusal]]:
        return read_clips(self.timeline, self.folder, MediaFolders([str(folder) for folder in media]))

    def use(self) -> Use:
        """The only clip there is, which can be exported."""
        uses, refused = self.read()
        assert not refused, str(refused[0])
        (use,) = uses
        return use

    def reason(self) -> str:
        """Why the only clip there is cannot be exported."""
        uses, refused = self.read()
        assert not uses
        (refusal,) = refused
        return refusal.reason

    def write(self, name: str = "edit.otio") -> Path:
        path = self.folder / name
        otio.adapters.write_to_file(self.timeline, str(path))
        return path


@pytest.fixture
def cut(tmp_path: Path) -> Cutting:
    """An empty timeline at 24 that starts at 01:00:00:00."""
    return Cutting(tmp_path)
