"""The window inside Resolve: scope, route, and every parameter of the effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.client import Client
from bridge.effect import Context, Effect, EffectDescription, EffectInstance, ParamType, filled
from bridge.errors import JobCancelledError, MattebridgeError
from bridge.launch import connect
from host_adapters.resolve.calls import attempt
from host_adapters.resolve.composite import COMPOSITE_MODES
from host_adapters.resolve.controls import differing, fill_choices, groups_of, show, value_of, values_of
from host_adapters.resolve.errors import EditionError
from host_adapters.resolve.finding import Host, find_host
from host_adapters.resolve.plan import Route
from host_adapters.resolve.run import Wishes, carry_out, describe_plan, make_plan
from host_adapters.resolve.selection import Scope

_ID = "Mattebridge"
_GEOMETRY = [200, 100, 940, 680]

_RIGHT = ("borders_group",)
"""Groups of the right column, above the log: all in one would be taller than a laptop's screen."""

SCOPES = {
    Scope.PLAYHEAD: "Clip under the playhead",
    Scope.SELECTION: "Selected clips",
    Scope.TRACK: "One video track",
    Scope.MARKED: "Between in and out marks",
    Scope.TIMELINE: "Whole timeline",
}

ROUTES = {
    Route.FUSION: "Fusion composition, a masked grade each",
    Route.CLIP_MATTE: "Clip mattes (Color page)",
    Route.TIMELINE_MATTE: "Timeline mattes (Color page)",
    Route.TRACK: "Tracks above, with a composite mode",
}

_SELECTION_SINCE = (21, 0, 4)
_MARKS_SINCE = (19, 1)


def open_window(script_globals: Mapping[str, Any] | None = None, address: str | None = None) -> None:
    """Open the window, and return when it is closed.

    Args:
        script_globals: ``globals()`` of the script that Resolve runs.
        address: The worker's; one on this machine is started where none is given.

    Raises:
        EditionError: this edition opens no windows for scripts; the message says what to do instead.
        MattebridgeError: no Resolve or no worker is to be had.
    """
    host = find_host(script_globals)
    # UIManager must not even be asked for in the free edition: that opens a dialog which blocks every script.
    if not host.edition.windows or host.fusion is None or host.bmd is None:
        raise EditionError(
            f"{host.edition.words} opens no windows for scripts; use the console: "
            'mattebridge_resolve.run("playhead", "fusion", categories="person")'
        )
    ui = host.fusion.UIManager
    if ui is None:
        raise EditionError(
            f"{host.edition.words} has no UIManager; use mattebridge_resolve.run(...) in the console"
        )
    with connect(address) as client:
        _Window(host, client, ui, host.bmd.UIDispatcher(ui)).run()


@dataclass
class _Window:
    """The window while it is open; its instance of the effect holds the values."""

    host: Host
    client: Client
    ui: Any
    dispatcher: Any
    busy: bool = False
    stopped: bool = False
    lines: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Show the window until it is closed."""
        effect = Effect()
        self.effect: EffectDescription = effect.describe(self.client.describe())
        effect.describe_in_context(Context.GENERAL)
        self.instance: EffectInstance = effect.create_instance(Context.GENERAL)
        self.scopes = [scope for scope in Scope if self._can(scope)]
        values = self.instance.values
        self.window = self.dispatcher.AddWindow(
            {"ID": _ID, "WindowTitle": "Mattebridge", "Geometry": _GEOMETRY}, [self._layout(values)]
        )
        self.items: dict[str, Any] = self.window.GetItems()
        self.items["scope"].AddItems([SCOPES[scope] for scope in self.scopes])
        self.items["route"].AddItems(list(ROUTES.values()))
        self.items["composite"].AddItems(list(COMPOSITE_MODES))
        self.items["composite"].CurrentIndex = COMPOSITE_MODES["lum"]
        fill_choices(self.items, self.effect, values)
        self._listen()
        for sentence in self.host.edition.cannot():
            self.say(sentence)
        self.window.Show()
        self.dispatcher.RunLoop()
        self.window.Hide()

    def _can(self, scope: Scope) -> bool:
        """Whether this version tells a scope; what it does not tell is not offered."""
        since = {Scope.SELECTION: _SELECTION_SINCE, Scope.MARKED: _MARKS_SINCE}.get(scope, (0,))
        return self.host.edition.version >= since

    def _layout(self, values: Mapping[str, Any]) -> Any:
        ui = self.ui

        def row(label: str, control: Any) -> Any:
            return ui.HGroup({"Weight": 0}, [ui.Label({"Text": label, "Weight": 0.35}), control])

        left = [group.name for group in self.effect.groups() if group.name not in _RIGHT]
        buttons = [
            ui.Button({"ID": "look", "Text": "What would be done"}),
            ui.Button({"ID": "go", "Text": "Make mattes"}),
            ui.Button({"ID": "stop", "Text": "Cancel"}),
        ]
        one = [
            row("Clips", ui.ComboBox({"ID": "scope", "Weight": 0.65})),
            row("Video track", ui.SpinBox({"ID": "track", "Value": 1, "Minimum": 1, "Maximum": 999})),
            row("Bring in as", ui.ComboBox({"ID": "route", "Weight": 0.65})),
            row("Composite mode", ui.ComboBox({"ID": "composite", "Weight": 0.65})),
            row("Folder", ui.LineEdit({"ID": "folder", "PlaceholderText": "~/Mattebridge", "Weight": 0.65})),
            *groups_of(ui, self.effect, values, left),
            ui.VGap({"Weight": 1}),
        ]
        other = [
            *groups_of(ui, self.effect, values, _RIGHT),
            ui.HGroup({"Weight": 0}, buttons),
            ui.TextEdit({"ID": "log", "ReadOnly": True, "Weight": 1}),
        ]
        return ui.HGroup([ui.VGroup({"Weight": 1}, one), ui.VGroup({"Weight": 1}, other)])

    def _listen(self) -> None:
        on = self.window.On
        getattr(on, _ID).Close = self._close
        on.look.Clicked = lambda _: self._do(dry=True)
        on.go.Clicked = lambda _: self._do(dry=False)
        on.stop.Clicked = self._stop
        for param in self.effect.params:
            if param.name not in self.items:
                continue
            handler = self._touched(param.name)
            if param.type is ParamType.PUSH_BUTTON:
                getattr(on, param.name).Clicked = handler
            elif param.type is ParamType.STR_CHOICE:
                getattr(on, param.name).CurrentIndexChanged = handler
            elif param.name == "policy_file":
                getattr(on, param.name).EditingFinished = handler

    def _touched(self, name: str) -> Any:
        """What happens when a control was touched: the effect says which others change with it."""

        def handler(_: Any) -> None:
            try:
                self._take()
                _, changed = self.instance.instance_changed(name)
                for other, value in changed.items():
                    if other in self.items:
                        show(self.items[other], self.effect.param(other), value)
                if name == "model":
                    self._other_model()
            except MattebridgeError as err:
                self.say(str(err))

        return handler

    def _take(self) -> None:
        """Put what the controls show into the instance, which checks it."""
        for name, value in values_of(self.items, self.effect).items():
            self.instance.set_value(name, value)

    def _other_model(self) -> None:
        """Offer the categories of the model that was chosen."""
        model = value_of(self.items["model"], self.effect.param("model"))
        answer = self.client.describe()
        self.effect = filled(self.effect, answer.models, answer.colorspaces, None if model is None else str(model))
        names = ", ".join(choice.value for choice in self.effect.param("categories").choices[:6])
        self.items["categories"].PlaceholderText = names

    def wishes(self) -> Wishes:
        """What the window asks for."""
        self._take()
        values = values_of(self.items, self.effect)
        return Wishes(
            scope=self.scopes[int(self.items["scope"].CurrentIndex)],
            route=list(ROUTES)[int(self.items["route"].CurrentIndex)],
            track=int(self.items["track"].Value) if self._asks_for_track() else None,
            out=str(self.items["folder"].Text or "") or None,
            values=differing(values, self.effect.defaults(), self.effect.params),
            options={"composite": list(COMPOSITE_MODES)[int(self.items["composite"].CurrentIndex)]},
        )

    def _asks_for_track(self) -> bool:
        return self.scopes[int(self.items["scope"].CurrentIndex)] is Scope.TRACK

    def _do(self, *, dry: bool) -> None:
        if self.busy:
            self.say("a run is under way; cancel it first")
            return
        self.busy, self.stopped = True, False
        try:
            wishes = self.wishes()
            plan = make_plan(self.host, self.client, wishes)
            for line in describe_plan(plan, wishes):
                self.say(line)
            if not dry:
                report = carry_out(self.host, self.client, plan, wishes, say=self.say, cancelled=self._turn)
                self.say(str(report))
        except JobCancelledError as err:
            self.say(str(err))
        except MattebridgeError as err:
            self.say(f"not done: {err}")
        finally:
            self.busy = False

    def _turn(self) -> bool:
        """Let the window live while a job is awaited, where the dispatcher can; True where it was cancelled."""
        attempt(self.dispatcher, "StepLoop")
        return self.stopped

    def _stop(self, _: Any) -> None:
        self.stopped = True

    def _close(self, _: Any) -> None:
        self.stopped = True
        self.dispatcher.ExitLoop()

    def say(self, line: str) -> None:
        """Add a line to the window's log."""
        self.lines.append(line)
        self.items["log"].PlainText = "\n".join(self.lines[-200:])
