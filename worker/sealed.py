"""Bytes with a digest behind them, so that a disk that turned a bit does not go unnoticed."""

from __future__ import annotations

from hashlib import blake2b

DIGEST_BYTES = 16


class DamagedError(ValueError):
    """The bytes are not what was sealed, or were sealed under another name."""


def seal(data: bytes, name: str) -> bytes:
    """The data and their digest; `unseal` wants the same name, so that no file stands in for another."""
    return data + _digest(data, name)


def unseal(sealed: bytes, name: str) -> bytes:
    """The data that were sealed under this name; DamagedError where a single bit of them is another."""
    data, digest = sealed[:-DIGEST_BYTES], sealed[-DIGEST_BYTES:]
    if digest != _digest(data, name):
        raise DamagedError(f"the digest of {name} does not fit its {len(sealed)} bytes")
    return data


def _digest(data: bytes, name: str) -> bytes:
    return blake2b(data, digest_size=DIGEST_BYTES, key=blake2b(name.encode(), digest_size=32).digest()).digest()
