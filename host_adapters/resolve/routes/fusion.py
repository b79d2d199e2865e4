"""The route by a Fusion composition on the timeline item, with one masked grade for each matte."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bridge.files import write_whole
from bridge.naming import slug
from host_adapters.matte_files import MatteSequence
from host_adapters.ranges import Span
from host_adapters.resolve.calls import attempt, call, demand, items
from host_adapters.resolve.comp_file import LoadedMatte, comp_text
from host_adapters.resolve.errors import HostRefusedError
from host_adapters.resolve.items import Item
from host_adapters.resolve.routes.base import Brought, Place, State
from host_adapters.resolve.tags import read_tag, write_tag

NAME = "Mattebridge"
"""The composition's name on the item."""


def bring(place: Place, sequences: Sequence[MatteSequence]) -> list[Brought]:
    """Put a composition on each item, or point the one that is there at the new files."""
    return [_on_item(place, item, sequences) for item in place.job.items]


def _on_item(place: Place, item: Item, sequences: Sequence[MatteSequence]) -> Brought:
    layers = [sequence.layers[0][1] for sequence in sequences]
    what = f"Fusion composition with a grade each for {', '.join(layers)}"
    if not item.frames.one_to_one:
        return Brought(
            item.name,
            what,
            State.FAILED,
            "its media has another frame rate than the timeline, and a Loader counts frames; choose the track or "
            "the clip matte",
        )
    try:
        mattes = [_loaded(item, sequence) for sequence in sequences]
        return Brought(item.name, what, _bring(place, item, mattes))
    except HostRefusedError as err:
        return Brought(item.name, what, State.FAILED, str(err))


def _loaded(item: Item, sequence: MatteSequence) -> LoadedMatte:
    source = item.frames.source
    first = sequence.frames[0] if item.media.still else item.frames.number(source.start)
    last = first if item.media.still else item.frames.number(source.end - 1)
    run = sequence.run_with(Span(first, last + 1))
    lead = first - run.start
    return LoadedMatte(
        sequence.layers[0][1], sequence.path(run.start), run.start, len(run), lead, still=item.media.still
    )


def _bring(place: Place, item: Item, mattes: Sequence[LoadedMatte]) -> State:
    entries = (read_tag(item.media.handle) or {}).get("fusion", {})
    entry = entries.get(place.slot(item, "fusion"), {})
    older = str(entry.get("comp", ""))
    there = [str(name) for name in items(item.handle, "GetFusionCompNameList")]
    if older in there:
        if entry.get("layers") == [matte.layer for matte in mattes] and entry.get("range") == _range(item):
            return _repoint(item, older, mattes)
        place.notes.append(
            f"{item.name}: the composition {older} stays with its grades, because the mattes or the cut are "
            "others now; the new one lies beside it"
        )
    elif there:
        place.notes.append(
            f"{item.name}: it had the composition {there[0]}; ours is active now, both are in the item's list"
        )
    name = _import(place, item, mattes)
    _remember(place, item, name, mattes)
    return State.UPDATED if older in there else State.ADDED


def _import(place: Place, item: Item, mattes: Sequence[LoadedMatte]) -> str:
    """Import the composition, its time that of Resolve's own: read back, and made again where it begins
    elsewhere."""
    start, length = 0, len(item.frames.record)
    name = _import_once(place, item, mattes, start, length)
    found = _first_frame(_loaded_comp(item, name))
    if found is None:
        place.notes.append(f"{item.name}: Resolve does not say where the composition begins; see that mattes fit")
    elif found != start:
        demand(item.handle, "DeleteFusionCompByName", name, doing="take back a composition")
        name = _import_once(place, item, mattes, found, length)
        if _first_frame(_loaded_comp(item, name)) != found:
            raise HostRefusedError(
                "the composition begins at another frame each time it is read; nothing can be fit"
            )
    comp = _loaded_comp(item, name)
    _check(comp, mattes)
    attempt(comp, "SetAttrs", {"COMPB_Modified": True})
    return name


def _import_once(place: Place, item: Item, mattes: Sequence[LoadedMatte], start: int, length: int) -> str:
    before = [str(name) for name in items(item.handle, "GetFusionCompNameList")]
    path = Path(place.manifest).parent / f"{slug(item.name)}_{slug(item.uid)}.comp"
    write_whole(path, comp_text(mattes, start, length).encode())
    # What the import answers was seen to be a handle that finds nothing: the list of names counts.
    call(item.handle, "ImportFusionComp", path.as_posix())
    new = [name for name in (str(n) for n in items(item.handle, "GetFusionCompNameList")) if name not in before]
    if not new:
        raise HostRefusedError(f"Resolve would not import {path}; open it on the Fusion page to see why")
    name = next(
        f"{NAME}{ending}" for ending in ("", *(f" {i}" for i in range(2, 100))) if NAME + ending not in before
    )
    return name if call(item.handle, "RenameFusionCompByName", new[0], name) else new[0]


def _loaded_comp(item: Item, name: str) -> Any:
    return demand(item.handle, "LoadFusionCompByName", name, doing=f"open the composition {name}")


def _first_frame(comp: Any) -> int | None:
    """The composition's time of the item's first frame; None where it does not say."""
    attrs = attempt(comp, "GetAttrs") or {}
    start = attrs.get("COMPN_RenderStart")
    return None if start is None else math.floor(float(start))


def _check(comp: Any, mattes: Sequence[LoadedMatte]) -> None:
    """See that Fusion has every Loader, and that each reads the file it should."""
    for matte in mattes:
        if attempt(comp, "FindTool", matte.grade) is None:
            raise HostRefusedError(f"the composition came in without {matte.grade}")
        loader = attempt(comp, "FindTool", matte.loader)
        if loader is None:
            raise HostRefusedError(f"the composition came in without {matte.loader}")
        # Only where Fusion tells a clip at all: some versions answer a table, or nothing.
        clip = attempt(loader, "GetInput", "Clip")
        if isinstance(clip, str) and clip and clip.replace("\\", "/") != matte.first_path:
            raise HostRefusedError(f"{matte.loader} reads {clip}, not {matte.first_path}")


def _repoint(item: Item, name: str, mattes: Sequence[LoadedMatte]) -> State:
    """Point the Loaders of a composition at new files; its grades stay as they are.

    Values are set outside of Lock: inside one they are kept and not rendered.
    """
    comp = _loaded_comp(item, name)
    start, length = _first_frame(comp) or 0, len(item.frames.record)
    state = State.KEPT
    for matte in mattes:
        loader = attempt(comp, "FindTool", matte.loader)
        if loader is None:
            raise HostRefusedError(
                f"the composition {name} has no {matte.loader} any more; rename ours to get a new one"
            )
        now = attempt(loader, "GetInput", "Clip")
        if str(now).replace("\\", "/") != matte.first_path:
            attempt(loader, "SetInput", "Clip", matte.first_path)
            # A new clip brings its own times with it.
            first, last = matte.times(start, length)
            times = {"GlobalIn": first, "GlobalOut": last, "ClipTimeStart": 0, "ClipTimeEnd": matte.length - 1}
            for key, value in times.items():
                attempt(loader, "SetInput", key, value)
            state = State.UPDATED
    _check(comp, mattes)
    if state is State.UPDATED:
        attempt(comp, "SetAttrs", {"COMPB_Modified": True})
    return state


def _range(item: Item) -> list[int]:
    return [item.frames.source.start, item.frames.source.end]


def _remember(place: Place, item: Item, name: str, mattes: Sequence[LoadedMatte]) -> None:
    """Note the composition in the tag of the item's clip: an item itself can only carry markers."""
    tag = read_tag(item.media.handle) or {}
    entry = {"comp": name, "layers": [matte.layer for matte in mattes], "range": _range(item)}
    write_tag(item.media.handle, {**tag, "fusion": {**tag.get("fusion", {}), place.slot(item, "fusion"): entry}})
