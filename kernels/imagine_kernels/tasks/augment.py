"""Varied copies of training pictures: what a particle may look like the next time it floats past the camera."""

import math

import torch
import torch.nn.functional as F  # noqa: N812


def vary(batch: torch.Tensor, generator: torch.Generator, variety: float = 1.0) -> torch.Tensor:
    """Each picture of the batch (B, C, S, S), background 0, turned, mirrored, scaled, moved, lit and focused anew.

    `variety` scales how much light, focus and grain differ.
    """
    return varied(_place(batch, generator), generator, variety)


def varied(batch: torch.Tensor, generator: torch.Generator, variety: float = 1.0) -> torch.Tensor:
    """Each picture of the batch where it lies, lit and focused anew."""
    return _noise(_focus(_light(batch, generator, variety), generator, variety), generator, variety)


def _uniform(count: int, low: float, high: float, generator: torch.Generator) -> torch.Tensor:
    return torch.rand(count, generator=generator) * (high - low) + low


def _place(batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Any angle, mirrored or not, 0.75 to 1.25 times the size, stretched, moved a little; empty corners are water."""
    count = len(batch)
    angle = _uniform(count, 0.0, 2 * math.pi, generator)
    mirror = torch.where(_uniform(count, -1.0, 1.0, generator) < 0, -1.0, 1.0)
    size = torch.exp(_uniform(count, -0.29, 0.22, generator))
    stretch = torch.exp(_uniform(count, -0.12, 0.12, generator))
    shift = torch.rand(count, 2, generator=generator) * 0.24 - 0.12
    cos, sin = torch.cos(angle), torch.sin(angle)
    rows = torch.stack(
        [
            torch.stack([cos * mirror / (size * stretch), -sin * stretch / size, shift[:, 0]], 1),
            torch.stack([sin * mirror / (size * stretch), cos * stretch / size, shift[:, 1]], 1),
        ],
        1,
    ).to(batch.device)
    grid = F.affine_grid(rows, list(batch.shape), align_corners=False)
    return F.grid_sample(batch, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _light(batch: torch.Tensor, generator: torch.Generator, variety: float) -> torch.Tensor:
    """More or less contrast, a slightly wrong background, and colours of another lamp."""
    count, channels = batch.shape[:2]
    contrast = torch.exp(_uniform(count, -0.35 * variety, 0.35 * variety, generator)).view(-1, 1, 1, 1)
    tint = torch.exp(torch.randn(count, channels, 1, 1, generator=generator) * 0.08 * variety)
    water = torch.randn(count, 1, 1, 1, generator=generator) * 0.08 * variety
    return batch * (contrast * tint).to(batch.device) + water.to(batch.device)


def _focus(batch: torch.Tensor, generator: torch.Generator, variety: float) -> torch.Tensor:
    """A third of the pictures lose or gain sharpness, as particles do above and below the focal plane."""
    amount = _uniform(len(batch), -0.6 * variety, variety, generator)
    chosen = torch.nonzero(torch.rand(len(batch), generator=generator) < 1 / 3).flatten()
    amount, chosen = amount[chosen].view(-1, 1, 1, 1).to(batch.device), chosen.to(batch.device)
    sharp = batch[chosen]
    soft = F.avg_pool2d(F.pad(sharp, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    return batch.index_copy(0, chosen, torch.lerp(sharp, soft, amount))


def _noise(batch: torch.Tensor, generator: torch.Generator, variety: float) -> torch.Tensor:
    """Grain of the sensor, of a strength that differs from picture to picture."""
    strength = _uniform(len(batch), 0.0, 0.08 * variety, generator).view(-1, 1, 1, 1)
    return batch + (torch.randn(batch.shape, generator=generator) * strength).to(batch.device)
