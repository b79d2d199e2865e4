"""The fakes and the adapter against the vendor's signatures: every method and argument count."""

from __future__ import annotations

import ast
import importlib.metadata
import inspect
from collections import defaultdict
from pathlib import Path

import pytest

import host_adapters.resolve
from tests.fakes import resolve as fakes
from tests.fakes.resolve.objects import FakeObject, api_names

Counts = tuple[int, float]
"""The least and the most arguments."""

NEWER = {"Timeline.GetSelectedClips": (0, 0)}
"""Methods that came after the stubs' 21.0.0."""

OPTIONAL = {
    "Timeline.AddTrack": (1, 2),
    "Timeline.DeleteClips": (1, 2),
    "TimelineItem.GetDuration": (0, 1),
    "TimelineItem.GetEnd": (0, 1),
    "TimelineItem.GetLeftOffset": (0, 1),
    "TimelineItem.GetRightOffset": (0, 1),
    "TimelineItem.GetStart": (0, 1),
    "Project.GetSetting": (0, 1),
    "Timeline.GetSetting": (0, 1),
}
"""Arguments that the stubs demand, and the vendor's README and published scripts leave out."""

UNTYPED = ("Comp", "Tool", "Fusion")
"""Classes that the stubs have empty: Fusion's own API."""


def stub_counts() -> dict[str, Counts]:
    files = importlib.metadata.files("fusionscript-stubs") or []
    path = next(Path(str(file.locate())) for file in files if file.name == "fusionscript.pyi")
    found: dict[str, list[Counts]] = defaultdict(list)
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, ast.FunctionDef):
                    found[f"{node.name}.{method.name}"].append(_of_stub(method))
    union = {name: (min(c[0] for c in counts), max(c[1] for c in counts)) for name, counts in found.items()}
    return {**union, **NEWER, **OPTIONAL}


def _of_stub(method: ast.FunctionDef) -> Counts:
    args = method.args.args[1:]
    # The stubs write an argument that may be left out as Optional, without a default.
    needed = [arg for arg in args if not (arg.annotation and "Optional" in ast.unparse(arg.annotation))]
    least = len(needed) - len(method.args.defaults)
    return max(0, least), float("inf") if method.args.vararg else len(args)


STUBS = stub_counts()


def fake_methods() -> list[tuple[str, type, str]]:
    classes = [cls for cls in vars(fakes).values() if inspect.isclass(cls) and issubclass(cls, FakeObject)]
    return [(cls.__name__[len("Fake") :], cls, name) for cls in classes for name in api_names(cls)]


@pytest.mark.parametrize(
    ("owner", "cls", "name"),
    [pytest.param(*case, id=f"{case[0]}.{case[2]}") for case in fake_methods() if case[0] not in UNTYPED],
)
def test_a_fakes_method_takes_what_the_vendors_takes(owner: str, cls: type, name: str) -> None:
    least, most = STUBS[f"{owner}.{name}"]
    parameters = list(inspect.signature(getattr(cls, name)).parameters.values())[1:]
    needed = [p for p in parameters if p.default is p.empty]
    assert len(needed) >= least or f"{owner}.{name}" in OPTIONAL, f"{owner}.{name} must demand {least} arguments"
    assert len(parameters) <= most, f"{owner}.{name} takes {most} arguments at the most"


CALLERS = {"call": 2, "attempt": 2, "demand": 2, "number": 2, "text": 2, "items": 2}
"""Functions of `calls`, and where the method's arguments begin."""


def adapter_calls() -> list[tuple[str, int, str]]:
    """Each method the adapter calls, with how many arguments, and where."""
    folder = Path(host_adapters.resolve.__file__).parent
    found = []
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLERS:
                method = node.args[1] if len(node.args) > 1 else None
                if isinstance(method, ast.Constant) and isinstance(method.value, str):
                    count = len(node.args) - CALLERS[node.func.id]
                    found.append((method.value, count, f"{path.relative_to(folder)}:{node.lineno}"))
    return found


FUSION = {
    "FindTool", "GetAttrs", "SetAttrs", "GetInput", "SetInput", "GetToolList", "StepLoop",
    "GetResolve", "scriptapp",
}  # fmt: skip
"""Methods of Fusion's objects, which have no stubs; docs/resolve.md says where they are from."""


@pytest.mark.parametrize(
    ("method", "count", "where"), [pytest.param(*case, id=f"{case[0]}-{case[2]}") for case in adapter_calls()]
)
def test_the_adapter_calls_what_the_vendor_has(method: str, count: int, where: str) -> None:
    fitting = [counts for name, counts in STUBS.items() if name.split(".")[1] == method]
    assert fitting or method in FUSION, f"{where}: nothing of Resolve has {method}"
    assert method in FUSION or any(least <= count <= most for least, most in fitting), (
        f"{where}: {method} with {count} arguments; it takes {fitting}"
    )


def test_the_scan_sees_the_calls() -> None:
    assert {"GetClipProperty", "GetItemListInTrack", "GetMarkInOut"} <= {
        method for method, _, _ in adapter_calls()
    }


def test_every_method_the_adapter_calls_is_in_the_fakes() -> None:
    # Of Resolve's injected globals, and of the window's dispatcher.
    known = {name for _, _, name in fake_methods()} | {"GetResolve", "scriptapp", "StepLoop"}
    assert {method for method, _, _ in adapter_calls()} <= known
