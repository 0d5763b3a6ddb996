"""YOLO for segmentation: as `yolo`, with an outline in each row."""

from imagine_widgets.formats import yolo, yolo_shapes

FORMAT = yolo.of_task("yolo_segmentation", "YOLO (segmentation)", "segment", yolo_shapes.outlines)
