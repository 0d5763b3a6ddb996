"""Samples with what people and models said → tables and zips that EcoTaxa takes in: `sources.ecotaxa` the other way."""

import contextlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from imagine_kernels import ecotaxa_tables, images
from imagine_kernels.chain import Work
from imagine_kernels.ecotaxa_tables import packing, rows, values
from imagine_kernels.ecotaxa_tables.pictures import Pictures
from imagine_kernels.records import Annotation, Prediction, Sample

__all__ = ["MAX_BYTES", "from_work", "write"]

MAX_BYTES = 400 * 10**6
"""A zip is begun anew above this size: EcoTaxa's page takes files below 500 MB, larger ones only by FTP."""


def write(
    target: Path | str,
    samples: Iterable[Sample],
    *,
    predictions: Iterable[Prediction] = (),
    annotations: Iterable[Annotation] = (),
    features: Mapping[str, Mapping[str, float]] | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    more: Mapping[str, Sequence[str]] | None = None,
    max_bytes: int = MAX_BYTES,
) -> tuple[Path, ...]:
    """Writes the samples as EcoTaxa wants them and returns the files: a table ("ecotaxa_cast.tsv"), or a zip.

    A zip holds the table and the pictures; where one would be larger than `max_bytes` there are several, numbered.
    What a person said is validated, what a model said predicted; the model's name, label, score and the sha256 of
    its weights stand in columns object_model_… . `features` are numbers by EcoTaxa's names (such as "area"), by
    sample id. `columns` are texts by the full names of columns, by sample id, such as `Project.columns()` of a
    project that was read: all of them are kept. `more` are uris of further pictures of an object, by sample id.
    Raises ValueError with a sentence where EcoTaxa would refuse the table, or a picture cannot be read; then
    nothing is written.
    """
    place, every = Path(target).expanduser().absolute(), tuple(samples)
    suffix = place.suffix.lower()
    _named(place, suffix)
    if not every:
        raise ValueError("There are no samples to write: an EcoTaxa table lists at least one object.")
    twice = [name for name, count in Counter(sample.id for sample in every).items() if count > 1]
    if twice:
        raise ValueError(f"The sample {twice[0]} is there twice ({len(twice):,} such): an object has one row.")
    every = tuple(picture for one in every for picture in _shown(one, (more or {}).get(one.id, ())))
    said = rows.Said.of(predictions, annotations, features or {}, columns or {})
    table = rows.table(every, said)
    table.check(place.name)
    if suffix == ".tsv":
        with _unfinished(place) as half:
            half.write_bytes(table.text(range(len(every))))
        return (place,)
    return _zips(place, every, table, max_bytes)


def _named(place: Path, suffix: str) -> None:
    if suffix not in {".tsv", ".zip"}:
        raise ValueError(f"{place.name} should end with .tsv (a table alone) or .zip (a table with its pictures).")
    if suffix == ".tsv" and not place.name.lower().startswith("ecotaxa"):
        raise ValueError(f"EcoTaxa takes only tables whose names begin with ecotaxa: call it ecotaxa_{place.name}.")


def from_work(
    work: Work, target: Path | str, *, annotations: Iterable[Annotation] = (), max_bytes: int = MAX_BYTES
) -> tuple[Path, ...]:
    """What a chain found, as `write` leaves it: `target` ends with .zip (with pictures) or .tsv; returns the files.

    `annotations` are what people said besides what came with the samples. Of an EcoTaxa project that was read, every
    column is kept. Raises ValueError as `write` does.
    """
    names = {sample.id for sample in work.samples}
    said = [one for one in (*work.annotations, *annotations) if one.sample_id in names]
    known, more = _project(work.path.expanduser().absolute())
    return write(
        target, work.samples, predictions=work.predictions, annotations=said, columns=known, more=more,
        max_bytes=max_bytes,
    )  # fmt: skip


def _shown(sample: Sample, more: Sequence[str]) -> Iterator[Sample]:
    """The sample, and its object in further pictures."""
    yield sample
    for uri in more:
        width, height = images.size(uri)
        yield replace(sample, uri=uri, width=width, height=height, crop=None)


def _project(path: Path) -> tuple[dict[str, dict[str, str]], dict[str, list[str]]]:
    """Every column of the EcoTaxa tables at a path as text, and uris of further pictures, by object; else nothing."""
    place, tables = ecotaxa_tables.at(path)
    columns: dict[str, dict[str, str]] = {}
    listed: dict[str, list[tuple[float, str]]] = {}
    pictures = Pictures(place)
    for table in tables:
        for _, row in table.rows():
            name = row.get("object_id", "")
            columns.setdefault(name, dict(row))
            file = pictures.find(row.get("img_file_name", ""), table.folder, row)
            if file is not None:
                listed.setdefault(name, []).append((values.known(row.get("img_rank", "")) or 0.0, place.uri(file)))
    further = {name: [uri for _, uri in sorted(found)[1:]] for name, found in listed.items() if len(found) > 1}
    return columns, further


def _zips(place: Path, samples: tuple[Sample, ...], table: rows.Written, max_bytes: int) -> tuple[Path, ...]:
    """All of them or none: each has its own name only when the last is whole."""
    halves: list[Path] = []
    try:
        for packed in packing.portions(samples, table, max_bytes):
            halves.append(place.with_name(f".{place.name}.{os.getpid()}.{len(halves)}"))
            packing.pack(halves[-1], packed, table, f"ecotaxa_{place.stem}")
        alone = len(halves) == 1
        names = [place if alone else place.with_stem(f"{place.stem}_{n}") for n in range(1, len(halves) + 1)]
        for half, name in zip(halves, names, strict=True):
            half.replace(name)
    finally:
        for half in halves:
            half.unlink(missing_ok=True)
    return tuple(names)


@contextlib.contextmanager
def _unfinished(place: Path) -> Iterator[Path]:
    half = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        yield half
        half.replace(place)
    finally:
        half.unlink(missing_ok=True)
