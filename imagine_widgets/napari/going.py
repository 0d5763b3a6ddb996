"""To napari: samples and what people or models said of them, as the tuples napari makes layers of."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from imagine_kernels.records import Annotation, Prediction, Region, Sample, to_json
from imagine_kernels.shapes import Mask, Point
from imagine_widgets.napari import outlines, painting, stack
from imagine_widgets.palette import COLOURS

Layer = tuple[Any, dict[str, Any], str]
"""Data, what the layer is made with, and its kind: napari's own exchange format of layers."""
OURS = "imagine"
"""The key of what travels along in a layer's metadata."""
NEW = "new"
"""The label of what a person draws, until she says another or the classes are given."""


def to_napari(
    samples: Iterable[Sample], regions: Iterable[Annotation | Prediction] = (), *, labels: Sequence[str] = ()
) -> list[Layer]:
    """Layers for `viewer.add_layer(Layer.create(*layer))`: the pictures, then masks, shapes and points.

    Several samples become one stack with a slider; of one sample the slider is missing. `labels` are the classes to
    draw with: the first is what a new shape is called. Raises ValueError with a sentence for no samples, for regions of
    a sample that is not among them, and for a sample too large to stand in a stack.
    """
    shown = tuple(samples)
    if not shown:
        raise ValueError("napari needs at least one sample.")
    said = _by_sample(shown, regions)
    flat = len(shown) == 1
    data = stack.picture(shown[0]) if flat else stack.Stack(shown)
    sides = data.shape[:2] if flat else data.shape[:3]
    about = {OURS: {"samples": [(s.id, s.width, s.height) for s in shown], "regions": _kept(said)}}
    common: dict[str, Any] = {"metadata": about, **_scale(shown, len(sides))}
    picture = {"name": shown[0].id if flat else "samples", "rgb": data.ndim > len(sides), **common}
    first = labels[0] if labels else NEW
    return [
        (data, picture, "image"),
        *_masks(said, sides, common),
        _outlined(said, len(sides), common, first),
        _points(said, len(sides), common, first),
    ]


def _by_sample(
    shown: Sequence[Sample], regions: Iterable[Annotation | Prediction]
) -> dict[str, tuple[int, list[Region]]]:
    said: dict[str, tuple[int, list[Region]]] = {s.id: (page, []) for page, s in enumerate(shown)}
    for record in regions:
        if record.sample_id not in said:
            raise ValueError(f"There are regions of {record.sample_id}, which is not among the samples for napari.")
        said[record.sample_id][1].extend(record.regions)
    return said


def _kept(said: Mapping[str, tuple[int, list[Region]]]) -> dict[str, list[dict[str, Any]]]:
    return {sample: [to_json(region) for region in regions] for sample, (_, regions) in said.items()}


def _scale(shown: Sequence[Sample], dimensions: int) -> dict[str, Any]:
    """Physical lengths, where all samples have one pixel size: napari's ruler then says them."""
    sizes = {sample.pixel_size for sample in shown}
    size = sizes.pop() if len(sizes) == 1 else None
    if size is None:
        return {}
    before = dimensions - 2
    return {"scale": (*[1.0] * before, size.value, size.value), "units": (*["pixel"] * before, size.unit, size.unit)}


def _masks(said: Mapping[str, tuple[int, list[Region]]], sides: tuple[int, ...], common: dict[str, Any]) -> list[Layer]:
    found = (
        (page, sample, region.id, region.shape)
        for sample, (page, regions) in said.items()
        for region in regions
        if isinstance(region.shape, Mask)
    )
    names = {(sample, region.id): region.label for sample, (_, regions) in said.items() for region in regions}
    layers = []
    for number, painted in enumerate(painting.paint(sides, found), 1):
        features = {
            "index": [0, *painted.regions],
            "label": ["", *(names[place] for place in painted.regions.values())],
            "id": ["", *(identity for _, identity in painted.regions.values())],
        }
        name = "masks" if number == 1 else f"masks {number}"
        layers.append((painted.numbers, {"name": name, "features": features, **common}, "labels"))
    return layers


def _outlined(
    said: Mapping[str, tuple[int, list[Region]]], dimensions: int, common: dict[str, Any], first: str
) -> Layer:
    rows = [
        (page, sample, region, kind, corners, part)
        for sample, (page, regions) in said.items()
        for region in regions
        if region.shape is not None
        for part, (kind, corners) in enumerate(_drawn(region))
    ]
    data = [np.column_stack([np.full(len(corners), page), corners]) for page, *_, corners, _ in rows]
    features = {
        "label": [region.label for _, _, region, *_ in rows],
        "id": [region.id for _, _, region, *_ in rows],
        "part": [part for *_, part in rows],
    }
    made = {
        "name": "shapes",
        "ndim": dimensions,
        "shape_type": [kind for *_, kind, _, _ in rows],
        "features": _table(features),
        "edge_width": 2,
        "face_color": "transparent",
        **_colours("edge", rows, first),
        **common,
    }
    return (data if dimensions == 3 else [corners[:, 1:] for corners in data], made, "shapes")


def _drawn(region: Region) -> list[tuple[str, outlines.Corners]]:
    from imagine_kernels.shapes import TimeFrequency, Track

    return (
        [] if region.shape is None or isinstance(region.shape, TimeFrequency | Track) else outlines.drawn(region.shape)
    )


def _points(said: Mapping[str, tuple[int, list[Region]]], dimensions: int, common: dict[str, Any], first: str) -> Layer:
    rows = [
        (page, region, region.shape)
        for page, regions in said.values()
        for region in regions
        if isinstance(region.shape, Point)
    ]
    data = np.array([(page, point.y - 0.5, point.x - 0.5) for page, _, point in rows]).reshape(-1, 3)
    features = {"label": [region.label for _, region, _ in rows], "id": [region.id for _, region, _ in rows]}
    made = {
        "name": "points",
        "ndim": dimensions,
        "features": _table(features),
        "size": 8,
        **_colours("border", rows, first),
    }
    return data[:, 3 - dimensions :], {**made, "face_color": "transparent", **common}, "points"


def _table(columns: Mapping[str, object]) -> Any:  # noqa: ANN401
    """A table for napari: one without rows must not take its columns for numbers."""
    import pandas as pd

    return pd.DataFrame(columns, dtype=object)


def _colours(what: str, rows: Sequence[object], first: str) -> dict[str, Any]:
    """Lines coloured by class, safe for colour-blind eyes; what is new is of the first class and has no id yet."""
    new = {"label": first, "id": "", **({"part": 0} if what == "edge" else {})}
    by_class = (
        {f"{what}_color": "label", f"{what}_color_cycle": list(COLOURS)} if rows else {f"{what}_color": COLOURS[0]}
    )
    text = {"string": "{label}", "size": 9, "color": "white", "anchor": "upper_left"} if rows else None
    return {**by_class, "feature_defaults": new, "text": text}
