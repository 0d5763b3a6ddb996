"""The files of a ZooProcess (ZooScan) project as they lie on disk: measures of objects, and what logs say of a scan.

Measures come tab-separated (`…_meas.txt`, a first column without a name) or as the [Data] part of a PID file
(`…_dat1.pid`, separated by semicolons, below the log of the scan). Logs, `…_meta.txt` and configurations are lines
"name= value" in [sections]. ZooProcess keeps latitude and longitude there in degrees.minutes with west positive, or in
decimal degrees, and does not say which: they are not read.
"""

import csv
import io
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from imagine_kernels.ecotaxa_tables import scale as ecotaxa_scale
from imagine_kernels.ecotaxa_tables.values import known
from imagine_kernels.images.place import Place
from imagine_kernels.records import Effort, Quantity

SUFFIXES = {".pid", ".txt", ".csv", ".tsv"}
_NEEDED = {"label", "area", "bx", "by", "width", "height"}
_LINE = re.compile(r"\s*([^=;\t]{1,80}?)\s*=\s*(.*?)\s*")
_SECTION = re.compile(r"\s*\[(.+)\]\s*")
_MAX_BYTES = 256 * 2**20
_INCH = 25_400.0

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Measures:
    """A table of measures: its file, and how many lines stand above its rows."""

    place: Place
    name: str
    facts: Mapping[str, str]
    columns: tuple[str, ...]
    lines: tuple[str, ...]
    separator: str
    above: int

    @property
    def folder(self) -> str:
        """The folder inside the place that holds it."""
        return str(PurePosixPath(self.name).parent)

    def rows(self) -> Iterator[tuple[int, Row | None]]:
        """Line number and values by EcoTaxa's names of each object; None where a line is not whole."""
        for number, line in enumerate(self.lines, start=self.above + 1):
            if line.strip():
                cells = [cell.strip() for cell in next(csv.reader([line], delimiter=self.separator))]
                yield number, dict(zip(self.columns, cells, strict=True)) if len(cells) == len(self.columns) else None


@dataclass(frozen=True, slots=True)
class Scan:
    """What is known of one scan: side of a pixel, grey threshold, water searched (sub-sampling included), time.

    `parts` is the number of equal parts the sample was split into; `why` tells why the effort is left open.
    """

    pixel_size: Quantity | None = None
    threshold: float | None = None
    parts: float | None = None
    effort: Effort | None = None
    taken_at: str | None = None
    why: str | None = None


def measures(place: Place, name: str) -> Measures | None:
    """The table of measures in one file; None where it holds none."""
    text = _text(place, name)
    if text is None:
        return None
    facts, rest, above = ({}, text.splitlines(), 0) if not text.startswith("PID") else _below(text)
    if not rest:
        return None
    separator = max("\t;", key=rest[0].count)
    columns = [cell.strip().lower() for cell in rest[0].lstrip("!").split(separator)]
    columns[0] = columns[0] if columns[0] in _NEEDED else "item"
    if not {"item", *_NEEDED} <= set(columns):
        return None
    return Measures(place, name, facts, tuple(columns), tuple(rest[1:]), separator, above + 1)


def facts(place: Place, name: str) -> Mapping[str, str]:
    """The lines "name= value" of a log, meta file, configuration or PID file, in small letters.

    In a file with sections a name is "section.name" too: a PID file has several dates.
    """
    text = _text(place, name)
    return {} if text is None else _facts(text.partition("[Data]")[0])


def _facts(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    section = ""
    for line in io.StringIO(text):
        if head := _SECTION.fullmatch(line.rstrip("\n")):
            section = head[1].lower()
        elif pair := _LINE.fullmatch(line.rstrip("\n")):
            found.setdefault(pair[1].lower(), pair[2])
            found.setdefault(f"{section}.{pair[1].lower()}", pair[2])
    return found


def scan(told: Mapping[str, str]) -> Scan:
    """What the facts of a scan mean. The volume that ZooProcess asks for is in m³; a fraction of 8 is one part of 8."""
    pixel, resolution = (
        _first(told, "pixsize", "particle_pixel_size_mm", "process_particle_pixel_size_mm"),
        _first(told, "image_process.resolution", "particules_process.resolution", "resolution"),
    )
    side = pixel * 1000 if pixel else (_INCH / resolution if resolution and resolution >= 300 else None)
    parts = _first(told, "subpart", "fracnb")
    row = {
        "acq_instrument": "zooscan", "acq_sub_part": "" if parts is None else repr(parts),
        **{f"sample_{ours}": told.get(theirs, "") for ours, theirs in _NET.items()},
    }  # fmt: skip
    effort, why = ecotaxa_scale.effort(row)
    return Scan(
        None if side is None else Quantity(side, "micrometer"),
        _first(told, "particules_process.threshold", "threshold", "particle_threshold", "upper"),
        parts, effort, _time(told.get("sample.date") or told.get(".date", "")), why,
    )  # fmt: skip


_NET = {"tot_vol": "vol", "net_surf": "netsurf", "zmin": "zmin", "zmax": "zmax"}


def _below(text: str) -> tuple[dict[str, str], list[str], int]:
    """A PID file: the facts above [Data], the lines below it, and how many stand above these."""
    above, mark, below = text.partition("[Data]")
    lines = below.splitlines()[1:] if mark else []
    return _facts(above), lines, above.count("\n") + 1


def _first(told: Mapping[str, str], *names: str) -> float | None:
    values = (known(told.get(name, "")) for name in names)
    return next((value for value in values if value is not None and value > 0), None)


def _time(text: str) -> str | None:
    for form in ("%Y%m%d-%H%M", "%Y%m%d_%H%M", "%Y%m%d"):
        try:
            return datetime.strptime(text.strip(), form).isoformat()  # noqa: DTZ007
        except ValueError:
            continue
    return None


def _text(place: Place, name: str) -> str | None:
    if PurePosixPath(name).suffix.lower() not in SUFFIXES:
        return None
    with place.open(name) as file:
        head = file.read(4096)
        if not _promising(head):
            return None
        data = head + b"".join(itertools.takewhile(bool, iter(lambda: file.read(2**20), b"")))
    if len(data) > _MAX_BYTES:
        raise ValueError(f"{name} is larger than {_MAX_BYTES // 2**20} MB: no table of a scan is. Split it.")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _promising(head: bytes) -> bool:
    lower = head.lower()
    return head.startswith(b"PID") or b"label" in lower or b"=" in lower
