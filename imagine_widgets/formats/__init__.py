"""Labels of other tools in and out, one small file per format; what a format cannot hold is told before it is written.

>>> labels = read("instances.json")
>>> losses(labels, "yolo")
>>> write(labels, "labels", "yolo")
"""

from imagine_widgets.formats.exchange import convert, detect, formats, losses, read, write
from imagine_widgets.formats.labels import Labels, Term
from imagine_widgets.formats.losses import Loss

__all__ = ["Labels", "Loss", "Term", "convert", "detect", "formats", "losses", "read", "write"]
