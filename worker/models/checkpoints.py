"""Reads checkpoints as data: tensors by name, whatever the file's format, and nothing that a file could run.

The format is told from the content, not from the name: safetensors, torch's own (zip and the one before it), and
pickles of arrays as the detectron2 zoo has them. Torch's are read by its reader that takes weights only, pickles
by `worker.models.pickle_data`. A file that carries code is refused with what it would have run.
"""

from __future__ import annotations

import re
import struct
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from bridge.errors import ModelError, UnsafeCheckpointError
from worker.models.pickle_data import read_pickle
from worker.models.pickle_names import BoundedFile, names_in

_WRAPPERS = ("model", "state_dict", "model_state_dict", "blobs", "module", "params")
"""The keys under which programs keep the weights of a network beside other things."""

_ZIP = b"PK\x03\x04"

_TORCH_MAGIC = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""What torch's format before the zip begins with, behind the pickle's version: a certain number."""

_SLACK_BYTES = 1 << 20

_OWN_MODULES = ("torch", "collections", "numpy", "_codecs")


class CheckpointFormat(str, Enum):
    """What a checkpoint file is, by its content."""

    SAFETENSORS = "safetensors"
    """A table of names and places, then the tensors' bytes."""
    TORCH = "torch"
    """What `torch.save` writes: a zip, or before 2020 pickles in a row."""
    PICKLE = "pickle"
    """A plain pickle of numpy arrays."""


def read_checkpoint(path: Path) -> dict[str, torch.Tensor]:
    """The weights in a checkpoint file, by name, on the CPU.

    Where a program kept other things beside the weights (``model``, ``state_dict``, ...), those are left out.

    Raises:
        UnsafeCheckpointError: the file carries code, or would grow beyond its size; nothing in it was run.
        ModelError: the file cannot be read, is of no known format, or holds no tensors.
    """
    state = read_state(path)
    tensors = _tensors_of(state)
    if not tensors:
        raise ModelError(f"{path} holds no weights: expected tensors by name, found {_kinds(state)}")
    return tensors


def read_state(path: Path) -> object:
    """All that is in a checkpoint file: nested dicts, lists and tuples of tensors and plain values.

    Raises:
        UnsafeCheckpointError: the file carries code, or would grow beyond its size; nothing in it was run.
        ModelError: the file cannot be read, or is of no known format.
    """
    try:
        kind = checkpoint_format(path)
        if kind is CheckpointFormat.SAFETENSORS:
            return load_file(path)
        if kind is CheckpointFormat.PICKLE:
            return read_pickle(path)
        return _read_torch(path)
    except SafetensorError as err:
        raise ModelError(f"{path} is damaged or is no safetensors file: {err}") from None
    except MemoryError:
        raise ModelError(f"{path} needs more memory than this machine has") from None
    except OSError as err:
        raise ModelError(f"cannot read the checkpoint {path}: {err.strerror or err}") from None


def checkpoint_format(path: Path) -> CheckpointFormat:
    """What a file is, by its first bytes; ModelError where they are of no checkpoint."""
    with path.open("rb") as file:
        head = file.read(32)
        file.seek(0, 2)
        size = file.tell()
    named_safe = path.suffix.lower() == ".safetensors"
    if len(head) > 9 and struct.unpack("<Q", head[:8])[0] <= size and head[8:9] == b"{":
        return CheckpointFormat.SAFETENSORS
    if named_safe:
        raise UnsafeCheckpointError(
            f"{path} is refused: it is called .safetensors but is none; it was renamed, damaged or cut short"
        )
    if head.startswith(_ZIP) or _TORCH_MAGIC in head:
        return CheckpointFormat.TORCH
    if head.startswith(b"\x80") or head[:1] in (b"(", b"}", b"]", b"c", b"d"):
        return CheckpointFormat.PICKLE
    raise ModelError(
        f"{path} is no checkpoint that can be read: expected safetensors, a file that torch.save wrote, "
        "or a pickle of arrays"
    )


def _read_torch(path: Path) -> object:
    size = path.stat().st_size
    if _begins_like_a_zip(path):
        _check_zip(path, size)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            state: object = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, MemoryError):
        raise
    except Exception as err:  # noqa: BLE001 - what torch's reader raises for damaged files is of many kinds
        raise _refusal(path, size, err) from None
    _check_tensors(path, size, state)
    return state


def _begins_like_a_zip(path: Path) -> bool:
    """Whether torch's reader takes a file for a zip: it goes by the first bytes alone."""
    with path.open("rb") as file:
        return file.read(len(_ZIP)) == _ZIP


def _check_zip(path: Path, size: int) -> None:
    """Refuse archives whose entries are packed or lie on each other, and so could become larger than the file."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as err:
        raise ModelError(f"{path} is damaged: {err}") from None
    if any(entry.filename.rsplit("/", 1)[-1] == "constants.pkl" for entry in entries):
        raise UnsafeCheckpointError(f"{path} is refused: it is a TorchScript program, not weights")
    packed = any(entry.compress_type != zipfile.ZIP_STORED for entry in entries)
    if packed or sum(entry.file_size for entry in entries) > size:
        raise UnsafeCheckpointError(f"{path} is refused: it would grow beyond its own size when it is unpacked")


def _refusal(path: Path, size: int, err: Exception) -> ModelError:
    """What a user should see where torch refused or could not read a file."""
    found = re.search(r"GLOBAL ([\w.]+)", str(err))
    foreign = found.group(1) if found else next(iter(_foreign_names(path, size)), None)
    if foreign is not None:
        return UnsafeCheckpointError(
            f"{path} is refused, nothing in it was run: it names {foreign}; weights need only tensors. "
            "Get the weights as safetensors, from a source that you trust"
        )
    lines = [line for line in str(err).splitlines() if line.strip()]
    reason = next((line for line in lines if line.startswith("Unsupported")), lines[0] if lines else "damaged")
    return ModelError(f"{path} cannot be read as weights: {reason}")


def _foreign_names(path: Path, size: int) -> Iterable[str]:
    """What the pickles in a torch file name besides torch's own, in their order."""
    try:
        if _begins_like_a_zip(path):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    if name.endswith(".pkl"):
                        yield from _foreign(names_in(archive.read(name)))
            return
        with path.open("rb") as file:
            # The number, the version, the machine, the object, the storages' keys.
            for _ in range(5):
                yield from _foreign(names_in(BoundedFile(file, size)))
    except Exception:  # noqa: BLE001 - the file was refused already, and may be damaged in any way
        return


def _foreign(names: Iterable[str]) -> Iterable[str]:
    return (name for name in names if name.split(".")[0] not in _OWN_MODULES)


def _check_tensors(path: Path, size: int, state: object) -> None:
    """Refuse tensors that pretend to be larger than the bytes behind them."""
    storages: dict[int, int] = {}
    for tensor in _walk(state, set()):
        if tensor.layout is not torch.strided or tensor.is_meta or tensor.is_quantized:
            raise ModelError(f"{path} holds a tensor that is no plain array: {tensor.layout}, {tensor.dtype}")
        storage = tensor.untyped_storage()
        storages[storage.data_ptr()] = storage.nbytes()
        if tensor.numel() * tensor.element_size() > storage.nbytes():
            raise UnsafeCheckpointError(
                f"{path} is refused: it has {storage.nbytes()} bytes for a tensor of shape {tuple(tensor.shape)}"
            )
    if sum(storages.values()) > size + _SLACK_BYTES:
        raise UnsafeCheckpointError(f"{path} is refused: its tensors are larger than the file")


def _walk(value: object, seen: set[int]) -> Iterable[torch.Tensor]:
    """Every tensor in nested containers."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, torch.Tensor):
            yield item
        elif isinstance(item, Mapping):
            waiting.extend(item.values())
        elif isinstance(item, (list, tuple, set)):
            waiting.extend(item)


def _tensors_of(state: object) -> dict[str, torch.Tensor]:
    """The table of tensors in a state: itself, or the one under a usual key."""
    for _ in range(3):
        if not isinstance(state, Mapping):
            return {}
        inner = next((state[key] for key in _WRAPPERS if isinstance(state.get(key), Mapping)), None)
        if inner is None:
            break
        state = inner
    if not isinstance(state, Mapping):
        return {}
    return {str(key): value.detach() for key, value in state.items() if isinstance(value, torch.Tensor)}


def _kinds(state: object) -> str:
    if not isinstance(state, Mapping):
        return type(state).__name__
    return (
        ", ".join(f"{key!s:.40} ({type(value).__name__})" for key, value in list(state.items())[:8]) or "nothing"
    )
