"""What pictures look like in a few numbers: what a grid compares them by where the notebook gave no features.

Size, form, greys, colour, how much there is from the middle to the rim: none of it changes when a picture is turned.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from imagine_kernels.records import Sample

Numbers = npt.NDArray[np.float32]
_SIDE = 48  # pixels that are looked at along the longer side, or a few more
_SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
_RINGS = 4
_COUNT = 7 + len(_SHARES) + _RINGS


def looks(samples: Sequence[Sample]) -> Numbers:
    """A row for each sample; without numbers where its picture cannot be read."""
    return np.stack([_look(sample) for sample in samples]) if samples else np.empty((0, _COUNT), np.float32)


def _look(sample: Sample) -> Numbers:
    from imagine_kernels.images import read

    try:
        pixels = read(sample, side=_SIDE)
    except (OSError, ValueError):
        return np.full(_COUNT, np.nan, np.float32)
    thin = max(1, max(pixels.shape[:2]) // _SIDE)
    return _numbers(np.asarray(pixels[::thin, ::thin], np.float32) / np.float32(255), sample)


def _numbers(colours: Numbers, sample: Sample) -> Numbers:
    grey = colours.mean(axis=2)
    rim = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    there = np.abs(grey - np.median(rim))  # how far each pixel is from the ground
    red, green, blue = colours.mean(axis=(0, 1))
    size = np.log(sample.width * sample.height), abs(np.log(sample.width / sample.height))
    edges = sum(np.abs(np.diff(grey, axis=axis)).mean() if grey.shape[axis] > 1 else 0.0 for axis in (0, 1))
    plain = (*size, grey.std(), there.mean(), edges, red - green, blue - green)
    return np.array([*plain, *np.quantile(grey, _SHARES), *_rings(there)], np.float32)


def _rings(there: Numbers) -> list[float]:
    """How much there is in rings from the middle outwards."""
    down, across = (np.linspace(-1, 1, long) for long in there.shape)
    ring = np.minimum(np.hypot(down[:, None], across) / np.sqrt(2) * _RINGS, _RINGS - 1).astype(int)
    return [float(there[ring == one].mean()) if (ring == one).any() else 0.0 for one in range(_RINGS)]
