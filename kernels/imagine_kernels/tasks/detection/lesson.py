"""Pictures with the things that people drew → squares as a detector sees them, with the boxes in each."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from imagine_kernels.images import Pixels, tiles
from imagine_kernels.records import Region, Sample, Skipped
from imagine_kernels.shapes import Flat, bounds
from imagine_kernels.tasks import reading
from imagine_kernels.tasks.detection import network, windows
from imagine_kernels.tasks.detection.windows import Boxes
from imagine_kernels.tasks.views import View
from imagine_kernels.use_case import Model

_MOST = 3 * 2**30
"""Bytes of squares that a training holds in memory."""
_WIDEST = 4
"""A window is at most so many times the input's side: what is smaller than that shows is not learned."""
_EMPTY = 3
"""Of a large picture's windows that show nothing, one in so many is kept: they are the most, and teach the least."""


@dataclass(frozen=True)
class Seen:
    """One square to learn from: of which sample, what it shows (boxes as shares of the square) and of which class."""

    sample: int
    pixels: Pixels
    boxes: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Lesson:
    """Annotated samples, the boxes around what people drew, and the squares of both.

    A sample with no thing in it is a lesson, too: there is nothing.
    """

    samples: tuple[Sample, ...]
    truth: tuple[tuple[Region, ...], ...]
    squares: tuple[Seen, ...]
    skipped: tuple[Skipped, ...]
    data_sha256: str

    @property
    def groups(self) -> tuple[str | None, ...]:
        """The run of each sample."""
        return tuple(sample.group for sample in self.samples)

    @property
    def ids(self) -> tuple[str, ...]:
        """The id of each sample."""
        return tuple(sample.id for sample in self.samples)

    @property
    def labels(self) -> tuple[str, ...]:
        """Of each sample the label it shows most often, or "": what a split keeps in proportion."""
        return tuple(max(sorted(names), key=names.count) if (names := _names(r)) else "" for r in self.truth)


def _names(regions: Iterable[Region]) -> list[str]:
    return [region.label for region in regions]


def fitted(model: Model, samples: Sequence[Sample]) -> Model:
    """The model with the window that suits the pictures, where its facts tell none: as large as most of them are."""
    if "window" in model.options or not samples:
        return model
    sides = sorted(max(sample.width, sample.height) for sample in samples)
    side = min(max(sides[len(sides) // 2], model.profile.size), _WIDEST * model.profile.size)
    return replace(model, options={**model.options, "window": side})


def prepare(
    samples: Iterable[Sample], truth: Mapping[str, tuple[Region, ...]], model: Model, *, progress: bool
) -> Lesson:
    """Reads the samples that are named in `truth`. Raises ValueError with a sentence where people drew nothing."""
    annotated = [sample for sample in samples if sample.id in truth]
    kept: list[tuple[Sample, tuple[Region, ...]]] = []
    squares: list[Seen] = []
    skipped: list[Skipped] = []
    digests: list[str] = []
    for sample in reading.bar(annotated, len(annotated), "read", "image", show=progress):
        regions = tuple(replace(r, shape=bounds(r.shape)) for r in truth[sample.id] if isinstance(r.shape, Flat))
        try:
            found = _squares(sample, regions, model, len(kept))
        except (ValueError, OSError) as error:
            skipped.append(Skipped(sample.uri, str(error)))
            continue
        kept.append((sample, regions))
        squares += found
        digests.append(_digest(sample, regions, found))
        _hold(squares, model)
    if not any(regions for _, regions in kept):
        raise ValueError(
            f"Training a detector needs things that people drew; the {len(kept)} annotated pictures hold none. Draw "
            "boxes around some."
        )
    return Lesson(
        *(tuple(sample for sample, _ in kept), tuple(regions for _, regions in kept), tuple(squares), tuple(skipped)),
        data_sha256=hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest(),
    )


def _squares(sample: Sample, regions: tuple[Region, ...], model: Model, number: int) -> list[Seen]:
    """Every window of the sample that shows something, and some of those that do not."""
    names = {label: place for place, label in enumerate(model.label_names)}
    found: list[Seen] = []
    side, seen = network.window(model), 0
    with View(sample, model.profile) as view:
        boxes, classes = _corners(regions) / view.scale, np.array([names[region.label] for region in regions], np.int64)
        for window in tiles(view.width, view.height, side, side // 4):
            shares, shown = windows.in_square(boxes, window, side)
            seen += not shown.any()
            if shown.any() or not regions or seen % _EMPTY == 0:
                square = windows.square(view.read(window), window, model)
                found.append(Seen(number, square.pixels, shares[shown].astype(np.float32), classes[shown]))
    return found


def _corners(regions: tuple[Region, ...]) -> Boxes:
    around = [bounds(region.shape) for region in regions if isinstance(region.shape, Flat)]
    sides = [(box.x, box.y, box.x + box.width, box.y + box.height) for box in around]
    return np.array(sides, np.float64).reshape(-1, 4)


def _digest(sample: Sample, regions: tuple[Region, ...], found: Sequence[Seen]) -> str:
    told = sorted(f"{region.label} {region.shape}" for region in regions)
    digest = hashlib.sha256(repr((sample.width, sample.height, told)).encode())
    for square in found:
        digest.update(square.pixels.tobytes())
    return digest.hexdigest()


def _hold(squares: Sequence[Seen], model: Model) -> None:
    if len(squares) * model.profile.size**2 * model.profile.channels > _MOST:
        raise ValueError(
            f"These pictures are more than {len(squares):,} windows of {network.window(model)} pixels, more than the "
            "memory takes. Train with fewer pictures, or with a larger window among the model's options."
        )


def classes(regions: Iterable[tuple[Region, ...]]) -> list[str]:
    """Every label that is drawn, in order."""
    return sorted({region.label for each in regions for region in each if isinstance(region.shape, Flat)})
