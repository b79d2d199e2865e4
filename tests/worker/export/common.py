"""What tests of exports share: the frames of the plates, hard borders, and the bytes of what was written."""

from __future__ import annotations

from pathlib import Path

from bridge.borders import BorderPolicy

FRAMES = range(1001, 1013)
HARD = BorderPolicy.from_toml('[borders."*"]\nkind = "hard"\n')


def files(manifest: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in manifest.parent.glob("*.exr")}
