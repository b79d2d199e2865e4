"""The networks to train: made anew from a small configuration, or taken from a folder with other classes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from bridge.errors import ModelError, unknown_name
from worker.models.transformers.architectures import Architecture, Kind, architecture_of

_HEAD = "class_predictor"
"""What the parameters of the class head have in their names, in every architecture that can be trained."""
TRAINABLE = (Kind.EOMT, Kind.MASK2FORMER, Kind.MASKFORMER)


def _tiny_eomt(size: int, names: Sequence[str]) -> nn.Module:
    from transformers import EomtConfig, EomtForUniversalSegmentation

    config = EomtConfig(
        hidden_size=128,
        num_hidden_layers=5,
        num_attention_heads=4,
        image_size=size,
        patch_size=8,
        num_upscale_blocks=1,
        num_blocks=2,
        num_queries=24,
        num_register_tokens=0,
        train_num_points=1024,
        **_classes(names),
    )
    return _module(EomtForUniversalSegmentation(config))


def _tiny_mask2former(size: int, names: Sequence[str]) -> nn.Module:
    from transformers import Mask2FormerConfig, Mask2FormerForUniversalSegmentation, SwinConfig

    backbone = SwinConfig(
        embed_dim=32,
        depths=(1, 1, 2, 1),
        num_heads=(2, 4, 8, 8),
        window_size=4,
        image_size=size,
        drop_path_rate=0.0,
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )
    config = Mask2FormerConfig(
        backbone_config=backbone,
        feature_size=64,
        mask_feature_size=64,
        hidden_dim=64,
        encoder_feedforward_dim=128,
        dim_feedforward=128,
        encoder_layers=2,
        decoder_layers=4,
        num_attention_heads=4,
        num_queries=24,
        train_num_points=1024,
        **_classes(names),
    )
    return _module(Mask2FormerForUniversalSegmentation(config))


SCRATCH: Mapping[str, Callable[[int, Sequence[str]], nn.Module]] = {
    "tiny-eomt": _tiny_eomt,
    "tiny-mask2former": _tiny_mask2former,
}
"""Small configurations with random weights, made for a side of samples and class names."""


def new_network(name: str, size: int, names: Sequence[str]) -> nn.Module:
    """A network with random weights.

    Args:
        name: One of `SCRATCH`.
        size: Side of the samples in pixels; a multiple of 32.
        names: The classes.

    Raises:
        UnknownNameError: There is no such configuration.
        ModelError: The size cannot be.
    """
    if name not in SCRATCH:
        raise unknown_name("small network", name, SCRATCH)
    if size < 32 or size % 32:
        raise ModelError(f"expected a size that is a multiple of 32, but got {size}")
    return SCRATCH[name](size, names)


def with_classes(network: nn.Module, known: Sequence[str], names: Sequence[str]) -> nn.Module:
    """The same network for other classes: those it knows by name keep what they have learned.

    Everything but the class head is taken over; rows of the head go by name, "nothing" stays last, and classes
    that are new begin at random, small.

    Args:
        network: A trained network with the classes `known`.
        known: Its classes in order.
        names: The new ones.

    Raises:
        ModelError: The network has another number of classes.
    """
    made: Any = network
    config = type(made.config).from_dict({**made.config.to_dict(), **_classes(names)})
    fresh = _module(type(made)(config))
    old, new = network.state_dict(), fresh.state_dict()
    places = {name: index for index, name in enumerate(known)}
    rows = [*(places.get(name) for name in names), len(known)]
    for name, value in new.items():
        # The criterion holds no weights, only how much each class counts.
        if "criterion" in name:
            continue
        if _HEAD in name and len(old[name]) != len(known) + 1:
            raise ModelError(f"the network has {len(old[name]) - 1} classes, but {len(known)} names are given")
        new[name] = _rows(old[name], value, rows) if _HEAD in name else old[name]
    fresh.load_state_dict(new)
    return fresh


def _rows(old: Tensor, fresh: Tensor, rows: Sequence[int | None]) -> Tensor:
    out = 0.1 * fresh.clone()
    for index, row in enumerate(rows):
        if row is not None:
            out[index] = old[row]
    return out


def _classes(names: Sequence[str]) -> dict[str, Any]:
    return {"id2label": dict(enumerate(names)), "label2id": {name: index for index, name in enumerate(names)}}


def _module(network: Any) -> nn.Module:
    """The library has no types."""
    module: nn.Module = network
    return module


def architecture(network: nn.Module) -> Architecture:
    """What the network is; ModelError where it cannot be trained here."""
    config: Any = network.config
    found = architecture_of([type(network).__name__], str(config.model_type), type(network).__name__)
    if found.kind not in TRAINABLE:
        raise ModelError(f"{found.name} cannot be trained here; expected one of EoMT, Mask2Former and MaskFormer")
    return found


def parameter_groups(network: nn.Module, decay: float, backbone_factor: float) -> list[dict[str, Any]]:
    """Parameters with their weight decay, and a ``factor`` on the rate: that of the backbone is lower.

    Biases, norms, queries and embeddings of position are not decayed.
    """
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        plain = parameter.ndim <= 1 or "quer" in name or "position" in name or "level_embed" in name
        factor = backbone_factor if is_backbone(name) else 1.0
        groups.setdefault((0.0 if plain else decay, factor), []).append(parameter)
    return [{"params": found, "weight_decay": wd, "factor": factor} for (wd, factor), found in groups.items()]


def is_backbone(name: str) -> bool:
    """Whether a parameter belongs to what was trained before on pictures at large."""
    return any(part in name for part in (".encoder.", "embeddings.", "layers.")) and "decoder" not in name


def set_quiet() -> None:
    """No progress bars and no requests to the hub."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    import transformers

    transformers.utils.logging.disable_progress_bar()


def anneal(network: nn.Module, progress: float) -> None:
    """EoMT learns with masked attention and works without: block after block, masks go away during training.

    Kerssies et al., "Your ViT is Secretly an Image Segmentation Model", CVPR 2025, section 3.3: each block's share
    of masked queries falls from 1 to 0 as a polynomial with power 0.9, the blocks one after another.

    Args:
        network: Any network; only EoMT's has such shares.
        progress: How far training is, 0 to 1.
    """
    shares = getattr(network, "attn_mask_probs", None)
    if not isinstance(shares, Tensor):
        return
    blocks = len(shares)
    with torch.no_grad():
        for index in range(blocks):
            # The first masks go after a share of the run, the last are gone before its end.
            start, end = (index + 1) / (blocks + 2), (index + 2) / (blocks + 2)
            done = min(max((progress - start) / (end - start), 0.0), 1.0)
            shares[index] = (1.0 - done) ** 0.9
