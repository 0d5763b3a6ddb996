"""Varied copies of training squares with their boxes: mirrored, nearer, farther, moved, in another light."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812

Target = dict[str, torch.Tensor]
"""The "class_labels" (K,) and "boxes" (K, 4) of one square: centre and size as shares of it."""
_SHOWN = 0.35
"""How much of a thing must be left in the square for it to be asked for."""


@dataclass(frozen=True)
class Variety:
    """How much is varied. `upright` things never stand on their heads: mirrored left to right alone."""

    nearest: float = 1.5
    farthest: float = 0.7
    light: float = 1.0
    upright: bool = False


def vary(
    batch: torch.Tensor, targets: list[Target], generator: torch.Generator, variety: Variety
) -> tuple[torch.Tensor, list[Target]]:
    """Each square (N, C, S, S), plain 0, with its things, shown anew."""
    count = len(batch)
    low, high = math.log(variety.farthest), math.log(variety.nearest)
    size = torch.exp(torch.rand(count, generator=generator) * (high - low) + low)
    mirror = torch.randint(0, 2, (count, 2), generator=generator) * 2.0 - 1.0
    if variety.upright:
        mirror[:, 1] = 1.0
    room = (size - 1).abs()
    middle = (torch.rand(count, 2, generator=generator) * 2 - 1) * room[:, None] + torch.randn(
        count, 2, generator=generator
    ) * 0.03
    moved = _moved(batch, size, mirror, middle)
    return _lit(moved, generator, variety.light), [
        _placed(target, float(size[n]), mirror[n], middle[n]) for n, target in enumerate(targets)
    ]


def _moved(batch: torch.Tensor, size: torch.Tensor, mirror: torch.Tensor, middle: torch.Tensor) -> torch.Tensor:
    """A point p of the old square (-1 to 1) comes to mirror · size · p + middle of the new."""
    rows = torch.zeros(len(batch), 2, 3)
    for axis in range(2):
        rows[:, axis, axis] = mirror[:, axis] / size
        rows[:, axis, 2] = -mirror[:, axis] * middle[:, axis] / size
    grid = F.affine_grid(rows.to(batch.device), list(batch.shape), align_corners=False)
    return F.grid_sample(batch, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _placed(target: Target, size: float, mirror: torch.Tensor, middle: torch.Tensor) -> Target:
    boxes = target["boxes"]
    where = mirror * size * (boxes[:, :2] * 2 - 1) + middle
    half = boxes[:, 2:] * size
    low, high = (where - half).clamp(-1, 1), (where + half).clamp(-1, 1)
    left = (high - low).clamp(min=0)
    shown = (left.prod(1) >= _SHOWN * (2 * half).prod(1)) & (left.min(1).values > 1e-3)
    cut = torch.cat([(low + high) / 4 + 0.5, left / 2], 1)
    return {"boxes": cut[shown], "class_labels": target["class_labels"][shown]}


def _lit(batch: torch.Tensor, generator: torch.Generator, amount: float) -> torch.Tensor:
    """More or less contrast and light, colours of other water; the plain beyond the picture is lit alike."""
    count, channels = batch.shape[:2]
    contrast = torch.exp(torch.randn(count, 1, 1, 1, generator=generator) * 0.25 * amount)
    tint = torch.randn(count, channels, 1, 1, generator=generator) * 0.12 * amount
    light = torch.randn(count, 1, 1, 1, generator=generator) * 0.25 * amount
    return batch * contrast.to(batch.device) + (tint + light).to(batch.device)


def joined(batch: torch.Tensor, targets: list[Target], generator: torch.Generator) -> tuple[torch.Tensor, list[Target]]:
    """Four squares in one, each at half its size (mosaic, Bochkovskiy et al. 2020, arXiv:2004.10934), N of N."""
    small = F.avg_pool2d(batch, 2)
    side = small.shape[-1]
    order = torch.stack([torch.randperm(len(batch), generator=generator) for _ in range(4)])
    made, found = torch.empty_like(batch), []
    for quarter in range(4):
        top, left = side * (quarter // 2), side * (quarter % 2)
        made[:, :, top : top + side, left : left + side] = small[order[quarter]]
    for n in range(len(batch)):
        parts = [(targets[int(order[q, n])], torch.tensor([q % 2, q // 2, 0, 0]) / 2) for q in range(4)]
        boxes = torch.cat([part["boxes"] / 2 + corner for part, corner in parts])
        found.append({"boxes": boxes, "class_labels": torch.cat([part["class_labels"] for part, _ in parts])})
    return made, found
