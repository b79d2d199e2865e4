"""The nodes that show the mattes.

Inside the group, which is ours: a Read, and Copies that put its layers beside the plate. Outside, which is the
artist's: a Copy for each chosen layer with that matte as alpha, Grades in a row behind the group, each masked by
one matte, a Read with a Cryptomatte, and Reads of the layouts that have files for each pack or matte. What is
outside is made once and found again by hidden knobs; a Grade that is there keeps its place and every value.

::

    Source -> Copy -> Copy -> Output      inside: layers beside the plate
               ^       ^
              Mattes --+

    group -> Grade person -> Grade sky    outside
       \\-> Copy person, Copy sky
    Read -> Cryptomatte
    Read pack01, Read person
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

from bridge.errors import HostError
from bridge.request import Layout
from host_adapters.nuke.budget import Budget, budget_of
from host_adapters.nuke.controls import MAX_CHOSEN
from host_adapters.nuke.host import api, edition
from host_adapters.nuke.imprint import child_of, imprint
from host_adapters.nuke.layers import Export, MatteSequence, choose
from host_adapters.nuke.reads import read_pictures, set_read
from host_adapters.nuke.timing import Timing

MAX_CHANNELS = 1023
"""The most channels of a script; Nuke drops what comes after."""

_COPIES = 4
"""How many channels one Copy moves."""


@dataclass(frozen=True)
class Wishes:
    """What is built."""

    outputs: bool
    grades: bool
    chosen: tuple[str, ...]
    """Layers or categories; none for the first few."""
    by_track: bool
    """Whether the Cryptomatte picks tracks and not categories."""


def build(group: Any, export: Export, timing: Optional[Timing], wishes: Wishes) -> list[str]:
    """Show an export; nodes of an earlier one are brought up to date.

    Args:
        group: Our group.
        export: What to show.
        timing: How the plate's Read places its files in time; None where files are numbered as the script is.
        wishes: What is wanted.

    Returns:
        What the user should know, in words.

    Raises:
        HostError: the script has no room for the layers.
    """
    notes: list[str] = []
    layers, mattes = export.layers(), export.sequence(Layout.LAYERS)
    names = [entry.name for entry in layers]
    _check_room(names)
    _fill_group(group, mattes, names, timing)
    chosen, _ = choose(layers, wishes.chosen, MAX_CHOSEN)
    # Other layouts have layers too, where this one was not asked for.
    unknown = choose(export.manifest.layers, wishes.chosen, MAX_CHOSEN)[1]
    if unknown:
        there = ", ".join(entry.name for entry in export.manifest.layers)
        notes.append(f"no layer is called {', '.join(unknown)}; there is {there or 'none'}")
    if not wishes.chosen and len(layers) > len(chosen):
        notes.append(f"the first {len(chosen)} of {len(layers)} layers got nodes; name others on the tab Nodes")
    budget = budget_of(group)
    crypto = export.sequence(Layout.CRYPTOMATTE)
    if crypto is not None:
        # In Cryptomatte there are layers also where none were written as such.
        in_crypto = chosen or choose(export.manifest.layers, wishes.chosen, MAX_CHOSEN)[0]
        notes += _cryptomatte(
            group, crypto, export.objects(in_crypto, by_track=wishes.by_track), timing, wishes, budget
        )
    if wishes.grades:
        _grades(group, chosen, budget)
    if wishes.outputs:
        _outputs(group, chosen, budget)
    notes += read_pictures(group, export, timing, wishes.chosen, budget, new=wishes.outputs)
    if budget.refused:
        this = edition()
        notes.append(
            f"{this.name} lets Python touch {this.max_nodes} nodes of a script, so these were not made: "
            f"{', '.join(budget.refused)}. Make them by hand: the mattes are layers of {group.name()}, "
            f"for example {names[0] if names else 'person'}.alpha as the mask of a Grade"
        )
    return notes


def _check_room(names: Sequence[str]) -> None:
    root = api().root()
    there = set(root.channels())
    new = [name for name in names if f"{name}.alpha" not in there]
    if len(there) + len(new) > MAX_CHANNELS:
        raise HostError(
            f"the script has {len(there)} channels, of at most {MAX_CHANNELS}, and {len(new)} more do not fit. "
            "Choose fewer Categories, or the layout cryptomatte, which needs the same few channels for any number"
        )


def _fill_group(
    group: Any, mattes: Optional[MatteSequence], names: Sequence[str], timing: Optional[Timing]
) -> None:
    nuke = api()
    group.begin()
    try:
        for node in nuke.allNodes("Copy"):
            nuke.delete(node)
        source, output = nuke.toNode("Source"), nuke.toNode("Output1")
        read = nuke.toNode("Mattes")
        last = source
        if mattes is None:
            if read is not None:
                nuke.delete(read)
        else:
            read = read or nuke.nodes.Read(name="Mattes", xpos=160, ypos=-80)
            set_read(read, mattes, timing)
            for place in range(0, len(names), _COPIES):
                some = names[place : place + _COPIES]
                for name in some:
                    nuke.Layer(name, [f"{name}.alpha"])
                last = _copy(last, read, [(f"{name}.alpha", f"{name}.alpha") for name in some])
                last.setXYpos(0, 40 * (place // _COPIES + 1))
            output.setXYpos(0, 40 * (len(names) // _COPIES + 3))
        output.setInput(0, last)
    finally:
        group.end()


def _copy(plate: Any, mattes: Any, pairs: Sequence[tuple[str, str]], **knobs: Any) -> Any:
    """A Copy of channels from one picture beside another's. Its first pair is alpha to alpha unless it is set."""
    copy = api().nodes.Copy(inputs=[plate, mattes], **knobs)
    for number, (source, target) in enumerate(pairs):
        copy[f"from{number}"].setValue(source)
        copy[f"to{number}"].setValue(target)
    return copy


def _grades(group: Any, chosen: Sequence[str], budget: Budget) -> None:
    last = group
    # Behind those that are there, wherever the artist has put them.
    for name in chosen:
        there = child_of(group, "grade", name)
        last = there or last
    row = 0
    for name in chosen:
        row += 1
        if child_of(group, "grade", name) is not None or not budget.take(f"Grade of {name}"):
            continue
        behind = last.dependent() if last != group else []
        grade = api().nodes.Grade(inputs=[last], label=name)
        grade["maskChannelInput"].setValue(f"{name}.alpha")
        grade.setName(f"{group.name()}_grade_{name}")
        grade.setXYpos(group.xpos(), group.ypos() + 60 + 50 * row)
        imprint(grade, group, "grade", name)
        for node in behind:
            for number in range(node.inputs()):
                if node != grade and node.input(number) == last:
                    node.setInput(number, grade)
        last = grade


def _outputs(group: Any, chosen: Sequence[str], budget: Budget) -> None:
    for number, name in enumerate(chosen):
        if child_of(group, "output", name) is not None or not budget.take(f"output of {name}"):
            continue
        copy = _copy(group, group, [(f"{name}.alpha", "rgba.alpha")], label=name)
        copy.setName(f"{group.name()}_matte_{name}")
        copy.setXYpos(group.xpos() + 120 + 110 * number, group.ypos() + 60)
        imprint(copy, group, "output", name)


def _cryptomatte(
    group: Any,
    files: MatteSequence,
    names: Sequence[str],
    timing: Optional[Timing],
    wishes: Wishes,
    budget: Budget,
) -> list[str]:
    nuke = api()
    read, node = child_of(group, "crypto_read"), child_of(group, "crypto")
    if (read is None and not budget.take("Read of Cryptomatte")) or (
        node is None and not budget.take("Cryptomatte")
    ):
        return []
    if read is None:
        read = nuke.nodes.Read(xpos=group.xpos() - 160, ypos=group.ypos())
        read.setName(f"{group.name()}_crypto_files")
        imprint(read, group, "crypto_read")
    set_read(read, files, timing)
    if node is None:
        node = nuke.nodes.Cryptomatte(inputs=[read], xpos=group.xpos() - 160, ypos=group.ypos() + 100)
        node.setName(f"{group.name()}_crypto")
        imprint(node, group, "crypto")
        node["matteList"].setText(", ".join(names))
    wanted = "crypto_instance" if wishes.by_track else "crypto_class"
    choice = node["cryptoLayerChoice"]
    # The node fills this menu itself when it first sees its input.
    if wanted in choice.values():
        choice.setValue(wanted)
        return []
    return [f"choose {wanted} in the menu Layer Selection of {node.name()}"]
