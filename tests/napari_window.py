"""Opens napari on a picture with regions, draws a shape as a person would, saves a screenshot and what came back."""

import json
import sys
import warnings
from pathlib import Path

import numpy as np

from imagine_kernels.records import Annotation, Region, Sample, to_json
from imagine_kernels.shapes import Box, Mask, Point
from imagine_widgets.napari import classes_dock, from_napari, show


def main(folder: Path) -> None:
    """Say what was seen in `folder`."""
    warnings.simplefilter("ignore")
    sample = Sample("sea.png", str(folder / "sea.png"), 200, 120)
    box = Region("fish", shape=Box(20, 30, 60, 40), id="box")
    mask = Region("egg", shape=Mask(120, 20, 30, 30, (0, 900)), id="mask")
    point = Region("eye", shape=Point(160, 90), id="point")
    viewer = show([sample], [Annotation("sea.png", (box, mask, point), "ana")], labels=["fish"])
    viewer.layers["shapes"].add_polygons(np.array([[80.0, 100.0], [110.0, 100.0], [110.0, 140.0]]))
    chooser = classes_dock.add(viewer, ["fish", "eel"])
    viewer.layers["shapes"].selected_data = {1}
    chooser.setCurrentText("eel")
    viewer.layers["points"].add([10.0, 10.0])
    picture = viewer.screenshot(str(folder / "window.png"), canvas_only=True, flash=False)
    (annotation,) = from_napari(viewer.layers, "me")
    viewer.close()
    said = {"regions": [to_json(region) for region in annotation.regions], "colours": len(np.unique(picture[::4, ::4]))}
    (folder / "said.json").write_text(json.dumps(said), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
