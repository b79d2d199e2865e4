"""Kill the worker, its inference process, the client or all of them in the middle of an export; then look.

``python -m tests.soak.faults --kills 30`` kills at random moments, by turns, and checks each time that

- no file under its final name is half-written at the moment of the kill: each opens and gives its pixels;
- the same command completes the export;
- all files are byte for byte those of an undisturbed run;
- files that were whole at the kill are not written again.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from bridge import launch
from tests.soak.workers import environment, inference_of, kill_tree, running
from worker.exr.key import read_key
from worker.exr.reader import read_layers

CLIP = Path(__file__).parents[2] / "examples" / "clips" / "drawn_street.mp4"

VICTIMS = ("worker", "inference", "client", "all")


@dataclass(frozen=True)
class Outcome:
    """What one kill did."""

    victim: str
    after_s: float
    stood: int
    """Whole files at the kill."""
    rewritten: int
    """How many of them the re-run wrote again."""
    wrong: tuple[str, ...]
    """What was not as it must be; empty where all was well."""


def export(home: Path, out: Path, address: str, frames: str) -> subprocess.Popen[str]:
    """The command of a user, started."""
    words = ["export", str(CLIP), "--frames", frames, "--out", str(out), "--worker", address]
    return subprocess.Popen(
        [sys.executable, "-m", "bridge.cli", *words, "--categories", "person,car,sky,road"],
        env=environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def content(out: Path) -> dict[str, bytes]:
    """All files of an export but the manifest, whose paths differ, and what a kill left under a temporary name."""
    paths = (path for path in sorted(out.glob("[!.]*")) if path.suffix in (".exr", ".png"))
    return {path.name: path.read_bytes() for path in paths}


def look(out: Path) -> tuple[dict[str, int], list[str]]:
    """The files under their final names with their times, and what of them cannot be read."""
    whole, broken = {}, []
    for path in sorted(out.glob("[!.]*.exr")) if out.is_dir() else ():
        try:
            read_layers(path)
            assert read_key(path) is not None, "it has no key"
            whole[path.name] = path.stat().st_mtime_ns
        except Exception as err:  # noqa: BLE001 - any failure to read is what is looked for
            broken.append(f"{path.name}: {err}")
    return whole, broken


def one_kill(
    home: Path, out: Path, victim: str, after_s: float, after_files: int, frames: str, quiet: dict[str, bytes]
) -> Outcome:
    """Export, kill after some files and then some seconds, look, and export again."""
    address = launch.free_address()
    wrong: list[str] = []
    with running(home, address) as worker:
        client = export(home, out, address, frames)
        while len(list(out.glob("*.exr"))) < after_files and client.poll() is None:
            time.sleep(0.001)
        time.sleep(after_s)
        inference = inference_of(worker.pid)
        if victim in ("client", "all"):
            client.kill()
        if victim == "inference" and inference is not None:
            inference.kill()
        if victim == "worker":
            worker.kill()
        if victim == "all":
            kill_tree(worker.pid)
        stood, broken = look(out)
        wrong += [f"half-written at the kill: {name}" for name in broken]
        if victim == "inference":
            client.wait(300)
            if client.returncode != 0:
                wrong.append(
                    f"the client ended with {client.returncode}: {client.stderr and client.stderr.read()}"
                )
        if victim == "client":
            again = export(home, out, address, frames)
            said = again.communicate(timeout=300)[1]
            if again.returncode != 0:
                wrong.append(f"the same command ended with {again.returncode}: {said}")
    if client.poll() is None:
        client.kill()
    client.communicate()
    with running(home, address):
        again = export(home, out, address, frames)
        said = again.communicate(timeout=300)[1]
        if again.returncode != 0:
            wrong.append(f"the same command ended with {again.returncode}: {said}")
    whole, broken = look(out)
    wrong += [f"half-written at the end: {name}" for name in broken]
    if content(out) != quiet:
        wrong.append("the bytes differ from those of the undisturbed run")
    if list(out.glob(".*.lock")):
        wrong.append("a lock is left")
    rewritten = sum(whole.get(name) != age for name, age in stood.items())
    if rewritten:
        wrong.append(f"{rewritten} whole files were written again")
    return Outcome(victim, after_s, len(stood), rewritten, tuple(wrong))


def moment(chance: random.Random, length_s: float, files: int, *, among_files: bool) -> tuple[float, int]:
    """When to kill: seconds, and the files that must stand before they are counted.

    Files are written in a small part of a run, most of which is the start of processes; so every other round of
    kills falls between two of them.
    """
    if among_files:
        return chance.uniform(0, 0.1), chance.randrange(1, files - 1)
    return chance.uniform(0.15, 1.0) * length_s, 0


def run(kills: int, frames: str, seed: int, victims: Sequence[str] = VICTIMS) -> list[Outcome]:
    """Kill by turns, at moments drawn from the length of an undisturbed run."""
    chance = random.Random(seed)
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="mattebridge-faults-") as folder:
        root = Path(folder)
        (root / "quiet").mkdir()
        address = launch.free_address()
        with running(root / "quiet", address):
            began = time.monotonic()
            first = export(root / "quiet", root / "quiet" / "out", address, frames)
            said = first.communicate(timeout=300)[1]
            length_s = time.monotonic() - began
            assert first.returncode == 0, said
        quiet = content(root / "quiet" / "out")
        assert quiet
        for number in range(kills):
            home = root / f"kill{number}"
            home.mkdir()
            outcome = one_kill(
                home,
                home / "out",
                victims[number % len(victims)],
                *moment(chance, length_s, len(quiet), among_files=number // len(victims) % 2 == 1),
                frames,
                quiet,
            )
            print(f"kill {number + 1}: {outcome}", flush=True)
            outcomes.append(outcome)
    return outcomes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--frames", default="1-12", help="Frames of the bundled clip.")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    outcomes = run(options.kills, options.frames, options.seed)
    bad = [outcome for outcome in outcomes if outcome.wrong]
    print(f"{len(outcomes)} kills, {len(bad)} with something wrong")
    assert psutil.Process().children() == [], "a process was left behind"
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
