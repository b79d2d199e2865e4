"""The receipt: what an installation wrote, so that exactly this is taken out again."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Optional

import msgspec

from bridge.errors import OutputError

RECEIPT = "mattebridge-receipt.json"


class Packages(msgspec.Struct, frozen=True):
    """What lies in ``vendor/python<version>``."""

    platform: str
    """One of `targets.PLATFORMS`."""
    versions: dict[str, str]
    """Versions by package name."""


class Receipt(msgspec.Struct, frozen=True):
    """What one installation is made of."""

    host: str
    version: str
    """The version of this project."""
    files: dict[str, str]
    """SHA-256 by path relative to the installation's folder, with forward slashes; all but the receipt itself."""
    pythons: dict[str, Packages]
    """Vendored packages by Python version."""
    hook: Optional[str]
    """SHA-256 of the script in the host's menu; None where the hook is lines in a file that may be the user's."""
    hook_is_new: bool
    """Whether the file with the hook was not there before."""
    newline_added: bool
    """Whether a newline was put behind the user's last line."""
    folders_made: list[str]
    """Absolute paths of folders that were not there before, outermost first."""


def sha256(path: Path) -> str:
    """Digest of a file's content, in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digests(root: Path) -> dict[str, str]:
    """Digests of all files below a folder by relative path, but for the receipt and what Python compiled."""
    files = sorted(path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(root).as_posix(): sha256(path) for path in files if path != root / RECEIPT}


def read(root: Path) -> Optional[Receipt]:
    """The receipt of an installation; None where there is none. OutputError where it is damaged."""
    path = root / RECEIPT
    try:
        return msgspec.json.decode(path.read_bytes(), type=Receipt)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as err:
        raise OutputError(f"{path} cannot be read ({err}); delete {root} and install again") from None


def write(root: Path, receipt: Receipt) -> None:
    """Write the receipt into the installation's folder."""
    (root / RECEIPT).write_bytes(msgspec.json.format(msgspec.json.encode(receipt), indent=1))
