"""A home of nobody, tiny wheels, and packages that are unpacked in no time."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from host_adapters.install import installing
from host_adapters.install.places import Place, place
from host_adapters.install.targets import Target
from host_adapters.install.vendoring import requirements

MODULES = {"pyzmq": "zmq"}


def make_wheel(
    folder: Path, name: str, version: str, tag: str = "py3-none-any", needs: Iterable[str] = ()
) -> Path:
    """A wheel with one module that knows its version."""
    files = {
        f"{MODULES.get(name, name)}.py": f"__version__ = {version!r}\n",
        f"{name}-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        + "".join(f"Requires-Dist: {need}\n" for need in needs),
        f"{name}-{version}.dist-info/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    rows = [f"{path},sha256={_hash(text)},{len(text)}" for path, text in files.items()]
    files[f"{name}-{version}.dist-info/RECORD"] = "\n".join([*rows, f"{name}-{version}.dist-info/RECORD,,", ""])
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inner, text in files.items():
            archive.writestr(inner, text)
    return path


def _hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """Wheels for Python 3.9 on Windows; one needs a further package only on that old Python."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    make_wheel(folder, "pyzmq", "26.1.0", "cp39-cp39-win_amd64")
    make_wheel(folder, "msgpack", "1.1.0", "cp39-cp39-win_amd64", ["further; python_version < '3.10'"])
    make_wheel(folder, "further", "3.0")
    make_wheel(folder, "further", "4.0", "cp312-cp312-win_amd64")
    make_wheel(folder, "tomli", "2.0.1")
    make_wheel(folder, "msgspec", "0.19.0", "cp39-cp39-win_amd64")
    make_wheel(folder, "fileseq", "2.2.0")
    make_wheel(folder, "platformdirs", "4.3.0")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home."""
    made = tmp_path / "home"
    made.mkdir()
    return made


@pytest.fixture
def nuke(home: Path) -> Place:
    """Nuke's place in that home."""
    return place("nuke", home=home)


@pytest.fixture
def resolve(home: Path) -> Place:
    """Resolve's place in that home, on Linux."""
    return place("resolve", home=home, system="linux")


Vendored = list[str]


@pytest.fixture
def vendored(monkeypatch: pytest.MonkeyPatch) -> Vendored:
    """Packages come from nowhere; says for which Pythons they were asked for."""
    asked: Vendored = []

    def unpack(target: Target, folder: Path, scratch: Path, wheels: Path | None = None) -> dict[str, str]:
        asked.append(target.python)
        folder.mkdir(parents=True)
        (folder / "zmq.py").write_text("__version__ = '99'\n")
        return {one.name.lower(): "99" for one in requirements(target)}

    monkeypatch.setattr(installing, "vendor", unpack)
    return asked


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by relative path, and every empty folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
        if path.is_file() or not any(path.iterdir())
    }


Say = Callable[[str], None]


def quiet(_: str) -> None:
    """Nobody listens."""
