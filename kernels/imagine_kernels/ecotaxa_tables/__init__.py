"""An EcoTaxa table as it lies on disk: its columns, their types where it tells them, and its rows one after the other.

Tab-separated, the first row "prefix_field" names, the second one types, [t] or [f], which exports and spreadsheets may
leave out (https://ecotaxa.obs-vlfr.fr). Excel and R save it in other encodings and with other separators: those are
told from the bytes.
"""

import codecs
import csv
import io
import itertools
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from imagine_kernels.images.place import Archive, Folder, Place

PREFIXES = ("img", "object", "acq", "process", "sample")
SUFFIXES = {".tsv", ".txt", ".csv"}
_KNOWN = re.compile(rf"({'|'.join(PREFIXES)})_\S.*")
_TYPE = re.compile(r"\[\s*\w?\s*\]")
_HEAD = 256 * 2**10
_SEPARATORS = "\t;,"
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
COUNT_COLUMNS = {"taxonid", "taxon", "display_name", "category", "txo_display_name"}
"""One of these names the taxon in a table of counts, as EcoTaxa exports abundances; it lists no objects."""

FIGURES = ("count", "nbr", "abundance", "concentration", "biovolume")
Row = Mapping[str, str]
Header = tuple[tuple[str, ...], list[str], str]
"""Columns, second row and separator."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `types` is the second row in the order of `columns`, empty where the table has none."""

    place: Place
    name: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    separator: str
    encoding: str

    @property
    def folder(self) -> str:
        """The folder inside the place that its pictures are named from, "" for the place itself."""
        parent = str(PurePosixPath(self.name).parent)
        return "" if parent == "." else parent + "/"

    def lines(self) -> Iterator[tuple[int, list[str]]]:
        """Line number and cells of each row below header and types. Raises ValueError with a sentence."""
        with _text(self.place, self.name, self.encoding) as text:
            for number, cells in _cells(self.name, text, self.separator):
                if number > 1 and not (self.types and number == 2) and any(cells):
                    yield number, cells

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Line number and values by column of each row. Raises as `lines`."""
        for number, cells in self.lines():
            yield number, self.row(cells)

    def breaks_off(self) -> bool:
        """Whether the last line has no end, as in a file that was cut."""
        with _text(self.place, self.name, self.encoding) as text:
            end = ""
            while piece := text.read(2**20):
                end = piece[-1]
        return end not in ("", "\r", "\n")

    def row(self, cells: list[str]) -> Row:
        """Values by column; cells that a row lacks at its end are empty."""
        return dict(zip(self.columns, itertools.chain(cells, itertools.repeat("")), strict=False))


def at(path: Path) -> tuple[Place, list[Table]]:
    """The tables of objects in a folder, in a zip, or the one that `path` is, and the place they are in."""
    place, root = placed(path), path.expanduser().absolute()
    if isinstance(place, Archive) or not root.is_file():
        return place, find(place)
    alone = table_of(place, root.name)
    return place, [] if alone is None else [alone]


def placed(path: Path) -> Place:
    """A folder, a zip, or the folder that a file is in."""
    root = path.expanduser().absolute()
    if root.is_file() and (root.suffix.lower() == ".zip" or zipfile.is_zipfile(root)):
        return Archive(root)
    return Folder(root.parent if root.is_file() else root)


def find(place: Place) -> list[Table]:
    """The tables of objects in a place, by name."""
    return [found for name in place.names() if (found := table_of(place, name)) is not None]


def table_of(place: Place, name: str) -> Table | None:
    """The table in one file; None where it lists no objects of EcoTaxa."""
    head = header(place, name)
    return None if head is None or not lists_objects(head[0]) else table(place, name, head)


def table(place: Place, name: str, head: Header) -> Table:
    """The table below a header."""
    columns, second, separator = head
    types = tuple(cell.strip().lower() for cell in second) if _is_types(second) else ()
    return Table(place, name, columns, types, separator, _encoding(place, name))


def header(place: Place, name: str) -> Header | None:
    """Columns, second row and separator of any table; None where a file is none.

    Raises ValueError with a sentence where it cannot be read.
    """
    if PurePosixPath(name).suffix.lower() not in SUFFIXES:
        return None
    with place.open(name) as file:
        head = file.read(_HEAD)
    try:
        lines = codecs.getincrementaldecoder(_marked(head) or "utf-8")("replace").decode(head).splitlines()
        separator = max(_SEPARATORS, key=lines[0].count) if lines else "\t"
        rows = list(itertools.islice(csv.reader(lines, delimiter=separator), 2))
    except csv.Error:
        return None
    if not rows or not any(rows[0]) or "\0" in lines[0]:
        return None
    return tuple(cell.strip().lower() for cell in rows[0]), (rows[1] if len(rows) > 1 else []), separator


def lists_objects(columns: tuple[str, ...]) -> bool:
    """Whether these are the columns of an EcoTaxa table: most have its prefixes, and objects or pictures are named."""
    known = [column for column in columns if _KNOWN.fullmatch(column)]
    named = bool({"object_id", "img_file_name"} & set(known)) or (
        len(known) >= 3 and any(column.startswith(("object_", "img_")) for column in known)
    )
    return len(known) >= 2 and 2 * len(known) > len(columns) and named


def lists_counts(columns: tuple[str, ...]) -> bool:
    """Whether these are the columns of a table of counts that EcoTaxa exports."""
    return bool(COUNT_COLUMNS & set(columns)) and any(
        "count" in c or c.startswith(("conc", "biov", "nbr")) for c in columns
    )


def _is_types(row: list[str]) -> bool:
    told = [cell for cell in row if cell.strip()]
    return bool(told) and 2 * sum(_TYPE.fullmatch(cell.strip()) is not None for cell in told) > len(told)


def _marked(head: bytes) -> str | None:
    return next((encoding for mark, encoding in _MARKS.items() if head.startswith(mark)), None)


def _encoding(place: Place, name: str) -> str:
    """UTF-8 where all of the file is; else what Excel or R on Windows write."""
    with place.open(name) as file:
        marked = _marked(file.read(4))
    if marked is not None:
        return marked
    for encoding in ("utf-8", "cp1252"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with place.open(name) as file:
                while chunk := file.read(2**20):
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"


def _text(place: Place, name: str, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(place.open(name), encoding, errors="replace", newline="")


def _cells(name: str, text: io.TextIOWrapper, separator: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(text, delimiter=separator)
    while True:
        before = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise ValueError(f"{name}, row {before}: {error}. Save the table again as tab-separated text.") from error
        yield before, [cell.strip() for cell in cells]
