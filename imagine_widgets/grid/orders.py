"""In which order a person looks within a class: how far a picture lies from its class, or how near to a pinned one.

Pictures are compared by feature vectors that the notebook gives, measured ones or what a network makes of them, else by
what they look like.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from imagine_kernels.records import Sample
from imagine_widgets.grid.looks import looks

Vectors = npt.NDArray[np.float32]
Pairs = Mapping[str, npt.ArrayLike] | Iterable[tuple[str, npt.ArrayLike]]
Given = npt.ArrayLike | Pairs | Callable[[Sequence[Sample]], npt.ArrayLike | Pairs]
"""A row of numbers for each sample, vectors by sample id, or a function of the samples that gives either."""
OUTLIERS, LIKENESS = "outliers", "likeness"
_FAR = 8.0  # deviations: one wild number must not decide alone


class Orders:
    """The orders of the rows of a grid; true if features were given. They are asked for once, when they are wanted."""

    def __init__(self, samples: Sequence[Sample], predicted: Sequence[int], given: Given | None) -> None:
        self._samples, self._given = samples, given
        self._predicted = np.asarray(predicted, np.int32)
        self._vectors: Vectors | None = None
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return self._given is not None

    def order(self, by: str, pinned: int = 0) -> npt.NDArray[np.int32]:
        """All rows, class after class as the groups stand; those without features come last in their class.

        Raises ValueError with a sentence where the features do not fit the samples.
        """
        with self._lock:
            if self._vectors is None:
                self._vectors = standard(_rows(self._samples, looks if self._given is None else self._given))
        if by == OUTLIERS:
            key = -_outlying(self._vectors, self._predicted)
        else:
            key = _distance(self._vectors, self._vectors[pinned])
            key[pinned] = -1.0
        group = np.where(self._predicted < 0, np.iinfo(np.int32).max, self._predicted)
        order: npt.NDArray[np.int32] = np.lexsort((np.nan_to_num(key, nan=np.inf), group)).astype(np.int32)
        return order


def standard(vectors: Vectors) -> Vectors:
    """Every feature about its median, in its deviations, so that none counts more for its unit."""
    if not np.isfinite(vectors).all(axis=1).any():
        return vectors
    middle, spread = np.nanmedian(vectors, axis=0), np.nanstd(vectors, axis=0)
    result: Vectors = np.clip((vectors - middle) / np.where(spread > 0, spread, 1), -_FAR, _FAR)
    return result


def _outlying(vectors: Vectors, predicted: npt.NDArray[np.int32]) -> Vectors:
    """How far each row lies from the middle of its class."""
    far = np.full(len(vectors), np.nan, np.float32)
    for label in np.unique(predicted):
        rows = np.flatnonzero((predicted == label) & np.isfinite(vectors).all(axis=1))
        if len(rows):
            far[rows] = _distance(vectors[rows], np.median(vectors[rows], axis=0))
    return far


def _distance(vectors: Vectors, point: Vectors) -> Vectors:
    result: Vectors = np.sqrt(((vectors - point) ** 2).mean(axis=1))
    return result


def _rows(samples: Sequence[Sample], given: Given | None) -> Vectors:
    found = given(samples) if callable(given) else given
    shape = getattr(found, "shape", None)
    if shape is None and not isinstance(found, Sequence):
        found = _by_id(samples, found)  # type: ignore[arg-type]
    vectors = np.array(found, np.float32)
    if vectors.ndim != 2 or len(vectors) != len(samples):
        raise ValueError(
            f"Features are a row of numbers for each of the {len(samples)} samples, not an array of {vectors.shape}."
        )
    vectors[~np.isfinite(vectors).all(axis=1)] = np.nan
    return vectors


def _by_id(samples: Sequence[Sample], pairs: Pairs) -> Vectors:
    known = {sample.id: row for row, sample in enumerate(samples)}
    told = [(known[name], one) for name, one in dict(pairs).items() if name in known]
    if not told:
        raise ValueError("The features are of other samples: none has the id of a sample of this grid.")
    vectors = np.full((len(samples), len(np.asarray(told[0][1]))), np.nan, np.float32)
    for row, one in told:
        vectors[row] = one
    return vectors
