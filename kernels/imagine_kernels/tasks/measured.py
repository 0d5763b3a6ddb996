"""The parts of a model that answer from features: what each is, what teaches it, and which features are its own."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import torch

from imagine_kernels.tasks import forest, machine
from imagine_kernels.tasks.arrays import Arrays
from imagine_kernels.use_case import FOREST, MACHINE, TEXTURE

Features = npt.NDArray[np.float32]
Table = TypeVar("Table", Features, torch.Tensor)


class Kind(NamedTuple):
    """`made` gives the part before it knows anything, of so many classes; `taught` one that knows."""

    made: Callable[[int], Arrays]
    taught: Callable[[Features, npt.NDArray[np.int64], int, int], Arrays]


KINDS = {
    FOREST: Kind(forest.Forest, forest.grow),
    MACHINE: Kind(machine.Machine, machine.learn),
    TEXTURE: Kind(machine.Machine, machine.learn),
}


def measure(picture: npt.NDArray[np.uint8], parts: Sequence[str]) -> Features:
    """The features that the parts ask for: the extended ones, and behind them those of texture where one does."""
    from imagine_kernels.features import scattering
    from imagine_kernels.features.extended import extended

    shape = extended(picture)
    return np.concatenate([shape, scattering.texture(picture)]) if TEXTURE in parts else shape


def own(part: str, parts: Sequence[str], features: Table) -> Table:
    """The columns of `features` (N, F), measured for all `parts`, that the one answers from."""
    if TEXTURE not in parts:
        return features
    from imagine_kernels.features import scattering

    return features[:, -scattering.COUNT :] if part == TEXTURE else features[:, : -scattering.COUNT]
