"""What the warm process of kernels holds ready: imported modules, and the models of every use case, read and built.

Nothing here starts a thread, a loop or a socket, computes with more than one thread, or asks for a graphics card.
"""

import contextlib
import gc
import importlib
import logging
import os
import sys
from collections.abc import Callable, Iterator
from importlib import util
from pathlib import Path

from imagine_kernels import use_case
from imagine_kernels.launch import forked_kernel, kernelspec

FIRST = ("torch", "timm", "ipykernel.kernelapp", "ipykernel.debugger", "ipywidgets", "anywidget")
NOTEBOOKS = (
    *(f"imagine_kernels.{name}" for name in ("evaluate", "measure", "plots", "predict", "records", "report")),
    *(f"imagine_kernels.{name}" for name in ("sources", "tables", "tracking", "train", "tasks.pace", "tasks.reading")),
    *(f"imagine_widgets.{name}" for name in ("grid", "label_studio")),
    "imagine_kernels.launch.sentences",
)
"""What our notebooks import."""
LATE = (
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.core.pylabtools",
    "IPython.extensions.storemagic",
    "PIL.ImageOps",
    "PIL.JpegImagePlugin",
    "PIL.PngImagePlugin",
    "argcomplete.completers",
    "faulthandler",
    "ipykernel_launcher",
    "matplotlib.backends.backend_agg",
    "matplotlib.pyplot",
    "matplotlib_inline.config",
    "pandas",
    "pandas.io.formats.html",
    "pint",
    "psutil",
    "scipy.special",
    "simplejpeg",
    "sqlite3",
    "tornado.platform.asyncio",
    "tqdm.notebook",
    "traitlets.config.argcomplete_config",
)
"""What a kernel imports while it starts and in its first cells, found by comparing; one that is gone is no harm."""
ASKING_WHERE = ("matplotlib_inline.backend_inline", "tqdm.auto", "tqdm.autonotebook")
"""Look, when they are imported, whether they are in a notebook: each kernel shall import them itself."""
OURS = ("imagine_kernels", "imagine_widgets")
_log = logging.getLogger(__name__)


def everything() -> Callable[[], str]:
    """Imports and reads it all; the answer tells, whenever asked, why none of it may be used any more, or nothing."""
    os.environ["JE_ARROW_MALLOC_CONF"] = "background_thread:false"  # pyarrow's memory would come with a thread
    os.environ.update(kernelspec.PATIENT)
    with forked_kernel.without_home():
        for name in (*FIRST, *NOTEBOOKS):
            importlib.import_module(name)
        for name in LATE:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        weights = list(_models())
    forked_kernel.make_ready()
    for name in ASKING_WHERE:
        sys.modules.pop(name, None)
    before = {file: _mark(file) for file in (*_sources(), *weights, *_environment())}
    gc.collect()
    gc.freeze()  # no fork's garbage collection touches what all share
    return lambda: _stale(before)


def _models() -> Iterator[Path]:
    """Reads and builds the models of every use case; yields the files they came from. One that fails is left out."""
    for case in use_case.every():
        for model in case.models:
            task = importlib.import_module(f"imagine_kernels.tasks.{model.task}")
            weights = case.folder / model.weights
            try:
                task.preload(model, weights)
            except (OSError, ValueError) as error:
                _log.warning("The model %s of %s is not held ready: %s", model.name, case.name, error)
            yield weights


def _sources() -> Iterator[Path]:
    """The files of our own modules that are imported."""
    for name, module in sys.modules.items():
        if name.partition(".")[0] in OURS and (file := getattr(module, "__file__", None)):
            yield Path(file)


def _environment() -> Iterator[Path]:
    """What changes when something is installed: the note of the installer, and the folder of all packages."""
    yield Path(sys.prefix) / ".imagine-made.json"
    if (found := util.find_spec("torch")) is not None and found.origin:
        yield Path(found.origin).parents[1]


def _mark(file: Path) -> tuple[int, int, int]:
    try:
        found = file.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def _stale(before: dict[Path, tuple[int, int, int]]) -> str:
    for file, mark in before.items():
        if _mark(file) != mark:
            return f"{file} has changed since the warm process of kernels began."
    torch = sys.modules["torch"]
    return "The warm process of kernels has used a graphics card." if torch.cuda.is_initialized() else ""
