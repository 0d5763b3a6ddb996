"""Back from napari: what a person drew, moved, painted, renamed or deleted there, as annotations."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from imagine_kernels.images import masks
from imagine_kernels.records import Annotation, Region, from_json, new_id
from imagine_kernels.shapes import Flat, Mask, Point, TimeFrequency, Track
from imagine_widgets.napari import outlines, painting
from imagine_widgets.napari.going import OURS, Layer

TOOL = "napari"


@dataclass
class _Seen:
    """One region as it lies in the layers now: its label, and its parts, points or mask."""

    label: str
    parts: list[tuple[str, outlines.Corners]] = field(default_factory=list)
    shape: Flat | None = None


def from_napari(layers: Iterable[Any], author: str) -> tuple[Annotation, ...]:
    """One annotation for each sample, with what lies in the layers now, in the order of the samples.

    `layers` are those of a viewer (`viewer.layers`) or the tuples of `to_napari`. A region that was not touched comes
    back as it was, one that was changed keeps its id and is "corrected", one that was deleted is missing; a new one
    gets an id. Raises ValueError with a sentence where the layers did not come from `to_napari`.
    """
    tuples = [layer if isinstance(layer, tuple) else layer.as_layer_data_tuple() for layer in layers]
    about = next((made["metadata"][OURS] for _, made, _ in tuples if OURS in (made.get("metadata") or {})), None)
    if about is None:
        raise ValueError("These layers did not come from to_napari: there is no telling which samples they show.")
    sizes: dict[str, tuple[int, int]] = {sample: (width, height) for sample, width, height in about["samples"]}
    samples = [*sizes]
    kept = {s: {r["id"]: from_json(r) for r in about["regions"].get(s, ())} for s in samples}
    seen = _seen(tuples, samples, kept)
    return tuple(
        Annotation(sample, tuple(_regions(kept[sample], seen[sample], sizes[sample])), author, tool=TOOL)
        for sample in samples
    )


def _seen(tuples: list[Layer], samples: list[str], kept: dict[str, dict[str, Region]]) -> dict[str, dict[str, _Seen]]:
    seen: dict[str, dict[str, _Seen]] = {sample: {} for sample in samples}
    for data, made, kind in tuples:
        if OURS not in (made.get("metadata") or {}):
            continue  # a layer of her own, which says nothing about samples
        if kind == "shapes":
            _see_shapes(seen, samples, data, made)
        elif kind == "points":
            _see_points(seen, samples, data, made)
        elif kind == "labels":
            _see_masks(seen, samples, data, made, kept)
    return seen


def _see_shapes(seen: dict[str, dict[str, _Seen]], samples: list[str], data: Any, made: dict[str, Any]) -> None:  # noqa: ANN401
    taken: set[tuple[str, str, int]] = set()
    kinds = _kinds(made, len(data))
    for corners, kind, row in zip(data, kinds, _rows(made, len(data)), strict=True):
        page, flat = _split(np.asarray(corners, float), len(samples))
        sample, part = samples[page], int(row.get("part") or 0)
        identity = row["id"]
        if not identity or (sample, identity, part) in taken:
            identity, part = new_id(), 0  # newly drawn, or a copy of another
        taken.add((sample, identity, part))
        seen[sample].setdefault(identity, _Seen(row["label"])).parts.append((kind, flat))


def _see_points(seen: dict[str, dict[str, _Seen]], samples: list[str], data: Any, made: dict[str, Any]) -> None:  # noqa: ANN401
    for place, row in zip(data, _rows(made, len(data)), strict=True):
        page, flat = _split(np.asarray(place, float)[None], len(samples))
        sample = samples[page]
        identity = row["id"] if row["id"] and row["id"] not in seen[sample] else new_id()
        seen[sample][identity] = _Seen(row["label"], shape=Point(float(flat[0, 1]) + 0.5, float(flat[0, 0]) + 0.5))


def _see_masks(
    seen: dict[str, dict[str, _Seen]],
    samples: list[str],
    data: Any,  # noqa: ANN401
    made: dict[str, Any],
    kept: dict[str, dict[str, Region]],
) -> None:
    features: Any = made["features"]
    table = {int(i): (str(n), str(r)) for i, n, r in zip(*(features[c] for c in ("index", "label", "id")), strict=True)}
    for sample, number, mask in painting.read(np.asarray(data), samples):
        label, identity = table.get(number, ("", ""))
        if not label:
            raise ValueError(
                f"{made['name']}: the number {number} is painted on {sample}, and its layer's features do not say what "
                "it is: add a row with index, label and an empty id."
            )
        is_known = identity in kept[sample] and identity not in seen[sample]
        seen[sample][identity if is_known else new_id()] = _Seen(label, shape=mask)


def _kinds(made: dict[str, Any], count: int) -> list[str]:
    kinds = made["shape_type"]
    return [kinds] * count if isinstance(kinds, str) else [str(kind) for kind in kinds]


def _rows(made: dict[str, Any], count: int) -> Iterator[dict[str, Any]]:
    features = made["features"]
    columns = {name: list(features[name]) for name in ("label", "id", "part") if name in features}
    for number in range(count):
        row = {name: values[number] for name, values in columns.items()}
        yield {**row, "label": str(row.get("label") or ""), "id": str(row.get("id") or "")}


def _split(corners: outlines.Corners, samples: int) -> tuple[int, outlines.Corners]:
    """The page and the corners on it; beside the first or last page they belong to that."""
    if corners.shape[1] == 2:
        return 0, corners
    return min(max(round(float(corners[0, 0])), 0), samples - 1), corners[:, 1:]


def _regions(kept: dict[str, Region], seen: dict[str, _Seen], size: tuple[int, int]) -> Iterator[Region]:
    """In the order in which they went; new ones last."""
    for identity, region in kept.items():
        if not _is_shown(region, size):
            yield region
        elif identity in seen:
            yield _now(region, seen[identity], size)
    for identity, found in seen.items():
        if identity not in kept:
            yield Region(found.label, shape=found.shape or outlines.shape(found.parts), id=identity)


def _is_shown(region: Region, size: tuple[int, int]) -> bool:
    if isinstance(region.shape, Mask):
        return masks.painted(region.shape, *size) is not None
    return region.shape is not None and not isinstance(region.shape, TimeFrequency | Track)


def _now(region: Region, found: _Seen, size: tuple[int, int]) -> Region:
    moved = not _is_in_place(region.shape, found, size)
    if not moved and found.label == region.label:
        return region
    shape = (found.shape or outlines.shape(found.parts)) if moved else region.shape
    return replace(region, label=found.label, shape=shape, score=None, scores={}, state="corrected")


def _is_in_place(shape: Any, found: _Seen, size: tuple[int, int]) -> bool:  # noqa: ANN401
    if isinstance(shape, Point) and isinstance(found.shape, Point):
        return outlines.is_at(shape, found.shape)
    if isinstance(shape, Mask):
        return masks.painted(shape, *size) == found.shape
    return outlines.is_same(outlines.drawn(shape), found.parts)
