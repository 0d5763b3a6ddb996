"""Writes one kernelspec per use case into this environment, so that JupyterLab and papermill find them by name.

Run by the installer as `python -m imagine_kernels.launch.kernelspec`, with the interpreter the kernels shall have.
"""

import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imagine_kernels import environment, use_case

SENTENCES = "imagine_kernels.launch.sentences"
PROVISIONER = "imagine-warm"
"""The name of launch/provisioner.py among the entry points; Jupyter hides a kernelspec whose provisioner it lacks."""
PATIENT = {"OPENBLAS_THREAD_TIMEOUT": "4"}
"""Threads of numpy sleep when there is nothing to do, rather than spin: the smallest power of two it takes."""
LOGO_SIDES = (32, 64)


def write(prefix: Path | None = None) -> list[Path]:
    """Writes the kernelspecs below `prefix` (by default this environment) and returns their folders.

    One for each use case, named and titled as it is, and `python3` for work that belongs to none. A kernelspec of a
    use case that is no longer there goes. Raises OSError where the folder cannot be written.
    """
    kernels = (prefix or Path(sys.prefix)) / "share" / "jupyter" / "kernels"
    cases = list(use_case.every())
    wanted = {case.name: _spec(case.title, case.name) for case in cases} | {"python3": _spec("Python 3", None)}
    _forget(kernels, set(wanted))
    for name, spec in wanted.items():
        (kernels / name).mkdir(parents=True, exist_ok=True)
        _put(kernels / name / "kernel.json", json.dumps(spec, indent=1).encode() + b"\n")
    for case in cases:
        _put_logos(kernels / case.name, case.folder / case.picture)
    return [kernels / name for name in wanted]


def _spec(title: str, case: str | None) -> dict[str, Any]:
    """What ipykernel itself would write, with this interpreter by its whole path: a server has another one."""
    from ipykernel.kernelspec import get_kernel_dict

    spec: dict[str, Any] = get_kernel_dict(extra_arguments=[f"--InteractiveShellApp.extra_extensions={SENTENCES}"])
    spec["argv"][0] = sys.executable
    spec["display_name"] = title
    spec["env"] = {**environment.QUIET, environment.WAIT_POLICY: "PASSIVE", **PATIENT}
    spec["metadata"] = {
        **spec.get("metadata", {}),
        "kernel_provisioner": {"provisioner_name": PROVISIONER},
        "imagine": {"use_case": case},
    }
    return spec


def _forget(kernels: Path, wanted: set[str]) -> None:
    for file in kernels.glob("*/kernel.json"):
        if file.parent.name not in wanted and _is_ours(file):
            shutil.rmtree(file.parent)


def _is_ours(file: Path) -> bool:
    try:
        spec = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    metadata = spec.get("metadata") if isinstance(spec, Mapping) else None
    return isinstance(metadata, Mapping) and "imagine" in metadata


def _put_logos(folder: Path, picture: Path) -> None:
    """The middle of the use case's picture as the kernel's logo; without a picture JupyterLab shows a letter."""
    if not picture.is_file():
        return
    if picture.suffix == ".svg":
        _put(folder / "logo-svg.svg", picture.read_bytes())
        return
    from PIL import Image, ImageOps

    with Image.open(picture) as image:
        for side in LOGO_SIDES:
            logo = ImageOps.fit(image.convert("RGB"), (side, side))
            content = io.BytesIO()
            logo.save(content, "PNG", optimize=True)
            _put(folder / f"logo-{side}x{side}.png", content.getvalue())


def _put(file: Path, content: bytes) -> None:
    if file.is_file() and file.read_bytes() == content:
        return
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(file)
    finally:
        Path(name).unlink(missing_ok=True)


if __name__ == "__main__":
    for written in write():
        print(written)
