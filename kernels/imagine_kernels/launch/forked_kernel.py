"""A kernel in a fork of the warm process: what a fresh interpreter would read from its environment, then ipykernel.

The warm process notes, before it forks, what its modules took from an environment that was not the person's.
"""

import contextlib
import locale
import os
import sys
import time
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from imagine_kernels.launch import leases
from imagine_kernels.launch.settling import Job

LAUNCHER = "ipykernel_launcher"
INLINE = "module://matplotlib_inline.backend_inline"
_NO_HOME = "/dev/null/home"
"""A home in which nothing can be made."""
_bound: list[tuple[dict[str, Any], str]] = []
"""Modules and names that hold a path below the home of the process that imported them."""
_added: dict[str, str] = {}
"""Variables that modules put into the environment when they are imported; places are not among them."""
_names: set[str] = set()
_files: list[str] = []
"""The modules of the warm process, and where they came from."""
_pools: list[Any] = []
"""The libraries that compute with threads."""


def task(python: str) -> str:
    """What a warm process is asked for: a kernel of the environment that `python` belongs to, and of no other."""
    return f"kernel of {Path(python).absolute().parents[1]}"


@contextlib.contextmanager
def without_home() -> Iterator[None]:
    """Modules imported in here take a home that is nobody's; what they keep of it is noted."""
    before = dict(os.environ)
    # matplotlib's list of fonts takes seconds to make, and is the machine's rather than the person's
    os.environ.setdefault("MPLCONFIGDIR", str(Path.home() / ".cache" / "matplotlib"))
    os.environ["HOME"] = _NO_HOME
    try:
        yield
    finally:
        _added.update({name: value for name, value in os.environ.items() if name not in before and "/" not in value})
        os.environ.clear()
        os.environ.update(before)
    for own, module in list(sys.modules.items()):
        names = vars(module) if own != __name__ and hasattr(module, "__dict__") else {}
        _bound.extend((names, name) for name, value in list(names.items()) if _below_no_home(value))


def _below_no_home(value: object) -> bool:
    return type(value) in (str, type(Path())) and str(value).startswith(_NO_HOME)


def make_ready() -> None:
    """To be called once all is imported: finds what each kernel would search for, at the same place, again."""
    import matplotlib as mpl
    from threadpoolctl import ThreadpoolController

    _pools.extend(ThreadpoolController().lib_controllers)  # type: ignore[no-untyped-call]
    mpl.rcParams["backend"] = INLINE  # is looked for among the entry points of all packages
    _names.update(sys.modules)
    _files.extend(file for module in list(sys.modules.values()) if (file := getattr(module, "__file__", None)))


def run(job: Job) -> None:
    """Is the kernel until it ends: what `python -m ipykernel_launcher` with these arguments would be."""
    arguments = list(job.argv[job.argv.index(LAUNCHER) + 1 :])
    _as_if_started()
    _threads()
    _plots()
    leases.cap_memory()
    import ipykernel_launcher
    import ipywidgets
    from ipykernel.kernelapp import IPKernelApp

    sys.argv[:] = [str(ipykernel_launcher.__file__), *arguments]
    # the process that forked this is not the one it works for: whoever asked for it is watched instead of a parent
    app: Any = IPKernelApp.instance(parent_handle=1)
    with _modules_left_alone(app):
        app.initialize(arguments)
    ipywidgets.register_comm_target()  # which its import does in a kernel
    app.start()


class _Sys:
    """The module sys, but that it names no modules."""

    modules: Mapping[str, types.ModuleType] = types.MappingProxyType({})

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(sys, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(sys, name, value)


@contextlib.contextmanager
def _modules_left_alone(app: Any) -> Iterator[None]:  # noqa: ANN401
    """Keeps a kernel that begins from listing all modules and their files: both lists are there already.

    Who asks an object writes to its memory: each kernel would have 20 MB of its own instead of sharing them.
    """
    from ipykernel import ipkernel
    from IPython.core import shellapp

    listing: tuple[Any, ...] = (ipkernel, shellapp)
    for module in listing:
        module.sys = _Sys()
    try:
        yield
    finally:
        for module in listing:
            module.sys = sys
    app.shell._sys_modules_keys = _names  # noqa: SLF001 - what %reset leaves
    app.kernel._kernel_modules = _files  # noqa: SLF001 - what the debugger steps over
    if app.kernel.debugger is not None:
        app.kernel.debugger.kernel_modules = _files


def _as_if_started() -> None:
    """What Python and many a module read from the environment once."""
    os.environ.update({name: value for name, value in _added.items() if name not in os.environ})
    time.tzset()
    with contextlib.suppress(locale.Error):
        locale.setlocale(locale.LC_CTYPE, "")
    home = str(Path.home())
    for names, name in _bound:
        names[name] = type(names[name])(str(names[name]).replace(_NO_HOME, home, 1))


def _threads() -> None:
    """The granted cores; the warm process has one thread only, or its forks would wait for threads they lack."""
    import torch

    from imagine_kernels.tasks import compute

    count = compute.granted()
    if count > 1:
        for pool in _pools:
            pool.set_num_threads(count)
        torch.set_num_threads(count)


def _plots() -> None:
    """The person's own settings of matplotlib, and pictures below the cell."""
    import matplotlib as mpl

    for name, said in (("get_configdir", "CONFIGDIR=%s"), ("get_cachedir", "CACHEDIR=%s")):
        with contextlib.suppress(AttributeError):  # they remember what they said first
            setattr(mpl, name, mpl._logged_cached(said)(getattr(mpl, name).__wrapped__))  # type: ignore[attr-defined]  # noqa: SLF001
    configured = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "matplotlib"
    settings = Path(os.environ.get("MPLCONFIGDIR") or configured) / "matplotlibrc"
    if "MATPLOTLIBRC" in os.environ or settings.exists() or Path("matplotlibrc").exists():
        mpl.rc_file(mpl.matplotlib_fname())
    mpl.rcParams["backend"] = os.environ.get("MPLBACKEND") or INLINE
