"""Predictions → results of a project's own labelling page; what the page has no place for is counted and told."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from imagine_kernels.records import Json, Prediction, Region, Sample
from imagine_kernels.serve.page import Page
from imagine_kernels.shapes import Box, Mask, MultiPolygon, Polygon, RotatedBox, Shape, TimeFrequency, Track, bounds
from imagine_widgets.formats import label_studio_results
from imagine_widgets.formats.vertices import outline


def prediction(said: Prediction, sample: Sample, page: Page | None, missed: Counter[str]) -> Json:
    """One prediction as Label Studio takes it. Without a page the parts are called as the bridge calls them."""
    found = [one for region in said.regions for one in _entries(said, region, sample, page, missed)]
    scores = [region.score for region in said.regions if region.score is not None]
    score = sum(scores) / len(scores) if scores else None
    return {"result": found, "score": score, "model_version": f"{said.model}@{said.weights[:8]}"}


def left_out(missed: Counter[str]) -> list[str]:
    """A sentence for each class or shape that the page has no place for."""
    return [f"{count} × {name}: the labelling page has no place for it." for name, count in sorted(missed.items())]


def _entries(said: Prediction, region: Region, sample: Sample, page: Page | None, missed: Counter[str]) -> list[Json]:
    for shape in _drawable(region.shape):
        made = label_studio_results.result(replace(said, regions=(replace(region, shape=shape),)), sample, {})
        if page is None:
            return made
        if (control := page.control(made[0]["type"], region.label)) is not None:
            return [made[0] | {"from_name": control.name, "to_name": control.about}]
    known = page is not None and page.offers(region.label)
    missed[f"{region.label} as {_called(region.shape)}" if known else region.label] += 1
    return []


def _drawable(shape: Shape | None) -> Iterator[Shape | None]:
    """The shape, then what a page without a place for it may have one for: its outline, the box around it."""
    yield shape
    if isinstance(shape, Mask | MultiPolygon) and len(points := outline(shape)) >= 3:
        yield Polygon(points)
    if isinstance(shape, RotatedBox):
        yield Polygon(shape.corners())
    if shape is not None and not isinstance(shape, Box | TimeFrequency | Track):
        yield bounds(shape)


def _called(shape: Shape | None) -> str:
    return "a name of the whole picture" if shape is None else f"a {type(shape).__name__}"
