"""YOLO for oriented boxes: as `yolo`, with four corners in each row."""

from imagine_widgets.formats import yolo, yolo_shapes

FORMAT = yolo.of_task("yolo_oriented", "YOLO (oriented boxes)", "obb", yolo_shapes.corners)
