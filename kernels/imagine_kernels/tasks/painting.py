"""Samples with regions that people drew → pictures and the class number of each pixel: what pixels are taught with."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from imagine_kernels.images import Pixels, Window, masks, tiles
from imagine_kernels.records import Region, Sample, Skipped
from imagine_kernels.shapes import Box, Ellipse, Mask, MultiPolygon, Polygon, RotatedBox
from imagine_kernels.sources.masks import UNJUDGED
from imagine_kernels.tasks import reading
from imagine_kernels.tasks.views import View
from imagine_kernels.use_case import Model

Kinds = npt.NDArray[np.uint8]
"""(height, width): 0 for no class, else its number from 1 in the order of the model's; `LEFT_OUT` where nobody told."""
LEFT_OUT = 255
_PIECE = 1024
_MOST = 600_000_000
"""Pixels that are held in memory to learn from."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A picture, or a part of a large one, at the model's scale; `sample` is the number of its sample."""

    sample: int
    pixels: Pixels
    kinds: Kinds


@dataclass(frozen=True, eq=False)
class Gallery:
    """Everything to learn from: the samples that could be read, their regions, and their pieces."""

    samples: tuple[Sample, ...]
    regions: tuple[tuple[Region, ...], ...]
    pieces: tuple[Piece, ...]
    skipped: tuple[Skipped, ...]
    data_sha256: str

    @property
    def contents(self) -> tuple[str, ...]:
        """Which classes each sample shows, as a word: what a split is made even by."""
        return tuple("+".join(sorted({region.label for region in some})) or "nothing" for some in self.regions)


def names(truth: Mapping[str, Sequence[Region]]) -> tuple[str, ...]:
    """The classes that people painted."""
    return tuple(sorted({region.label for regions in truth.values() for region in regions} - {UNJUDGED}))


def prepare(
    samples: Iterable[Sample], truth: Mapping[str, tuple[Region, ...]], model: Model, *, progress: bool
) -> Gallery:
    """Reads the samples that have regions in `truth`. Raises ValueError with a sentence where they do not suffice."""
    kept: list[Sample] = []
    pieces: list[Piece] = []
    skipped: list[Skipped] = []
    told: list[str] = []
    labelled = [sample for sample in samples if sample.id in truth]
    for sample in reading.bar(labelled, len(labelled), "read", "image", show=progress):
        try:
            more = _pieces(sample, truth[sample.id], model, len(kept))
        except (ValueError, OSError) as error:
            skipped.append(Skipped(sample.uri, str(error)))
            continue
        kept.append(sample)
        pieces += more
        told += [hashlib.sha256(piece.pixels.tobytes() + piece.kinds.tobytes()).hexdigest() for piece in more]
        if sum(piece.kinds.size for piece in pieces) > _MOST:
            raise ValueError(f"More than {_MOST // 10**6} million pixels are too many to learn from: give fewer.")
    seen = {int(kind) for piece in pieces for kind in np.unique(piece.kinds)} - {LEFT_OUT}
    if len(seen) < 2:
        what = "no picture with a mask can be read" if not pieces else "all pixels are of one class"
        raise ValueError(f"Training needs pixels of two classes at least, or of one and of none: {what}.")
    digest = hashlib.sha256("\n".join(sorted(told)).encode()).hexdigest()
    return Gallery(tuple(kept), tuple(truth[s.id] for s in kept), tuple(pieces), tuple(skipped), digest)


def _pieces(sample: Sample, regions: Sequence[Region], model: Model, number: int) -> list[Piece]:
    with View(sample, model.profile) as view:
        windows = tiles(view.width, view.height, _PIECE)
        return [Piece(number, view.read(window), kinds(regions, view, window, model)) for window in windows]


def kinds(regions: Sequence[Region], view: View, window: Window, model: Model) -> Kinds:
    """The class number of each pixel of a window of the view; smaller regions lie on larger ones.

    Where the model's options say so, the rim of things is made wider by `widen` pixels on its inner side: a rim of a
    pixel or two is lost on a network. Raises ValueError with a sentence for a region without an area or of a class the
    model does not know.
    """
    more = int(str(model.options.get("widen", 0)))
    if not more or "rim" not in model.options:
        return _painted(regions, view, window, model)
    left, top = max(0, window.x - more), max(0, window.y - more)
    right = min(view.width, window.x + window.width + more)
    bottom = min(view.height, window.y + window.height + more)
    painted = _painted(regions, view, Window(left, top, right - left, bottom - top), model)
    rim = model.label_names.index(str(model.options["rim"])) + 1
    near = ndimage.distance_transform_edt(painted != rim) <= more if (painted == rim).any() else painted < 0
    painted[near & (painted > 0) & (painted != LEFT_OUT)] = rim
    return painted[window.y - top :, window.x - left :][: window.height, : window.width]


def _painted(regions: Sequence[Region], view: View, window: Window, model: Model) -> Kinds:
    rows = _centres(window.y, window.height, view.scale, view.size[1])
    columns = _centres(window.x, window.width, view.scale, view.size[0])
    left, top = int(columns[0]), int(rows[0])
    seen = Window(left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1)
    painted = np.zeros((window.height, window.width), np.uint8)
    number = {name: place for place, name in enumerate(model.label_names, start=1)} | {UNJUDGED: LEFT_OUT}
    for region in sorted(regions, key=_size, reverse=True):
        shape = region.shape
        if region.label not in number or not isinstance(
            shape, Mask | Polygon | MultiPolygon | Box | RotatedBox | Ellipse
        ):
            raise ValueError(_strange(region, model))
        inside = masks.inside(shape, seen)
        if view.scale != 1.0:
            inside = inside[np.ix_(rows - top, columns - left)]
        painted[inside] = number[region.label]
    return painted


def _strange(region: Region, model: Model) -> str:
    if region.label in model.label_names:
        return f"A region called {region.label!r} has no area that a model of pixels could learn: paint or outline it."
    return f"{region.label!r} is not a class of {model.name}, which knows {', '.join(model.label_names)}."


def _size(region: Region) -> float:
    return (
        masks.area(region.shape)
        if isinstance(region.shape, Mask | Polygon | MultiPolygon | Box | RotatedBox | Ellipse)
        else 0.0
    )


def _centres(start: int, count: int, scale: float, most: int) -> npt.NDArray[np.int64]:
    """The sample's pixel at the centre of each of the view's, along one side."""
    places: npt.NDArray[np.int64] = ((np.arange(start, start + count) + 0.5) * scale).astype(np.int64)
    return np.minimum(places, most - 1)
