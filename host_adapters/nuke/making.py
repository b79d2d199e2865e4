"""The job of a node: find the plate, ask the worker, show how far it is, and bring the mattes in.

In the user interface all that waits is done in a thread, and only what touches nodes in Nuke's main thread; a
terminal session does one after the other. Each way ends the same: with the mattes in the graph, or with one error
in words.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any, Optional

from msgspec.structs import replace

from bridge.client import Client
from bridge.effect import Values, words_of
from bridge.errors import BadRequestError, HostError, JobCancelledError, MattebridgeError
from bridge.frames import format_frames, parse_frames
from bridge.job import Job
from bridge.launch import connect
from bridge.messages import DescribeReply
from bridge.request import MatteRequest
from host_adapters.nuke import node as our_node
from host_adapters.nuke.color import management
from host_adapters.nuke.graph import Wishes, build
from host_adapters.nuke.host import (
    api,
    as_it_was,
    edition,
    has_gui,
    later_on_main_thread,
    on_main_thread,
    one_undo_step,
    tell,
)
from host_adapters.nuke.imprint import hidden, parent_of, shown_in
from host_adapters.nuke.layers import Export
from host_adapters.nuke.plate import ReadPlate, plate_of
from host_adapters.nuke.progress import Shown
from host_adapters.nuke.timing import Timing
from host_adapters.nuke.wanted import Wanted, read_in_place, render_first

_running: dict[str, Making] = {}
"""Nodes with a job under way, by their full names."""


class Making:
    """One job of one node."""

    def __init__(self, group: Any) -> None:
        self.name = str(group.fullName())
        self.error: Optional[MattebridgeError] = None
        """Why there are no mattes; None where there are, or not yet."""
        self.notes: list[str] = []
        """What the user should know beside that they are there."""
        self._notices: tuple[str, ...] = ()
        self.thread = threading.Thread(target=self._told, name=f"mattebridge {self.name}", daemon=True)

    def run(self) -> None:
        """Do all of it in this thread; MattebridgeError where it cannot be done."""
        values = on_main_thread(self._values)
        address = str(values["worker"]).strip() or None
        with Shown(self.name) as shown:
            shown.say("asking the worker")
            with connect(address, say=shown.say) as client:
                reply = client.describe()
                our_node.remember(reply)
                wanted = on_main_thread(self._plate, reply)
                try:
                    export = self._export(client, shown, wanted)
                finally:
                    if wanted.rendered is not None:
                        wanted.rendered.remove()
                shown.say("bringing the mattes in")
                built = on_main_thread(self._bring_in, export, wanted.timing)
                # A licence that may forbid what the mattes are for comes before how the nodes look.
                self.notes = [*self._notices, *built]

    def _told(self) -> None:
        """Do all of it, and tell the user how it ended."""
        try:
            self.run()
            text = "\n\n".join(self.notes)
        except JobCancelledError:
            self.error = JobCancelledError("cancelled; frames that are finished are kept")
            text = ""
        except MattebridgeError as err:
            self.error, text = err, str(err)
        except Exception as err:  # noqa: BLE001 - a thread's traceback would go where no artist looks
            self.error = HostError(f"{type(err).__name__}: {err}")
            text = f"this is a fault in Mattebridge: {self.error}"
        finally:
            _running.pop(self.name, None)
        if self.error is not None:
            later_on_main_thread(self._show, str(self.error))
        if text:
            later_on_main_thread(tell, f"Mattebridge, {self.name}:\n{text}")

    def _group(self) -> Any:
        group = api().toNode(self.name)
        if group is None:
            raise HostError(f"{self.name} is no longer in the script")
        return group

    def _show(self, text: str) -> None:
        group = api().toNode(self.name)
        if group is not None:
            our_node.show(group, text)

    def _values(self) -> Values:
        # A node of an older version lacks what this one has.
        our_node.add_knobs(self._group())
        our_node.with_own_id(self._group())
        return our_node.instance_of(self._group())[1]

    def _plate(self, reply: DescribeReply) -> Wanted:
        """Find the plate, and render it where that is needed. Main thread."""
        group = self._group()
        our_node.refill(group)
        instance, ours = our_node.instance_of(group)
        chosen = str(instance.values["colorspace"]).strip() or None
        plate = plate_of(
            group.input(0), {*reply.image_formats, *reply.movie_formats}, reply.colorspaces, colorspace=chosen
        )
        if isinstance(plate, ReadPlate):
            return read_in_place(plate, instance, ours)
        self._show(f"rendering the plate: {plate.reason}")
        return render_first(plate, instance, ours, reply, chosen)

    def _export(self, client: Client, shown: Shown, wanted: Wanted) -> Export:
        instance, ours = on_main_thread(lambda: our_node.instance_of(self._group()))
        instance.set_value("frames", wanted.frames)
        instance.set_value("colorspace", wanted.colorspace or "")

        def submit(request: MatteRequest) -> Job:
            request = on_main_thread(self._with_folder, request, bool(ours["new_folders"]))
            return client.export(request)

        # A folder is found when the request is whole; until then any name will do.
        instance.set_value("out", str(instance.values["out"]).strip() or on_main_thread(self._default_folder))
        instance.begin_sequence_render(wanted.source, submit, available=wanted.available)
        with shown.cancelling(instance.job):
            instance.render(parse_frames(wanted.frames)[0], shown.news)
        manifest, path, self._notices = instance.manifest, instance.job.info.manifest, instance.job.info.notices
        instance.end_sequence_render()
        assert manifest is not None and path is not None
        on_main_thread(self._note_manifest, path)
        return Export(manifest, Path(path).parent)

    def _default_folder(self) -> str:
        script = str(api().root().name())
        if script in ("", "Root"):
            raise BadRequestError("the script has no name yet: save it, or choose a Folder on the tab Output")
        return f"{os.path.dirname(script)}/mattes/{self.name.replace('.', '_')}"  # noqa: PTH120 - slashes stay

    def _with_folder(self, request: MatteRequest, new_folders: bool) -> MatteRequest:
        """The request with its folder: the last job's where it is the same request, else the next version."""
        if not new_folders:
            return replace(request, replace=True)
        group, key = self._group(), our_node.key_of(request)
        version = shown_in(group, our_node.VERSION)
        if not version or shown_in(group, our_node.KEY) != key:
            base = Path(request.out)
            names = [entry.name for entry in base.iterdir()] if base.is_dir() else []
            version = our_node.next_version(names)
            hidden(group, our_node.VERSION, version)
            hidden(group, our_node.KEY, key)
        return replace(request, out=f"{request.out.rstrip('/')}/{version}")

    def _note_manifest(self, path: str) -> None:
        group = self._group()
        hidden(group, our_node.MANIFEST, path)
        hidden(group, our_node.COLOR, ", ".join(f"{name} {value}" for name, value in management().items()))

    def _bring_in(self, export: Export, timing: Optional[Timing]) -> list[str]:
        """Build the nodes: one undo step, everything else as it was. Main thread."""
        try:
            group = self._group()
            _, ours = our_node.instance_of(group)
            named = words_of(str(ours["chosen"])) or words_of(
                str(our_node.instance_of(group)[0].values["categories"])
            )
            wishes = Wishes(bool(ours["outputs"]), bool(ours["grades"]), named, ours["cryptomatte"] == "objects")
            parent = parent_of(group)
            with as_it_was(), one_undo_step("Mattebridge: mattes"):
                parent.begin()
                try:
                    notes = build(group, export, timing, wishes)
                finally:
                    parent.end()
            bad = [str(file.frame) for file in export.manifest.files if file.state != "good"]
            if bad:
                notes.append(f"frames that could not be read: {format_frames(map(int, bad))}")
            layers = ", ".join(entry.name for entry in export.manifest.layers)
            facts = f"frames {export.manifest.frames}, read as {export.manifest.colorspace}: {layers}"
            our_node.show(group, f"{facts}\n{export.folder}")
        except HostError as err:
            raise HostError(f"{err}. The mattes are made and lie in {export.folder}") from None
        except RuntimeError as err:
            this = edition()
            if this.max_nodes is None:
                raise
            raise HostError(
                f"{this.name} lets Python touch {this.max_nodes} nodes, and this one has more: {err}. "
                f"The mattes lie in {export.folder}: read them with a Read, raw data on"
            ) from None
        return notes


def start(group: Any) -> Making:
    """Make the mattes of a node: at once in a terminal session, in a thread in the user interface.

    Raises:
        MattebridgeError: in a terminal session only; the user interface tells it in a message.
    """
    making = Making(group)
    if making.name in _running:
        tell(f"{making.name} is at work already; cancel it in the progress window first")
        return _running[making.name]
    if has_gui():
        _running[making.name] = making
        making.thread.start()
    else:
        making.run()
        for note in making.notes:
            tell(f"Mattebridge, {making.name}: {note}")
    return making


def ask_worker(group: Any) -> threading.Thread:
    """Fill a node's menus from the worker; returns the thread that does it."""
    address = str(our_node.instance_of(group)[1]["worker"]).strip() or None
    name = str(group.fullName())

    def ask() -> None:
        try:
            with connect(address, say=lambda _: None) as client:
                our_node.remember(client.describe())
            on_main_thread(lambda: our_node.refill(api().toNode(name)))
        except MattebridgeError as err:
            later_on_main_thread(tell, f"Mattebridge: {err}")

    thread = threading.Thread(target=ask, name="mattebridge describe", daemon=True)
    thread.start()
    return thread
