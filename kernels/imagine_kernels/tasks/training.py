"""The loop that teaches a network: balanced draws, varied copies, averaged weights; the same for every classifier."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn
from torch.optim.swa_utils import AveragedModel

from imagine_kernels.tasks import augment, compute, inputs
from imagine_kernels.use_case import Profile

Tensors = tuple[torch.Tensor, ...] | list[torch.Tensor]


@dataclass(frozen=True)
class Plan:
    """How to teach. An epoch draws `draws` pictures, or as many as there are where that is more.

    `balance` 1.0 draws every class equally often, 0.0 as often as it occurs. `mix` is how often two pictures are
    blended (mixup, Zhang et al. 2018, arXiv:1710.09412), `average` how slowly the kept weights follow, `variety` how
    much light, focus and grain are varied.
    """

    epochs: int
    rate: float = 2e-3
    batch: int = 32
    draws: int = 256
    balance: float = 0.75
    smoothing: float = 0.1
    decay: float = 0.05
    mix: float = 0.3
    average: float = 0.99
    variety: float = 1.0


@dataclass(frozen=True)
class Epoch:
    """What one epoch did: its number from 1, the mean loss on the varied pictures, seconds."""

    number: int
    loss: float
    seconds: float


@dataclass(frozen=True)
class Fitted:
    """The network after the last epoch; `stopped` where the person interrupted."""

    network: nn.Module
    stopped: bool


def fit(
    network: nn.Module,
    squares: inputs.Pixels,
    targets: npt.NDArray[np.int64],
    profile: Profile,
    plan: Plan,
    seed: int,
    after: Callable[[Epoch, nn.Module], None],
    stopped: Callable[[], bool] = lambda: False,
) -> Fitted:
    """Teaches `network` the prepared pictures (N, S, S, C) of the classes `targets` (N,).

    Gives back the running average of the weights (Polyak and Juditsky 1992), ready to predict. Stopped by the person
    (Ctrl-C, or interrupt of the kernel), or where `stopped` says so, it holds what was learned so far. `after` is
    called at the end of an epoch.
    """
    where = compute.device()
    draw = torch.Generator().manual_seed(seed)
    network = compute.placed(network, where).train()
    averaged = AveragedModel(network, multi_avg_fn=ramp(plan.average), use_buffers=True)
    optimizer = torch.optim.AdamW(_groups(network, plan.decay), lr=plan.rate, fused=True)
    weights = _weights(torch.from_numpy(targets), plan.balance)
    steps = math.ceil(max(plan.draws, len(squares)) / plan.batch)
    done = 0
    try:
        for number in range(1, plan.epochs + 1):
            began, losses = time.perf_counter(), []
            for _ in range(steps):
                if stopped():
                    return Fitted(averaged.module.eval(), stopped=True)
                schedule(optimizer, plan.rate, done / (steps * plan.epochs))
                chosen = torch.multinomial(weights, plan.batch, replacement=True, generator=draw).numpy()
                batch = inputs.tensor(squares[chosen], profile).to(where)
                losses.append(_step(network, optimizer, batch, torch.from_numpy(targets[chosen]), plan, draw))
                averaged.update_parameters(network)
                done += 1
            after(Epoch(number, float(np.mean(losses)), time.perf_counter() - began), averaged.module.eval())
    except KeyboardInterrupt:
        return Fitted(averaged.module.eval(), stopped=True)
    return Fitted(averaged.module.eval(), stopped=False)


def _step(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    pictures: torch.Tensor,
    targets: torch.Tensor,
    plan: Plan,
    draw: torch.Generator,
) -> float:
    batch, targets = augment.vary(pictures, draw, plan.variety), targets.to(pictures.device)
    share = 1.0
    if float(torch.rand((), generator=draw)) < plan.mix:
        share = 1.0 - 0.5 * float(torch.rand((), generator=draw))
        batch = batch * share + batch.roll(1, 0) * (1.0 - share)
    with compute.precision(pictures.device):
        outputs = network(batch.contiguous(memory_format=torch.channels_last)).float()
    loss = share * F.cross_entropy(outputs, targets, label_smoothing=plan.smoothing)
    if share < 1.0:
        loss = loss + (1.0 - share) * F.cross_entropy(outputs, targets.roll(1), label_smoothing=plan.smoothing)
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    nn.utils.clip_grad_norm_(network.parameters(), 2.0)
    optimizer.step()
    return float(loss.detach())


def _groups(network: nn.Module, decay: float) -> list[dict[str, object]]:
    """Weights of convolutions and of the head decay; scales and offsets do not."""
    wide = [p for p in network.parameters() if p.ndim > 1]
    narrow = [p for p in network.parameters() if p.ndim <= 1]
    return [{"params": wide, "weight_decay": decay}, {"params": narrow, "weight_decay": 0.0}]


def _weights(targets: torch.Tensor, balance: float) -> torch.Tensor:
    counts = torch.bincount(targets).clamp(min=1).double()
    return counts[targets] ** -balance


def schedule(optimizer: torch.optim.Optimizer, rate: float, progress: float) -> None:
    """A twentieth of warming up, then half a cosine down to nothing."""
    factor = progress / 0.05 if progress < 0.05 else 0.5 * (1 + math.cos(math.pi * (progress - 0.05) / 0.95))
    for group in optimizer.param_groups:
        group["lr"] = rate * max(factor, 1e-3)


def ramp(most: float) -> Callable[[Tensors, Tensors, torch.Tensor | int], None]:
    """An average that forgets quickly at first: a handful of steps must not leave it at the starting point."""

    def average(kept: Tensors, new: Tensors, seen: torch.Tensor | int) -> None:
        if not torch.is_floating_point(kept[0]):
            torch._foreach_copy_(kept, new)
            return
        keep = min(most, (1 + int(seen)) / (10 + int(seen)))
        torch._foreach_lerp_(kept, new, 1.0 - keep)

    return average
