"""OneFormer is told its task in words; here are their tokens."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bridge.errors import ModelError

TASK = "the task is panoptic"

_CLIP_TOKENS = (49406, 518, 10549, 533, 1072, 24755, 49407)
"""`TASK` in CLIP's byte-pair vocabulary of 49408: start, the, task, is, pan, optic, end. Two programs made them
from that vocabulary: the library's CLIPTokenizer, and one that joins the pairs by their ranks."""
_CLIP_VOCABULARY = 49408

_TOKENIZER_FILES = ("tokenizer.json", "vocab.json")


def task_tokens(folder: Path, config: Mapping[str, Any]) -> Tensor:
    """The tokens of `TASK` with zeros behind, as the network takes them.

    A tokenizer that lies in the folder makes them; without one they are those of CLIP, which all published
    checkpoints have.

    Returns:
        Shape ``(1, task_seq_len)``, int64.

    Raises:
        ModelError: the vocabulary is not CLIP's and the folder has no tokenizer, or it cannot be read.
    """
    length = int(config.get("task_seq_len", 77))
    if any((folder / name).is_file() for name in _TOKENIZER_FILES):
        tokens = _told_by_tokenizer(folder)
    elif int(config.get("text_encoder_vocab_size", _CLIP_VOCABULARY)) == _CLIP_VOCABULARY:
        tokens = _CLIP_TOKENS
    else:
        raise ModelError(f"{folder} has a vocabulary of its own, but no tokenizer; expected {_TOKENIZER_FILES[0]}")
    if len(tokens) > length:
        raise ModelError(f"{folder}: the task takes {len(tokens)} tokens, but the network only {length}")
    out = torch.zeros((1, length), dtype=torch.int64)
    out[0, : len(tokens)] = torch.tensor(tokens)
    return out


def _told_by_tokenizer(folder: Path) -> tuple[int, ...]:
    from transformers import CLIPTokenizer

    try:
        return tuple(CLIPTokenizer.from_pretrained(folder, local_files_only=True)(TASK)["input_ids"])
    except (OSError, ValueError, TypeError, KeyError) as err:
        raise ModelError(f"the tokenizer in {folder} cannot be used: {err}") from err
