"""The untrained modules that the facts of a model describe: one timm network, or several parts that are pooled."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from imagine_kernels.tasks import facts, measured
from imagine_kernels.use_case import NETWORK, Model

_DOUBT = 0.01
"""Added to every score of a part before its logarithm: what one part rules out the others may still find likely."""


class Parts(nn.Module):
    """Networks that look at a picture in several positions, and parts that ask for its features: one answer of all.

    Those have the names that the facts give them. The answer is their logarithmic pool (Genest and Zidek 1986,
    doi:10.1214/ss/1177013825): a part that is sure weighs more than one that spreads its scores.
    """

    def __init__(self, networks: list[nn.Module], measuring: Mapping[str, nn.Module], turns: int) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.measuring = tuple(measuring)
        for name, part in measuring.items():
            self.add_module(name, part)
        self.turns = turns

    def forward(self, squares: torch.Tensor, features: torch.Tensor | None = None) -> torch.Tensor:
        """The mean logarithms of the scores (N, classes) of squares (N, C, S, S) and features (N, F)."""
        scores = [self._looked(network, squares) for network in self.networks]
        for name in self.measuring:
            if features is None:
                raise ValueError(f"This model asks a {name}: it needs the features of the pictures, too.")
            scores.append(self.get_submodule(name)(measured.own(name, self.measuring, features)))
        return torch.stack(scores).add(_DOUBT).log().mean(0)

    def _looked(self, network: nn.Module, squares: torch.Tensor) -> torch.Tensor:
        positions = [squares] if self.turns == 1 else [_turned(squares, number) for number in range(8)]
        found: torch.Tensor = torch.stack([network(each).float().softmax(1) for each in positions]).mean(0)
        return found


def _turned(squares: torch.Tensor, number: int) -> torch.Tensor:
    """One of the eight positions of a square: four quarter turns, mirrored or not."""
    turned = torch.rot90(squares, number % 4, (2, 3))
    return (turned.flip(3) if number >= 4 else turned).contiguous(memory_format=torch.channels_last)


def build(model: Model) -> nn.Module:
    """The untrained network of `model`, or its parts. Raises ValueError where timm knows no such network."""
    facts.check(model)
    if is_plain(model):
        return single(model)
    return join(
        model,
        [single(model) if part == NETWORK else measured.KINDS[part].made(len(model.labels)) for part in model.parts],
    )


def is_plain(model: Model) -> bool:
    """Whether the model is one network that looks once: its weights bear the names that timm gives them."""
    return model.parts == (NETWORK,) and model.turns == 1


def join(model: Model, parts: list[nn.Module]) -> nn.Module:
    """The parts, in the order of the model's facts, as one module."""
    if is_plain(model):
        return parts[0]
    taught = [part for part, kind in zip(parts, model.parts, strict=True) if kind == NETWORK]
    measuring = {kind: part for part, kind in zip(parts, model.parts, strict=True) if kind != NETWORK}
    return Parts(taught, measuring, model.turns)


def single(model: Model) -> nn.Module:
    """One untrained timm network."""
    import timm

    options: dict[str, Any] = dict(model.options)
    try:
        network: nn.Module = timm.create_model(
            model.architecture,
            pretrained=False,
            num_classes=len(model.labels),
            in_chans=model.profile.channels,
            **options,
        )
    except (RuntimeError, TypeError) as error:
        raise ValueError(f"The model {model.name} names a network that cannot be built: {error}.") from error
    return network


def taught(network: nn.Module) -> list[nn.Module]:
    """The timm networks of a module: itself, or those among its parts."""
    return list(network.networks) if isinstance(network, Parts) else [network]


def with_networks(network: nn.Module, others: Sequence[nn.Module]) -> nn.Module:
    """The module with others in place of its timm networks, in turn; what measures is the same."""
    if not isinstance(network, Parts):
        return others[0]
    return Parts(list(others), {name: network.get_submodule(name) for name in network.measuring}, network.turns)
