"""The tables of a FlowCam run as they lie on disk: particles (.lst or .csv) under one set of names, facts of the run.

`.lst`: the version of the format; "num-fields|n"; n lines "name|type"; then one line of n values per particle.
`.csv`: the same particles exported by VisualSpreadsheet, under the names a person sees there.
"""

import configparser
import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from imagine_kernels.records import Quantity

Row = Mapping[str, str]

_LST_NAMES = {
    "id": "particle_id", "image_w": "image_width", "image_h": "image_height", "collage_file": "image_file",
    "cal_const": "calibration_factor", "abd_area": "area_abd", "filled_area": "area_filled",
    "abd_diameter": "diameter_abd", "esd_diameter": "diameter_esd", "fd_diameter": "diameter_fd",
}  # fmt: skip
NEEDED = ("particle_id", "image_file", "image_x", "image_y", "image_width", "image_height")
_VOLUME = re.compile(
    r"^\s*(sample|fluid) volume imaged\W*(?P<before>ml|µl|ul)?\W*[,;:\t]\s*(?P<value>\d+(?:[.,]\d+)?(?:e-?\d+)?)"
    r"\s*(?P<after>ml|µl|ul)?",
    re.IGNORECASE | re.MULTILINE,
)
_UNITS = {"ml": "milliliter", "ul": "microliter", "µl": "microliter"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the run's summary and context say: volume imaged, particles counted, start, µm per pixel, dilution."""

    volume: Quantity | None
    count: int | None
    start: str | None
    pixel_size: float | None
    dilution: float | None


def is_list(path: Path) -> bool:
    """Whether a file is the particle list of a run, by its first lines."""
    try:
        with path.open("rb") as file:
            head = file.read(4096).decode("utf-8-sig", "replace").splitlines()
    except OSError:
        return False
    if path.suffix.lower() == ".lst":
        return len(head) > 1 and head[1].startswith("num-fields|")
    return bool(head) and set(NEEDED) <= {_snake(name) for name in head[0].split(",")}


def rows(path: Path) -> Iterator[tuple[int, Row | None]]:
    """Line number and values of each particle; None where a line is not whole. Raises ValueError with a sentence."""
    with path.open(encoding=_encoding(path), errors="replace", newline="") as file:
        lines = enumerate(file, start=1)
        if path.suffix.lower() == ".lst":
            names, separator = _lst_names(path.name, lines), "|"
        else:
            names, separator = [_snake(name) for name in next(lines, (1, ""))[1].split(",")], ","
        missing = [name for name in NEEDED if name not in names]
        if missing:
            raise ValueError(f"{path.name} has no column for {', '.join(missing)}: it is no whole list of particles.")
        for number, line in lines:
            if line.strip():
                values = next(csv.reader([line], delimiter=separator))
                yield number, dict(zip(names, values, strict=True)) if len(values) == len(names) else None


def facts(listed: Path) -> Facts:
    """The facts of the run whose list this is; each None where no file says it."""
    summary = _text(listed.with_name(f"{listed.stem}_summary.csv"))
    account = _text(listed.with_name(f"{listed.stem}_run_summary.txt"))
    context = _context(listed.with_suffix(".ctx"))
    used = context.get("usedilutioncalculation", "0") == "1"
    return Facts(
        volume=_volume(summary) or _volume(account),
        count=_whole(summary, r"^count[,;]\s*(\d+)\s*$") or _whole(account, r"^\s*particle count:\s*(\d+)\s*$"),
        start=_start(summary, account),
        pixel_size=number(context.get("calibrationconstant", "")),
        dilution=number(context.get("sampledilution", "")) if used else None,
    )


def number(text: str) -> float | None:
    """A finite number above 0, else None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value < float("inf") else None


def _lst_names(name: str, lines: "enumerate[str]") -> list[str]:
    _, _ = next(lines, (1, "")), "the version: the names below say all that differs between versions"
    count = next(lines, (2, ""))[1].strip().removeprefix("num-fields|")
    if not count.isdecimal() or int(count) > 1000:
        raise ValueError(f"{name} is no particle list: its second line should be num-fields| and a number.")
    found = [next(lines, (0, ""))[1].split("|")[0].strip() for _ in range(int(count))]
    return [_LST_NAMES.get(each, each) for each in found]


def _snake(name: str) -> str:
    return "_".join(re.findall(r"[a-z0-9]+", name.lower()))


def _encoding(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig") as file:
            for _ in file:
                pass
    except UnicodeDecodeError:
        return "cp1252"  # the instrument's computer runs Windows
    return "utf-8-sig"


def _text(path: Path) -> str:
    if not path.is_file():
        return ""
    return path.read_bytes()[: 2**20].decode("utf-8-sig", "replace").replace("\r\n", "\n")


def _volume(text: str) -> Quantity | None:
    """The volume of sample that passed before the camera; older programs call it fluid. Not the volume processed."""
    found = {match[1].lower(): match for match in _VOLUME.finditer(text)}
    match = found.get("sample") or found.get("fluid")
    value = None if match is None else number(match["value"].replace(",", "."))
    if match is None or value is None:
        return None
    return Quantity(value, _UNITS[(match["before"] or match["after"] or "ml").lower()])


def _whole(text: str, pattern: str) -> int | None:
    match = re.search(pattern, text, re.IGNORECASE | re.MULTILINE)
    return None if match is None else int(match[1])


def _start(*texts: str) -> str | None:
    for text in texts:
        match = re.search(r"^\s*start(?: time)?[,:]\s*(\S+)\s+(\S+)\s*$", text, re.IGNORECASE | re.MULTILINE)
        if match is not None and (time := moment(f"{match[1]}T{match[2]}")):
            return time
    return None


def moment(text: str) -> str | None:
    """A time in ISO 8601, local as the instrument writes it; None where it is none."""
    try:
        return datetime.fromisoformat(text.strip()).isoformat(timespec="milliseconds")
    except ValueError:
        return None


def _context(path: Path) -> Mapping[str, str]:
    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    try:
        parser.read_string(_text(path))
    except configparser.Error:
        return {}
    return {key: value or "" for section in parser.sections() for key, value in parser[section].items()}
