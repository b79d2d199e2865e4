"""The route by clip mattes: packs of four attached to the clip in the media pool."""

from __future__ import annotations

from collections.abc import Sequence

from host_adapters.brackets import sequence_of
from host_adapters.matte_files import MatteSequence
from host_adapters.ranges import Span
from host_adapters.resolve.calls import call, demand, items
from host_adapters.resolve.errors import HostRefusedError
from host_adapters.resolve.media import same_files
from host_adapters.resolve.routes.base import Brought, Place, State
from host_adapters.resolve.tags import read_tag, write_tag


def bring(place: Place, sequences: Sequence[MatteSequence]) -> list[Brought]:
    """Attach packs to the job's clip, take older ones of ours away, and read the list back."""
    media = place.job.media
    pool = demand(place.project, "GetMediaPool", doing="show the media pool")
    storage = demand(place.host.resolve, "GetMediaStorage", doing="show its media storage")
    tag = read_tag(media.handle) or {}
    ours = [str(path) for path in tag.get("clip_mattes", [])]
    done, now = [], []
    for sequence in sequences:
        run = sequence.runs()[0]
        before = [str(path) for path in items(pool, "GetClipMatteList", media.handle)]
        here = [path for path in before if same_files(path, sequence.path(run.start))]
        if here:
            now += here[:1]
            done.append(Brought(media.name, f"clip matte {sequence.words}", State.KEPT))
            continue
        path = _attach(place, pool, storage, sequence, run, before)
        now.append(path)
        done.append(Brought(media.name, f"clip matte {sequence.words}", State.UPDATED if ours else State.ADDED))
    # New ones are there before old ones go, and only what we attached goes.
    attached = [str(path) for path in items(pool, "GetClipMatteList", media.handle)]
    old = [path for path in attached if path in ours and path not in now]
    if old:
        demand(pool, "DeleteClipMattes", media.handle, old, doing="take older mattes off the clip")
        place.notes.append(
            f"{media.name}: {len(old)} older clip mattes of ours were taken off; graded nodes ask anew"
        )
    write_tag(media.handle, {**tag, "clip_mattes": now})
    return done


def forms(sequence: MatteSequence, run: Span) -> tuple[str, ...]:
    """The ways to write a sequence's path; which one Resolve takes for mattes is nowhere written.

    A single frame comes first in no list: it would be taken as a still that stands for all frames.
    """
    if len(run) == 1:
        return (sequence.path(run.start),)
    return (sequence.brackets(run), sequence.pattern.text, sequence.path(run.start))


def covers(path: str, run: Span) -> bool:
    """Whether a path that Resolve answers stands for the whole run, as far as it says."""
    found = sequence_of(path)
    return len(run) == 1 or found is None or len(found[1]) >= len(run)


def _attach(
    place: Place, pool: object, storage: object, sequence: MatteSequence, run: Span, before: list[str]
) -> str:
    media = place.job.media
    for form in forms(sequence, run):
        call(storage, "AddClipMattesToMediaPool", media.handle, [form])
        for path in (str(path) for path in items(pool, "GetClipMatteList", media.handle)):
            if path not in before and same_files(path, sequence.path(run.start)):
                if sequence_of(path) is None and len(run) > 1:
                    place.notes.append(
                        f"{media.name}: Resolve lists {path} and not its frames; see on the Color page that the "
                        "matte moves"
                    )
                return path
    raise HostRefusedError(
        f"Resolve would not attach {sequence.name} to {media.name}; add {sequence.path(run.start)} by hand: in "
        "the Media page's storage browser, right-click it and choose Add As Matte while the clip is selected"
    )
