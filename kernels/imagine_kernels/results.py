"""What a chain found, left in a folder: predictions, records, tables, what was left out, what a repetition needs."""

import csv
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imagine_kernels import sources
from imagine_kernels.chain import Cell, Work
from imagine_kernels.records import Prediction, Region, Sample, to_json
from imagine_kernels.shapes import TimeFrequency, Track, bounds
from imagine_kernels.units import spelled

RUN = "run.json"
"""The file that tells a folder of ours from any other: only such a one is ever replaced."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a text must not begin in a table: a spreadsheet would take it for a formula and run it."""
COLUMNS = ("sample", "group", "image", "label", "score", "second", "second score", "shape", "x", "y", "width", "height")


def free(out: Path, data: Path, *, replace: bool) -> Path:
    """`out` as a whole path, where results may be written. Raises OSError or ValueError with a sentence where not.

    With `replace` a folder may be there that an earlier run of ours left.
    """
    place, source = out.expanduser().absolute(), data.expanduser().absolute().resolve()
    if place.resolve().is_relative_to(source) and source.is_dir():
        raise ValueError(f"{place} lies in the data, which would be read with it the next time. Name another folder.")
    if place.exists() and not place.is_dir():
        raise FileExistsError(f"{place} is a file: name a folder for the results.")
    if place.is_dir() and any(place.iterdir()):
        if not (place / RUN).is_file():
            raise FileExistsError(f"{place} holds other files: name a folder that is new or empty.")
        if not replace:
            raise FileExistsError(f"{place} holds the results of an earlier run: name another, or give --replace.")
        if source.is_relative_to(place.resolve()):
            raise ValueError(f"{place} holds the data, too: name another folder.")
    home = next(above for above in place.parents if above.exists())
    if not (home.is_dir() and os.access(home, os.W_OK)):
        raise PermissionError(f"You may not write into {home}: name another folder.")
    return place


def told(work: Work, *, command: str) -> dict[str, Any]:
    """Everything that made these results what they are, as plain values."""
    from imagine_kernels.tasks import keeping

    used = {p.model: p.weights for p in work.predictions}
    known = {model.name: model for model in work.case.models}
    return {
        "use_case": work.case.name,
        "command": command,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "path": str(work.path.expanduser().absolute()),
        "data_sha256": sources.fingerprint(work.samples),
        "models": [
            {"name": name, "weights_sha256": digest, "task": known[name].task if name in known else None}
            for name, digest in used.items()
        ],
        "models_of_use_case": {model.name: model.sha256 for model in work.case.models},
        "options": {name: _plain(value) for name, value in asdict(work.options).items() if value is not None},
        "samples": len(work.samples),
        "predictions": len(work.predictions),
        "left_out": len(work.skipped),
        "remarks": list(work.remarks),
        "versions": keeping.versions(),
    }


def _plain(value: Any) -> Any:  # noqa: ANN401
    return str(value) if isinstance(value, Path) else value


def as_json(work: Work, told: Mapping[str, Any], place: Path | None) -> dict[str, Any]:
    """What a script asks of a run: what was told, the tables, what was left out, and the folder."""
    return {
        **told,
        "tables": {name: list(rows) for name, rows in work.tables.items()},
        "skipped": [{"where": s.where, "why": s.why} for s in work.skipped],
        "out": None if place is None else str(place),
    }


def write(work: Work, told: Mapping[str, Any], place: Path) -> Path:
    """Leaves everything in the folder `place` (as `free` gave it), whole or not at all."""
    files = {
        "predictions.csv": as_csv(rows(work.samples, work.predictions), COLUMNS),
        "predictions.jsonl": _lines(work.predictions),
        "samples.jsonl": _lines(work.samples),
        "skipped.csv": as_csv([{"where": s.where, "why": s.why} for s in work.skipped], ("where", "why")),
        **{f"{name}.csv": as_csv(table) for name, table in work.tables.items()},
        RUN: json.dumps(told, indent=1, ensure_ascii=False) + "\n",
    }
    put(place, {name: text.encode() for name, text in files.items()})
    return place


def put(place: Path, files: Mapping[str, bytes]) -> None:
    """Leaves `files` as the folder `place`: written beside it first, then renamed; an older one goes at the end."""
    place.parent.mkdir(parents=True, exist_ok=True)
    half = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".part", dir=place.parent))
    try:
        for name, data in files.items():
            (half / name).write_bytes(data)
        half.chmod(0o777 & ~_mask())
        if (place / RUN).is_file():
            old = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".old", dir=place.parent))
            place.replace(old)
            half.replace(place)
            shutil.rmtree(old)
        else:
            half.replace(place)  # takes the place of an empty folder, too; of any other it fails
    finally:
        shutil.rmtree(half, ignore_errors=True)


def _mask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def as_csv(lines: Iterable[Mapping[str, Any]], columns: Iterable[str] = ()) -> str:
    """A table as text; a cell that is unknown is empty, and none begins as a formula does."""
    listed = list(lines)
    names = list(dict.fromkeys([*columns, *(name for row in listed for name in row)]))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([spelled(name) for name in names])
    writer.writerows([_safe(row.get(name)) for name in names] for row in listed)
    return text.getvalue()


def _safe(value: Cell) -> Cell:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _lines(records: Iterable[object]) -> str:
    return "".join(json.dumps(to_json(record), ensure_ascii=False) + "\n" for record in records)


def rows(samples: Iterable[Sample], predictions: Iterable[Prediction]) -> Iterator[Mapping[str, Cell]]:
    """One row for each region; a sample in which nothing was found has one without a label."""
    known = {sample.id: sample for sample in samples}
    for prediction in predictions:
        sample = known.get(prediction.sample_id)
        named: dict[str, Cell] = {"sample": prediction.sample_id}
        if sample is not None:
            named |= {"group": sample.group, "image": sample.uri}
        if not prediction.regions:
            yield named
        for region in prediction.regions:
            yield {**named, **_row(region)}


def _row(region: Region) -> Mapping[str, Cell]:
    found: dict[str, Cell] = {"label": region.label, "score": region.score}
    others = sorted(((score, name) for name, score in region.scores.items() if name != region.label), reverse=True)
    if others:
        found |= {"second": others[0][1], "second score": others[0][0]}
    if region.shape is not None:
        found["shape"] = type(region.shape).__name__
        if not isinstance(region.shape, TimeFrequency | Track):
            found |= {name: getattr(bounds(region.shape), name) for name in ("x", "y", "width", "height")}
    return found
