"""The untrained D-FINE detector that the facts of a model describe: a timm backbone, a small encoder, a decoder.

D-FINE (Peng et al. 2024, arXiv:2410.13842) as transformers builds it from a configuration alone (Apache-2.0).
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from imagine_kernels.tasks import facts
from imagine_kernels.use_case import Model

STRIDE = 32
"""The input's side is a multiple of this: the coarsest of the three levels that are looked at."""
_BOUNDS = {"width": (32, 512), "layers": (2, 6), "queries": (10, 1000), "window": (32, 8192)}
_DEFAULTS = {"width": 64, "layers": 3, "queries": 60}
_HEADS = 4
_NOISED = 40
"""Boxes with noise that a training gives back to the decoder to be mended (denoising)."""


class Network(nn.Module):
    """Squares (N, C, S, S) → for each query the logits of the classes (N, Q, classes) and a box (N, Q, 4).

    Boxes are centre x, centre y, width and height as shares of the square.
    """

    def __init__(self, made: nn.Module) -> None:
        super().__init__()
        self.made = made
        self.register_state_dict_post_hook(_once)  # type: ignore[no-untyped-call]
        self.register_load_state_dict_pre_hook(_again)  # type: ignore[no-untyped-call]

    def forward(self, squares: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        found = self.made(squares)
        return found.logits, found.pred_boxes

    def taught(self, squares: torch.Tensor, targets: list[dict[str, torch.Tensor]]) -> Any:  # noqa: ANN401
        """What transformers tells while it learns: its losses, and what the encoder alone makes of each place.

        A target has "class_labels" (K,) and "boxes" (K, 4) as in `forward`.
        """
        return self.made(squares, labels=targets)


def _aliases(network: nn.Module) -> dict[str, str]:
    """Weights that bear two names, by the name that is not kept: the heads belong to decoder and detector."""
    first: dict[int, str] = {}
    twice = {}
    for name, value in network.named_parameters(remove_duplicate=False):
        if first.setdefault(id(value), name) != name:
            twice[name] = first[id(value)]
    return twice


def _once(network: nn.Module, state: dict[str, torch.Tensor], prefix: str, _: object) -> None:
    for name in _aliases(network):
        state.pop(prefix + name, None)


def _again(network: nn.Module, state: dict[str, torch.Tensor], prefix: str, *_: object) -> None:
    for name, kept in _aliases(network).items():
        if prefix + kept in state:
            state.setdefault(prefix + name, state[prefix + kept])


def build(model: Model) -> Network:
    """The untrained network of `model`; nothing is fetched. Raises ValueError where it cannot be built."""
    facts.check(model)
    check(model)
    from transformers import DFineConfig, DFineForObjectDetection, TimmBackboneConfig

    try:
        backbone = TimmBackboneConfig(
            backbone=model.architecture,
            num_channels=model.profile.channels,
            out_indices=[2, 3, 4],  # type: ignore[call-arg]
        )
        return Network(DFineForObjectDetection(DFineConfig(backbone_config=backbone, **_config(model))))
    except (RuntimeError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise ValueError(
            f"The model {model.name} names the backbone {model.architecture!r}, which cannot be built: {error}. Name a "
            "network of timm that gives its features at strides of 8, 16 and 32, such as mobilenetv4_conv_small."
        ) from error


def _config(model: Model) -> dict[str, Any]:
    asked = {name: option(model, name) for name in _DEFAULTS}
    width = asked["width"]
    return {
        "num_labels": len(model.labels),
        "initializer_bias_prior_prob": 0.01,  # most places show nothing: it need not be learned
        "freeze_backbone_batch_norms": False,  # nothing was taught before
        "encoder_hidden_dim": width,
        "encoder_ffn_dim": 2 * width,
        "encoder_attention_heads": _HEADS,
        "decoder_in_channels": [width] * 3,
        "d_model": width,
        "decoder_ffn_dim": 2 * width,
        "decoder_attention_heads": _HEADS,
        "decoder_layers": asked["layers"],
        "num_queries": asked["queries"],
        "num_denoising": min(_NOISED, asked["queries"]),
        "hidden_expansion": 0.5,
        "depth_mult": 0.34,
        "lqe_hidden_dim": 32,
    }


def by_class(name: str) -> bool:
    """Whether the weights of this name have a row for each class."""
    return any(part in name for part in ("class_embed", "enc_score_head"))


def option(model: Model, name: str) -> int:
    """A whole number among the facts of the model."""
    return int(str(model.options.get(name, _DEFAULTS.get(name, 0))))


def window(model: Model) -> int:
    """Pixels of a picture along the side of a window that is looked at; it is shown at the input's size."""
    return option(model, "window") or model.profile.size


def check(model: Model) -> None:
    """Raises ValueError with a sentence where the facts ask for a network that is none, or too large."""
    told: Mapping[str, object] = model.options
    for name, (least, most) in _BOUNDS.items():
        value = told.get(name, least)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"The model {model.name} needs {name} from {least} to {most}, not {value!r}.")
    if option(model, "width") % (4 * _HEADS):
        raise ValueError(f"The model {model.name} needs a width that {4 * _HEADS} divides, not {told['width']}.")
    if model.profile.size % STRIDE:
        raise ValueError(f"The model {model.name} needs an input of a multiple of {STRIDE} pixels.")
    shift = told.get("shift", 0.0)
    if not isinstance(shift, int | float) or not -50 <= shift <= 50:
        raise ValueError(f"The model {model.name} needs a shift of its scores from -50 to 50, not {shift!r}.")
