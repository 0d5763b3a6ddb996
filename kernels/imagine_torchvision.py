"""Let torchvision load beside a CPU-only torch; loaded at interpreter start by imagine_torchvision.pth.

The published torchvision links CUDA, so next to a CPU torch its native operators are missing and `import timm` fails
with "operator torchvision::nms does not exist". This hook declares the two operators torchvision registers shapes for
before it is imported, with numpy behind `nms`. Where torch has CUDA, or the native library loads, it does nothing.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def _greedy_nms(boxes: Any, scores: Any, iou_threshold: float) -> Any:
    """Indices kept, by falling score: boxes (N, 4) as x1, y1, x2, y2, scores (N,)."""
    import numpy as np
    import torch

    x1, y1, x2, y2 = boxes.detach().to(torch.float64).cpu().numpy().T
    area = (x2 - x1) * (y2 - y1)
    order = scores.detach().argsort(descending=True, stable=True).cpu().numpy()
    kept = []
    while order.size:
        first, rest = order[0], order[1:]
        kept.append(first)
        width = np.clip(np.minimum(x2[first], x2[rest]) - np.maximum(x1[first], x1[rest]), 0, None)
        height = np.clip(np.minimum(y2[first], y2[rest]) - np.maximum(y1[first], y1[rest]), 0, None)
        overlap = width * height
        with np.errstate(divide="ignore", invalid="ignore"):
            iou = overlap / (area[first] + area[rest] - overlap)
        order = rest[~(iou > iou_threshold)]
    return torch.as_tensor(np.asarray(kept, dtype=np.int64), device=boxes.device)


def _native_library_loads(location: str) -> bool:
    """Try the library that ships with torchvision at `location`."""
    import torch

    for library in Path(location).glob("_C*.so"):
        try:
            torch.ops.load_library(str(library))
        except OSError:
            return False
        return True
    return False


def _prepare(location: str) -> bool:
    """Declare the operators where they are missing; true when torchvision must be told afterwards."""
    import torch

    if torch.version.cuda is not None or torch.version.hip is not None or _native_library_loads(location):
        return False
    library = torch.library.Library("torchvision", "DEF")
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    for name in ("nms", "qnms"):
        library.impl(name, _greedy_nms, "CPU")
    globals()["_library"] = library  # the operators live as long as this object
    return True


class _Loader(importlib.abc.Loader):
    """Runs torchvision's own loader between the declaration and the note that operators exist."""

    def __init__(self, inner: importlib.abc.Loader, location: str) -> None:
        self.inner, self.location = inner, location

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType | None:
        return self.inner.create_module(spec)

    def exec_module(self, module: types.ModuleType) -> None:
        declared = _prepare(self.location)
        self.inner.exec_module(module)
        if declared:
            sys.modules["torchvision.extension"]._has_ops = lambda: True  # type: ignore[attr-defined]


class _Finder(importlib.abc.MetaPathFinder):
    """Wraps the loader of `torchvision`. Stays in place, since some libraries only probe with find_spec."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != "torchvision":
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None and spec.submodule_search_locations:
            spec.loader = _Loader(spec.loader, next(iter(spec.submodule_search_locations)))
        return spec


if not any(type(finder).__name__ == "_Finder" and type(finder).__module__ == __name__ for finder in sys.meta_path):
    sys.meta_path.insert(0, _Finder())
