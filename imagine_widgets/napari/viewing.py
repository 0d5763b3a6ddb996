"""A window of napari with samples and regions in it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from imagine_kernels.records import Annotation, Prediction, Sample
from imagine_widgets.napari.going import to_napari

if TYPE_CHECKING:
    import napari


def show(
    samples: Iterable[Sample], regions: Iterable[Annotation | Prediction] = (), *, labels: Sequence[str] = ()
) -> "napari.Viewer":
    """Open napari on samples; `from_napari(viewer.layers, author)` reads what was drawn.

    Raises RuntimeError with a sentence where there is no screen; ValueError as `to_napari` does.
    """
    import os
    import sys

    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise RuntimeError("napari needs a screen: open it from the Desktop card of the launcher.")
    import napari
    from napari.layers import Layer as Made

    layers = to_napari(samples, regions, labels=labels)
    viewer = napari.Viewer(title="napari")
    for layer in layers:
        viewer.add_layer(Made.create(*layer))
    viewer.scale_bar.visible = "units" in layers[0][1]
    return viewer
