"""Mattes of every clip of a timeline, from a script: what was left out and why, and where the mattes lie.

python examples/export_timeline.py edit.otio mattes [folder with media ...]
"""

from __future__ import annotations

import sys
from pathlib import Path

import bridge
from bridge.errors import MattebridgeError
from host_adapters.timeline.run import export


def main(timeline: str, out: str, *media: str) -> int:
    """Export a timeline; 0 where every source came out, 1 where one failed."""
    with bridge.connect() as client:
        outcome = export(timeline, out, client=client, media=media, handles=8, layouts="single")
    for clip in outcome.batch.clips:
        print(f"{clip.track_name:>12}  {clip.name}: {clip.exported or clip.reason}")
    for source in outcome.batch.sources:
        print(f"{source.source}: {Path(out) / source.folder} ({source.error or source.frames})")
    print(f"timeline with the mattes: {outcome.otio_path}")
    return 0 if outcome.ok else 1


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        sys.exit(main(*sys.argv[1:]))
    except MattebridgeError as err:
        sys.exit(f"export_timeline: {err}")
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on from there")
