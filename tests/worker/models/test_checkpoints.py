"""Checkpoints are read as data, whatever their format; those that carry code are refused before it runs."""

from __future__ import annotations

import contextlib
import os
import pickle
import random
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from bridge.errors import ModelError, UnsafeCheckpointError
from tests.worker.models import hostile
from worker.models.checkpoints import CheckpointFormat, checkpoint_format, read_checkpoint, read_state

WEIGHTS = {"stem.weight": torch.arange(6.0).reshape(2, 3), "stem.count": torch.tensor(7)}
ARRAYS = {
    "conv.weight": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    "conv.halves": np.array([0.5, 1.5], np.float16),
    "conv.order": np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
    "conv.big_endian": np.array([1, 2, 3], ">i4"),
    "conv.flag": np.array(True),
    "conv.empty": np.zeros((0, 3), np.float32),
}
PICKLES = (".pkl", ".pt", ".pth", ".bin")


def assert_same(found: dict[str, torch.Tensor], expected: dict[str, Any]) -> None:
    assert set(found) == set(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name].numpy(), np.asarray(value))


def test_safetensors(tmp_path: Path) -> None:
    save_file(WEIGHTS, tmp_path / "model.safetensors")
    assert_same(read_checkpoint(tmp_path / "model.safetensors"), WEIGHTS)


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".bin", ".pkl"])
@pytest.mark.parametrize("as_zip", [True, False], ids=["zip", "before the zip"])
@pytest.mark.parametrize("wrapped", [None, "model", "state_dict"])
def test_files_of_torch_save(tmp_path: Path, suffix: str, as_zip: bool, wrapped: str | None) -> None:
    path = tmp_path / f"model{suffix}"
    state: object = WEIGHTS if wrapped is None else {wrapped: OrderedDict(WEIGHTS), "epoch": 3, "optimizer": {}}
    torch.save(state, path, _use_new_zipfile_serialization=as_zip)
    assert checkpoint_format(path) is CheckpointFormat.TORCH
    assert_same(read_checkpoint(path), WEIGHTS)


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("old_names", [False, True], ids=["numpy 2", "numpy 1"])
def test_pickles_of_the_zoo(tmp_path: Path, protocol: int, old_names: bool) -> None:
    path = tmp_path / "model_final_abc123.pkl"
    zoo = {"model": ARRAYS, "__author__": "Somebody", "matching_heuristics": True, "step": np.float64(2.5)}
    data = pickle.dumps(zoo, protocol=protocol)
    if old_names:
        data = data.replace(b"cnumpy._core.", b"cnumpy.core.")
        for module in (b"multiarray", b"numeric"):
            new, old = b"numpy._core." + module, b"numpy.core." + module
            data = data.replace(bytes([len(new)]) + new, bytes([len(old)]) + old)
        assert b"_core" not in data
    path.write_bytes(data)
    assert_same(read_checkpoint(path), ARRAYS)
    state = read_state(path)
    assert isinstance(state, dict)
    assert state["matching_heuristics"] is True
    assert state["step"] == 2.5


def test_a_pickle_of_python_2(tmp_path: Path) -> None:
    # Python 2 wrote an array's bytes as text, and a table with its instructions for short strings.
    raw = np.array([1.0, -2.0], "<f4").tobytes()
    pickled = (
        b"\x80\x02}U\x05blobs}U\x01wcnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K\x02\x85cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89U" + bytes([len(raw)]) + raw + b"tbss."
    )
    path = tmp_path / "old.pkl"
    path.write_bytes(pickled)
    assert_same(read_checkpoint(path), {"w": np.array([1.0, -2.0], np.float32)})


@pytest.mark.parametrize("suffix", [*PICKLES, ".safetensors"])
@pytest.mark.parametrize("kind", hostile.RAW)
def test_a_pickle_with_code_is_refused(tmp_path: Path, suffix: str, kind: str) -> None:
    path, mark = tmp_path / f"model{suffix}", tmp_path / "mark"
    path.write_bytes(hostile.RAW[kind](mark))
    with pytest.raises(ModelError) as caught:
        read_checkpoint(path)
    assert str(path) in str(caught.value)
    assert isinstance(caught.value, UnsafeCheckpointError)
    assert not mark.exists()


@pytest.mark.parametrize("kind", [k for k in hostile.RAW if "reduce" in k.lower() or "GLOBAL" in k])
def test_the_refusal_names_what_would_have_run(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(hostile.RAW[kind](tmp_path / "mark"))
    with pytest.raises(UnsafeCheckpointError, match=r"names (os|posix|nt)\.mkdir"):
        read_checkpoint(path)


def test_the_pickles_with_code_do_run_it_in_pythons_own_reader(tmp_path: Path) -> None:
    """Else the tests above would prove nothing."""
    for index, kind in enumerate(hostile.RUNNING):
        mark = tmp_path / str(index)
        with contextlib.suppress(TypeError):
            pickle.loads(hostile.RAW[kind](mark))  # noqa: S301
        assert mark.exists() or kind == "a known name with a foreign argument", kind


@pytest.mark.parametrize("suffix", [*PICKLES, ".safetensors"])
@pytest.mark.parametrize("as_zip", [True, False], ids=["zip", "before the zip"])
@pytest.mark.parametrize("protocol", [2, 4])
def test_a_torch_file_with_code_is_refused(tmp_path: Path, suffix: str, as_zip: bool, protocol: int) -> None:
    path, mark = tmp_path / f"model{suffix}", tmp_path / "mark"
    path.write_bytes(hostile.in_torch_file(mark, protocol, as_zip=as_zip))
    with pytest.raises(UnsafeCheckpointError) as caught:
        read_checkpoint(path)
    assert str(path) in str(caught.value)
    assert suffix == ".safetensors" or f"{os.mkdir.__module__}.mkdir" in str(caught.value)
    assert not mark.exists()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_program_of_torchscript_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    program = torch.jit.trace(torch.nn.Linear(2, 2), torch.ones(1, 2))  # type: ignore[no-untyped-call]
    torch.jit.save(program, path)
    with pytest.raises(UnsafeCheckpointError, match="TorchScript"):
        read_checkpoint(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2], ids=["deflate", "bzip2"])
def test_a_packed_torch_file_is_refused(tmp_path: Path, method: int) -> None:
    plain, packed = tmp_path / "plain.pt", tmp_path / "packed.pt"
    torch.save({"w": torch.zeros(1_000_000)}, plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(packed, "w", method) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    assert packed.stat().st_size < 100_000
    with pytest.raises(UnsafeCheckpointError, match="beyond its own size"):
        read_checkpoint(packed)


def test_a_tensor_that_pretends_to_be_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    torch.save({"w": torch.ones(1).expand(1 << 20, 1 << 20)}, path)
    assert path.stat().st_size < 10_000
    with pytest.raises(UnsafeCheckpointError, match="4 bytes for a tensor"):
        read_checkpoint(path)


def test_a_pickle_that_makes_one_run_of_bytes_into_many_arrays_is_refused(tmp_path: Path) -> None:
    raw = b"\0" * 1_000_000
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    array += b"(K\x01J\x40\x42\x0f\x00\x85h\x02\x89h\x01tb"
    dtype = b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tbq\x02"
    start = b"\x80\x03](B" + len(raw).to_bytes(4, "little") + raw + b"q\x01" + dtype
    path = tmp_path / "model.pkl"
    path.write_bytes(start + array + b"e.")
    state = read_state(path)
    assert isinstance(state, list)
    assert state[-1].shape == (1_000_000,)
    path.write_bytes(start + array * 100 + b"e.")
    with pytest.raises(UnsafeCheckpointError, match="beyond its own size"):
        read_state(path)


@pytest.mark.parametrize(
    "pickled",
    [
        b"\x80\x04\x8e" + (1 << 40).to_bytes(8, "little") + b"abc.",
        b"\x80\x02\x8b" + (1 << 30).to_bytes(4, "little") + b"abc.",
        b"\x80\x02]r\xff\xff\xff\xff.",
        b"\x80\x02" + b"]q\x00" + b"h\x00h\x00\x86" * 1000,
        b"\x80\x02]q\x00h\x00a.",
        b"\x80\x02",
        b"\x80\x02}(K\x01u.",
        b"\x80\x02}]K\x01s.",
        b"\x80\x02q\x00.",
        b"\x80\x02)R.",
        b"\x80\x02ccollections\nOrderedDict\nK\x01R.",
        b"\x80\x02" + b"".join(b"h\x00h\x00\x86q\x00" if i else b"]q\x00" for i in range(200)) + b".",
    ],
    ids=[
        "bytes that are not there", "an integer that is not there", "a memo of four thousand million", "no end",
        "a list in itself", "nothing but a beginning", "a key without its value", "a list as a key",
        "an empty stack", "a call of nothing", "a table of a number", "tuples doubled two hundred times",
    ],
)  # fmt: skip
def test_a_damaged_pickle_ends_in_one_error_and_little_memory(tmp_path: Path, pickled: bytes) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickled)
    with pytest.raises(ModelError, match=r"model\.pkl"):
        read_checkpoint(path)


@pytest.mark.parametrize("where", [0.0, 0.2, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("kind", ["zip", "before the zip", "pickle", "safetensors"])
def test_a_file_that_is_cut_short_is_an_error(tmp_path: Path, where: float, kind: str) -> None:
    path = tmp_path / ("model.safetensors" if kind == "safetensors" else "model.pth")
    if kind == "safetensors":
        save_file(WEIGHTS, path)
    elif kind == "pickle":
        path.write_bytes(pickle.dumps({"model": ARRAYS}))
    else:
        torch.save(WEIGHTS, path, _use_new_zipfile_serialization=kind == "zip")
    path.write_bytes(path.read_bytes()[: int(where * path.stat().st_size)])
    with pytest.raises(ModelError, match=r"model\."):
        read_checkpoint(path)


@pytest.mark.parametrize(("state", "found"), [({"epoch": 3}, r"epoch \(int\)"), ([1, 2], "list"), ({}, "nothing")])
def test_a_file_without_weights_says_what_it_holds(tmp_path: Path, state: object, found: str) -> None:
    torch.save(state, tmp_path / "model.pt")
    with pytest.raises(ModelError, match=f"holds no weights: expected tensors by name, found .*{found}"):
        read_checkpoint(tmp_path / "model.pt")


@pytest.mark.parametrize("seed", range(8))
def test_damage_of_any_kind_ends_in_one_kind_of_error(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    path = tmp_path / "model.pkl"
    zoo = {
        "model": {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.float64(2)},
        "x": [1, (2, "s"), None],
    }
    whole = [pickle.dumps(zoo, protocol=protocol) for protocol in range(6)]
    for as_zip in (True, False):
        torch.save({"model": {"a": torch.ones(3)}}, path, _use_new_zipfile_serialization=as_zip)
        whole.append(path.read_bytes())
    refused = 0
    for _ in range(60):
        data = bytearray(rng.choice(whole))
        for _ in range(rng.randint(1, 4)):
            at, kind = rng.randrange(len(data)), rng.random()
            if kind < 0.6:
                data[at] = rng.randrange(256)
            elif kind < 0.8:
                del data[at : at + rng.randint(1, 8)]
            else:
                data[at:at] = rng.randbytes(rng.randint(1, 6))
        path.write_bytes(data)
        try:
            read_state(path)
        except ModelError as err:
            refused += 1
            assert str(path) in str(err)
    assert refused > 20


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"cannot read the checkpoint .*none\.pth: No such file"):
        read_checkpoint(tmp_path / "none.pth")


def test_text_is_no_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "model.pth").write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(ModelError, match="no checkpoint that can be read"):
        read_checkpoint(tmp_path / "model.pth")
