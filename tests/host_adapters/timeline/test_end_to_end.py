"""A timeline, a real worker over ZeroMQ with the embedded model, and the timeline that comes back.

Each EXR names in its header the plate it was made of, so that the mattes of the timeline that comes back can be
held against the plates that it shows there, frame by frame.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import opentimelineio as otio
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from bridge.cli.export import export as export_command
from bridge.client import Client
from bridge.manifest import read_manifest
from host_adapters.brackets import sequence_of
from host_adapters.timeline.batch import read_batch
from tests.host_adapters.end_to_end import made_of
from tests.host_adapters.timeline.conftest import Cutting
from tests.worker.media.made import write_movie


@pytest.fixture(scope="module")
def plates(tmp_path_factory: pytest.TempPathFactory, pictures: list[Image.Image]) -> Path:
    """A folder with a sequence from 1001, a movie and a still."""
    folder = tmp_path_factory.mktemp("plates")
    for i, picture in enumerate(pictures):
        picture.save(folder / f"plate.{1001 + i:04d}.png")
    pictures[0].save(folder / "board.png")
    write_movie(folder / "take_v002.mp4", "mpeg4", pictures=[np.asarray(picture) for picture in pictures])
    return folder


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "bridge.cli", "export", *words]


def words_for(path: Path, out: Path, worker: str, *words: str) -> tuple[str, ...]:
    fixed = ("--categories", "sky", "--no-sheet", "--layout", "single", "--json", "--worker", worker)
    return (str(path), "--out", str(out), *fixed, *words)


def export(path: Path, out: Path, worker: str, *words: str) -> subprocess.CompletedProcess[str]:
    command_line = command(*words_for(path, out, worker, *words))
    return subprocess.run(command_line, capture_output=True, text=True, timeout=100)


def run_here(path: Path, out: Path, worker: str, *words: str) -> Result:
    """The same in this process, which is quicker."""
    return CliRunner().invoke(export_command, words_for(path, out, worker, *words))


def shown_at(clip: Any, record: int) -> str:
    """The file that a matte's clip shows so many frames after it begins, as a host reads it."""
    reference = clip.media_reference
    assert isinstance(reference, otio.schema.ExternalReference)
    assert "://" not in reference.target_url
    sequence = sequence_of(reference.target_url)
    if sequence is None:
        return str(reference.target_url)
    pattern, run = sequence
    assert (reference.available_range.start_time.value, reference.available_range.duration.value) == (
        run.start,
        len(run),
    ), "a sequence begins, to a host, at the timecode of its first number"
    speed = next((e.time_scalar for e in clip.effects if isinstance(e, otio.schema.LinearTimeWarp)), 1)
    return pattern.path(int(clip.source_range.start_time.value + record * speed))


def test_everything_a_timeline_can_hold(plates: Path, tmp_path: Path, worker: str) -> None:
    for rate, start in ((Fraction(24), 86400), (Fraction(24000, 1001), 86388), (Fraction(30000, 1001), 107892)):
        cut = Cutting(plates, rate, start)
        sequence = cut.external("plate.[1001-1010].png", 86400, 10)
        movie = cut.external("take_v002.mp4", 90000, 10)
        cut.clip(sequence, 86401, 3, name="SH010 (A)")
        cut.gap(4)
        cut.clip(movie, 90002, 3, name="take_v002.mp4")
        cut.clip(sequence.clone(), 86407, 2, name="SH020", effects=[otio.schema.FreezeFrame()])
        cut.clip(otio.schema.GeneratorReference("bars", "SMPTEBars"), 0, 5, name="bars")
        cut.gap(1, "V2")
        cut.clip(sequence.clone(), 86402, 2, "V2", name="SH010")
        cut.clip(cut.external("board.png", 0, 1), 0, 6, "V2", name="board")
        cut.clip(
            sequence.clone(), 86400, 2, "V2", effects=[otio.schema.LinearTimeWarp(time_scalar=2)], name="fast"
        )
        path = cut.write(f"edit_{start}.otio")
        out = tmp_path / str(start)
        result = export(path, out, worker, "--handles", "1")
        assert result.returncode == 0, result.stderr
        batch = read_batch(json.loads(result.stdout)["batch"])
        assert {source.folder: source.frames for source in batch.sources} == {
            "plate": "1001-1005,1007-1009",
            "take_v002": "2-6",
            "board": "1",
        }
        assert {clip.name: clip.reason for clip in batch.clips if clip.state != "exported"} == {
            "bars": "is a generator (SMPTEBars), which has no file"
        }
        made = otio.adapters.read_from_file(str(out / str(batch.otio)))
        assert made.name == batch.otio_name != "edit"
        assert made.global_start_time == cut.timeline.global_start_time
        mattes = [track for track in made.tracks if track.name.startswith("Mattes sky")]
        assert [track.name for track in mattes] == ["Mattes sky (V1)", "Mattes sky (V2)"]
        wanted = {
            "V1": {0: ("plate", [1002, 1003, 1004]), 7: ("take", [3, 4, 5]), 10: ("plate", [1008, 1008])},
            "V2": {1: ("plate", [1003, 1004]), 3: ("board", [1] * 6), 9: ("plate", [1001, 1003])},
        }
        for track, name in zip(mattes, ("V1", "V2"), strict=True):
            found = {}
            for clip in track.find_clips():
                at = int(clip.range_in_parent().start_time.value)
                length = int(clip.source_range.duration.value)
                sources = [made_of(shown_at(clip, frame)) for frame in range(length)]
                found[at] = (Path(sources[0][0]).name[:4], [frame for _, frame in sources])
            assert found == {at: (source[:4], frames) for at, (source, frames) in wanted[name].items()}
        plates_back = [clip for track in made.tracks if track not in mattes for clip in track.find_clips()]
        assert all(isinstance(clip.media_reference, otio.schema.ExternalReference) for clip in plates_back)


def test_an_edit_that_changed_joins_what_its_folders_hold(plates: Path, tmp_path: Path, worker: str) -> None:
    for first, frames, there in ((1002, 3, "1002-1004"), (1006, 2, "1002-1004,1006-1007"), (1004, 4, "1002-1007")):
        cut = Cutting(plates)
        cut.clip(cut.external("plate.[1001-1010].png", 86400, 10), 86400 + first - 1001, frames, name="SH010")
        path = cut.write("joined.otio")
        result = run_here(path, tmp_path / "out", worker)
        assert result.exit_code == 0, result.output
        assert read_manifest(tmp_path / "out/plate/plate.mattes.json").frames == there
        made = otio.adapters.read_from_file(str(tmp_path / "out/joined_mattes.otio"))
        (clip,) = (clip for track in made.tracks if track.name == "Mattes sky (V1)" for clip in track.find_clips())
        shown = [made_of(shown_at(clip, frame))[1] for frame in range(frames)]
        assert shown == list(range(first, first + frames))
    changed = run_here(path, tmp_path / "out", worker, "--overlap", "normalized")
    assert changed.exit_code == 2
    assert "made with other settings" in changed.output
    assert run_here(path, tmp_path / "out", worker, "--overlap", "normalized", "--replace").exit_code == 0


def test_the_same_command_writes_only_what_is_missing(plates: Path, tmp_path: Path, worker: str) -> None:
    cut = Cutting(plates)
    cut.clip(cut.external("plate.[1001-1010].png", 0, 10), 0, 3, name="sh010_v003")
    path = cut.write("again.otio")
    words = ("--name-folders", "{timeline}/{shot}", "--name-files", "named/{shot}/{layer}/{clip}.{frame:06d}.exr")
    assert export(path, tmp_path, worker, *words).returncode == 0
    files = sorted(tmp_path.rglob("*.exr"))
    names = [file.relative_to(tmp_path).as_posix() for file in files]
    assert names == [
        *(f"edit/sh010/plate_sky.{frame}.exr" for frame in (1001, 1002, 1003)),
        *(f"named/sh010/sky/sh010_v003.{frame:06d}.exr" for frame in (1001, 1002, 1003)),
    ]
    stamps = {file: file.stat().st_mtime_ns for file in files}
    files[1].unlink()
    assert export(path, tmp_path, worker, *words).returncode == 0
    changed = [file for file in files if file.stat().st_mtime_ns != stamps[file]]
    assert changed == [files[1], files[4]]
    assert files[1].samefile(files[4])


def test_a_source_that_cannot_be_read_stops_no_other(plates: Path, tmp_path: Path, worker: str) -> None:
    cut = Cutting(plates)
    (plates / "broken.mov").write_bytes(b"no movie")
    cut.clip(cut.external("broken.mov", 0, 10), 0, 3, name="broken")
    cut.clip(cut.external("plate.[1001-1010].png", 0, 10), 0, 2, name="good")
    result = export(cut.write("half.otio"), tmp_path, worker)
    assert result.returncode == 1, result.stderr
    batch = read_batch(json.loads(result.stdout)["batch"])
    assert [clip.state for clip in batch.clips] == ["failed", "exported"]
    assert "broken.mov" in str(batch.clips[0].reason)


def test_wrong_options_are_said_before_any_work(plates: Path, tmp_path: Path, worker: str) -> None:
    cut = Cutting(plates)
    cut.clip(cut.external("plate.[1001-1010].png", 0, 10), 0, 2)
    path = cut.write("wrong.otio")
    for words, says in (
        (("--frames", "1-2"), "--frames is for a single plate"),
        (("--name-folders", "{shoot}"), "unknown token 'shoot'; there is: shot"),
        (("--name-folders", "../{shot}"), "below --out"),
        (("--name-files", "{clip}.exr"), "needs {layer} and {frame}"),
        (("--categories", "persn"), "unknown category 'persn'"),
        (("--rate", "25"), "frame rate of an EDL"),
        (("--media", "nowhere"), "nowhere is no folder"),
    ):
        result = run_here(path, tmp_path / "o", worker, *words)
        answer = json.loads(result.stdout)
        assert (result.exit_code, answer["ok"]) == (2, False), result.stderr
        assert says in answer["error"]
    assert not list((tmp_path / "o").rglob("*.*"))
    plain = run_here(plates / "board.png", tmp_path / "o", worker, "--handles", "3", "--media", str(plates))
    assert plain.exit_code == 2
    assert "--media, --handles go with timelines (.edl, .otio" in json.loads(plain.stdout)["error"]


def test_a_dry_run_writes_nothing_and_needs_no_worker(plates: Path, tmp_path: Path) -> None:
    cut = Cutting(plates)
    cut.clip(cut.external("plate.[1001-1010].png", 0, 10), 4, 2)
    result = run_here(cut.write("dry.otio"), tmp_path / "o", "tcp://127.0.0.1:1", "--dry-run")
    assert result.exit_code == 0, result.stderr
    (source,) = json.loads(result.stdout)["sources"]
    assert source["frames"] == "1005-1006"
    assert not (tmp_path / "o").exists()


def test_ctrl_c_cancels_and_the_same_command_goes_on(
    pictures: list[Image.Image], tmp_path: Path, worker: str
) -> None:
    large = pictures[3].resize((1280, 720))
    large.save(tmp_path / "picture.png")
    for number in range(30):
        (tmp_path / f"long.{number:04d}.png").symlink_to(tmp_path / "picture.png")
    cut = Cutting(tmp_path)
    cut.clip(cut.external("long.[0000-0029].png", 0, 30), 0, 30)
    path = cut.write()
    words = (str(path), "--out", str(tmp_path / "o"), "--categories", "sky", "--no-sheet", "--worker", worker)
    running = subprocess.Popen(
        command(*words),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    with Client(worker) as client:
        while not [i for i in client.jobs() if i.out.startswith(str(tmp_path)) and i.done >= 2]:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    os.kill(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said
    assert "to go on" in said
    assert not list(tmp_path.rglob("*.batch.json"))
    again = subprocess.run(command(*words), capture_output=True, text=True, timeout=100)
    assert again.returncode == 0, again.stderr
    assert len(list((tmp_path / "o").rglob("*.exr"))) == 30
