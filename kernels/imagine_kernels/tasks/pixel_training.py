"""The loop that teaches a network what each pixel is: crops around every class, turned and lit anew, averaged weights.

The loss is cross-entropy and 1 - Dice (Milletari et al. 2016, arXiv:1606.04797) together: the first learns quickly, the
second does not forget classes of few pixels.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from PIL import Image
from torch import nn
from torch.optim.swa_utils import AveragedModel

from imagine_kernels.images import Pixels
from imagine_kernels.tasks import augment, compute, inputs
from imagine_kernels.tasks.painting import LEFT_OUT, Kinds, Piece
from imagine_kernels.tasks.training import Epoch, Fitted, ramp, schedule
from imagine_kernels.use_case import Profile

_SMALLEST, _LARGEST = 0.8, 1.25
"""How much smaller and larger things may be shown than they are."""


@dataclass(frozen=True)
class Plan:
    """How to teach. An epoch draws `draws` crops, or as many as there are pieces where that is more.

    `variety` is how much light, focus and grain are varied, `average` how slowly the kept weights follow.
    """

    epochs: int
    rate: float = 3e-3
    batch: int = 8
    draws: int = 64
    decay: float = 0.01
    average: float = 0.98
    variety: float = 1.0


def fit(
    network: nn.Module,
    pieces: Sequence[Piece],
    profile: Profile,
    plan: Plan,
    seed: int,
    after: Callable[[Epoch], None],
) -> Fitted:
    """Teaches `network` the pieces and gives back the running average of its weights, ready to predict.

    Stopped by the person (Ctrl-C, or interrupt of the kernel) it holds what was learned so far.
    """
    where, order = compute.device(), np.random.default_rng(seed)
    draw = torch.Generator().manual_seed(seed)
    network = compute.placed(network, where).train()
    averaged = AveragedModel(network, multi_avg_fn=ramp(plan.average), use_buffers=True)
    optimizer = torch.optim.AdamW(network.parameters(), lr=plan.rate, weight_decay=plan.decay, fused=True)
    steps = math.ceil(max(plan.draws, len(pieces)) / plan.batch)
    done = 0
    try:
        for number in range(1, plan.epochs + 1):
            began, losses = time.perf_counter(), []
            for _ in range(steps):
                schedule(optimizer, plan.rate, done / (steps * plan.epochs))
                crops = [_crop(pieces, profile.size, order) for _ in range(plan.batch)]
                batch = inputs.tensor(np.stack([pixels for pixels, _ in crops]), profile)
                kinds = torch.from_numpy(np.stack([kinds for _, kinds in crops])).long()
                losses.append(_step(network, optimizer, lit(batch, draw, plan.variety).to(where), kinds.to(where)))
                averaged.update_parameters(network)
                done += 1
            after(Epoch(number, float(np.mean(losses)), time.perf_counter() - began))
    except KeyboardInterrupt:
        return Fitted(averaged.module.eval(), stopped=True)
    return Fitted(averaged.module.eval(), stopped=False)


def _step(network: nn.Module, optimizer: torch.optim.Optimizer, batch: torch.Tensor, kinds: torch.Tensor) -> float:
    with compute.precision(batch.device):
        outputs = network(batch.contiguous(memory_format=torch.channels_last)).float()
    found = loss(outputs, kinds)
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(found)
    nn.utils.clip_grad_norm_(network.parameters(), 2.0)
    optimizer.step()
    return float(found.detach())


def loss(outputs: torch.Tensor, kinds: torch.Tensor) -> torch.Tensor:
    """How wrong outputs (N, classes, H, W) are of pixels of `kinds` (N, H, W); those left out do not count."""
    judged = (kinds != LEFT_OUT)[:, None]
    plain = F.cross_entropy(outputs, kinds, ignore_index=LEFT_OUT, reduction="sum") / judged.sum().clamp(min=1)
    truth = F.one_hot(torch.where(judged[:, 0], kinds, 0), outputs.shape[1]).permute(0, 3, 1, 2) * judged
    scores = outputs.softmax(1) * judged
    shared, sums = (scores * truth).sum((0, 2, 3)), (scores + truth).sum((0, 2, 3))
    shown = truth.sum((0, 2, 3)) > 0
    dice = (2 * shared[shown] + 1) / (sums[shown] + 1)
    return plain + (1 - dice).mean() if shown.any() else plain


def lit(batch: torch.Tensor, draw: torch.Generator, variety: float) -> torch.Tensor:
    """More or less light and contrast, brighter to one side, sharper or softer, with more grain."""
    count, _, height, width = batch.shape
    slope = torch.randn(count, 2, 1, 1, generator=draw) * 0.15 * variety
    across, down = torch.linspace(-1, 1, width), torch.linspace(-1, 1, height)
    uneven = slope[:, :1] * across.view(1, 1, 1, -1) + slope[:, 1:] * down.view(1, 1, -1, 1)
    contrast = torch.exp(torch.randn(count, 1, 1, 1, generator=draw) * 0.3 * variety)
    level = torch.randn(count, 1, 1, 1, generator=draw) * 0.3 * variety
    return augment.varied(batch, draw, variety) * contrast + uneven + level


def _crop(pieces: Sequence[Piece], side: int, order: np.random.Generator) -> tuple[Pixels, Kinds]:
    """A square of `side` pixels around a pixel of a class chosen at random, turned, mirrored, larger or smaller."""
    piece = pieces[int(order.integers(len(pieces)))]
    present = np.flatnonzero(np.bincount(piece.kinds.ravel(), minlength=LEFT_OUT + 1)[:LEFT_OUT])
    middle = int(order.integers(piece.kinds.size))
    if len(present):
        middle = int(order.choice(np.flatnonzero(piece.kinds == order.choice(present))))
    long = round(side / math.exp(order.uniform(math.log(_SMALLEST), math.log(_LARGEST))))
    y, x = divmod(middle, piece.kinds.shape[1])
    top, left = y - int(order.integers(long)), x - int(order.integers(long))
    pixels, kinds = (_square(array, top, left, long) for array in (piece.pixels, piece.kinds[:, :, None]))
    pixels, kinds = _resized(pixels, side, Image.Resampling.BILINEAR), _resized(kinds, side, Image.Resampling.NEAREST)
    turn, mirror = int(order.integers(4)), bool(order.integers(2))
    turned = [np.rot90(array[:, ::-1] if mirror else array, turn) for array in (pixels, kinds)]
    return np.ascontiguousarray(turned[0]), np.ascontiguousarray(turned[1][:, :, 0])


def _square(array: Pixels, top: int, left: int, side: int) -> Pixels:
    """A square of (H, W, C); it is moved to lie inside, and what does not fit is mirrored beyond the border."""
    top, left = (max(0, min(start, most - side)) for start, most in zip((top, left), array.shape[:2], strict=True))
    part = array[top : top + side, left : left + side]
    more = [(0, side - part.shape[0]), (0, side - part.shape[1]), (0, 0)]
    return np.pad(part, more, mode="symmetric") if part.shape[:2] != (side, side) else part


def _resized(array: Pixels, side: int, how: Image.Resampling) -> Pixels:
    if array.shape[0] == side:
        return array
    picture = Image.fromarray(array[:, :, 0] if array.shape[2] == 1 else array)
    return np.array(picture.resize((side, side), how)).reshape(side, side, -1)
