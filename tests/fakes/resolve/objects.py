"""What every object of Resolve has in common: it never raises, and never says what it lacks.

API names begin with a capital, as Resolve's do; names in lower case are the test's own view of the fake.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, TypeVar

_F = TypeVar("_F", bound=Callable[..., Any])

_ids = itertools.count(1)


def since(*version: int) -> Callable[[_F], _F]:
    """Mark an API method with the version that brought it; before, it is not there."""

    def mark(method: _F) -> _F:
        method.since = version  # type: ignore[attr-defined]
        return method

    return mark


def studio_only(method: _F) -> _F:
    """Mark an API method that in the free edition answers False and opens a dialog."""
    method.studio_only = True  # type: ignore[attr-defined]
    return method


class FakeObject:
    """One of Resolve's objects: `hasattr` is always true, what it lacks is None, it is not hashable."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, app: Any) -> None:
        self.app = app
        self.uid = f"uid-{next(_ids)}"

    def __getattribute__(self, name: str) -> Any:
        if not name[:1].isupper():
            return object.__getattribute__(self, name)
        app = object.__getattribute__(self, "app")
        method = getattr(type(self), name, None)
        if method is None or getattr(method, "since", (0,)) > app.version:
            return None
        if app.modal:
            return lambda *_: None
        if getattr(method, "studio_only", False) and not app.studio:

            def refused(*_: Any) -> bool:
                app.modal = True
                return False

            return refused
        app.calls.append(f"{type(self).__name__}.{name}")
        return object.__getattribute__(self, name)

    def __getattr__(self, name: str) -> Any:
        return None

    def __dir__(self) -> list[str]:
        app = object.__getattribute__(self, "app")
        return [
            name
            for name in api_names(type(self))
            if getattr(getattr(type(self), name), "since", (0,)) <= app.version
        ]


def api_names(cls: type) -> list[str]:
    """The API methods that a fake class has, in any version."""
    return [name for name in dir(cls) if name[:1].isupper()]


class Marked(FakeObject):
    """What can carry markers: keys are floats, counted from the object's first frame."""

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self.markers: dict[float, dict[str, Any]] = {}

    def AddMarker(
        self, frameId: float, color: str, name: str, note: str, duration: float, customData: str = ""
    ) -> bool:
        if float(frameId) in self.markers:
            return False
        self.markers[float(frameId)] = {
            "color": color,
            "duration": float(duration),
            "note": note,
            "name": name,
            "customData": customData,
        }
        return True

    def GetMarkers(self) -> dict[float, dict[str, Any]]:
        return {frame: dict(marker) for frame, marker in self.markers.items()}

    def UpdateMarkerCustomData(self, frameId: float, customData: str) -> bool:
        if float(frameId) not in self.markers:
            return False
        self.markers[float(frameId)]["customData"] = customData
        return True
