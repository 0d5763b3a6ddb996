"""The sample maker: FlowCam-like pictures and whole raw runs drawn by code, for use where no data is at hand.

Everything follows from the seed; the truth about a run (which particle is what) lies beside it in truth.csv.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import Image

from imagine_kernels.use_cases.phytoplankton.collages import Placed, collages
from imagine_kernels.use_cases.phytoplankton.measuring import measure
from imagine_kernels.use_cases.phytoplankton.optics import Shot, photograph
from imagine_kernels.use_cases.phytoplankton.organisms import ORGANISMS

PIXEL_SIZE_UM = 1.3860
"""Micrometres per pixel at 4x: 2.5 times the 0.5544 that this kind of camera has at 10x."""
_SHARES = {"Actinoptychus": 0.12, "Bacillariophyceae": 0.28, "Ciliophora": 0.12, "Dinoflagellata": 0.22}
_SHARES |= {"Noctilucales": 0.1, "Tripos": 0.16}
_PER_ML = 240.0
"""Particles per mL of the drawn water: what a net haul of the North Sea holds once it is made up again."""
_START = datetime(2024, 6, 12, 9, 30)  # noqa: DTZ001 - the instrument writes local time without a zone


def make_images(folder: str | Path, count: int = 120, seed: int = 0) -> Path:
    """`count` particles as JPEG files, one folder per class, all classes alike often. The same seed, the same files."""
    root = Path(folder)
    names = list(ORGANISMS)
    for number in range(count):
        name = names[number % len(names)]
        grey = draw(name, seed, number).grey
        picture = simplejpeg.encode_jpeg(np.repeat(grey[:, :, None], 3, axis=2), quality=92, colorsubsampling="444")
        _write(root / name / f"{name}_{seed}_{number:04}.jpg", picture)
    return root


def make_run(folder: str | Path, count: int = 120, seed: int = 0) -> Path:
    """A raw FlowCam run of `count` particles: list, table, summary, context, collages with masks, and truth.csv."""
    root = Path(folder)
    rng = np.random.default_rng([seed, 1])
    names = [str(name) for name in rng.choice(list(_SHARES), size=count, p=list(_SHARES.values()))]
    shots = [draw(name, seed, number) for number, name in enumerate(names)]
    run = f"drawn-run-{seed}"
    placed: list[Placed] = []
    for number, page in enumerate(collages(shots), start=1):
        for kind, pixels in (("", np.repeat(page.picture[:, :, None], 3, axis=2)), ("_bin", page.mask)):
            _write(root / f"{run}_{number:06}{kind}.tif", _tiff(pixels))
        placed += page.placed
    volume = max(round(count / _PER_ML, 5), 0.00001)
    rows = [_row(run, shots[p.number], p, rng) for p in sorted(placed)]
    _write(root / f"{run}.lst", _lst(rows))
    _write(root / f"{run}.csv", _table(rows))
    _write(root / f"{run}_summary.csv", _summary(run, count, volume))
    _write(root / f"{run}.ctx", _context())
    _write(root / "truth.csv", _comma([("particle_id", "label"), *((i + 1, name) for i, name in enumerate(names))]))
    return root


def make_picture(path: str | Path) -> Path:
    """The card picture of the use case, as it lies in its folder."""
    from imagine_kernels.use_cases.phytoplankton.portrait import paint

    _write(Path(path), paint())
    return Path(path)


def draw(name: str, seed: int, number: int) -> Shot:
    """One particle of the class `name`; the seed and its number decide how it looks."""
    rng = np.random.default_rng([seed, number, list(ORGANISMS).index(name)])
    return photograph(ORGANISMS[name](rng), rng)


def _write(path: Path, data: bytes | str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.half")
    half.write_bytes(data.encode() if isinstance(data, str) else data)
    half.replace(path)


def _tiff(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "TIFF", compression="tiff_lzw")
    return out.getvalue()


def _row(run: str, shot: Shot, placed: Placed, rng: np.random.Generator) -> dict[str, tuple[str, object]]:
    """What the instrument writes about one particle: name in the list → its name in the table, value."""
    height, width = shot.grey.shape
    seconds = 2.0 + 0.11 * placed.number
    time = (_START + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")
    places: dict[str, tuple[str, object]] = {
        "id": ("Particle ID", placed.number + 1),
        "image_x": ("Image X", placed.x),
        "image_y": ("Image Y", placed.y),
        "image_w": ("Image Width", width),
        "image_h": ("Image Height", height),
        "src_x": ("Capture X", int(rng.integers(0, 1292 - min(width, 1291)))),
        "src_y": ("Capture Y", int(rng.integers(0, 964 - min(height, 963)))),
        "cal_const": ("Calibration Factor", f"{PIXEL_SIZE_UM:.4f}"),
    }
    ending: dict[str, tuple[str, object]] = {
        "elapsed_time": ("Elapsed Time", f"{seconds:.4f}"),
        "timestamp": ("Timestamp", time),
        "collage_file": ("Image File", f"{run}_{placed.page:06}.tif"),
    }
    return places | measure(shot, PIXEL_SIZE_UM) | ending


def _lst(rows: Sequence[Mapping[str, tuple[str, object]]]) -> str:
    names = [name for name in rows[0] if name not in _ONLY_IN_TABLE] if rows else []
    kinds = {"timestamp": "timestamp", "collage_file": "string"}
    whole = {"id", "image_x", "image_y", "image_w", "image_h", "src_x", "src_y"}
    head = ["017", f"num-fields|{len(names)}"]
    head += [f"{name}|{kinds.get(name, 'int32' if name in whole else 'double')}" for name in names]
    return "\n".join([*head, *("|".join(str(row[name][1]) for name in names) for row in rows), ""])


_ONLY_IN_TABLE = {"volume_abd", "volume_esd", "aspect_ratio", "circularity"}


def _table(rows: Sequence[Mapping[str, tuple[str, object]]]) -> str:
    titles = [title for title, _ in rows[0].values()] if rows else []
    return _comma([titles, *([value for _, value in row.values()] for row in rows)])


def _comma(lines: Sequence[Sequence[object]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(lines)
    return out.getvalue()


def _summary(run: str, count: int, volume: float) -> str:
    return "\n".join(
        [
            f"List File,{run}.lst",
            f"Start Time,{_START:%Y-%m-%d  %H:%M:%S}",
            f"Sampling Time,{2 + count // 9} sec",
            "",
            f"Count,{count}",
            f"Particles / ml,{count / volume:.0f}",
            "",
            f"Sample Volume Processed ml,{volume * 4.52:.5f}",
            f"Sample Volume Imaged ml,{volume:.5f}",
            "",
        ]
    )


def _context() -> str:
    lines = ["[Software]", "SoftwareName=imagine-aquatic sample maker", "CameraMagnification=4", "[General]"]
    lines += [f"RunStartTime={_START:%Y-%m-%d %H:%M:%S}", "[Fluid]", "UseDilutionCalculation=1", "SampleDilution=1"]
    return "\n".join([*lines, f"CalibrationConstant={PIXEL_SIZE_UM:.4f}", ""])
