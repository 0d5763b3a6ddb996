"""Parts of a ZooProcess (ZooScan) project → samples: objects cut out already, or still in their scan, with measures."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Collection as Sized
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from imagine_kernels import images
from imagine_kernels.ecotaxa_tables.measures import FEATURES
from imagine_kernels.ecotaxa_tables.pictures import Pictures
from imagine_kernels.ecotaxa_tables.values import known
from imagine_kernels.images.place import Folder, Place
from imagine_kernels.records import Box, Collection, Quantity, Sample, Skipped
from imagine_kernels.sources import zooprocess_tables as tables
from imagine_kernels.sources.folder import PICTURES
from imagine_kernels.sources.troubles import LeftOutError, Troubles
from imagine_kernels.sources.zooprocess_tables import Measures, Row, Scan

SUFFIXES = tables.SUFFIXES
_SCANS = ("", "_vis1", "_vis")
"""What ZooProcess puts after the name of a scan for the picture that it measured."""


@dataclass(frozen=True, slots=True)
class Project:
    """Samples, and the files they lie in."""

    collection: Collection
    files: frozenset[str]


def is_table(path: Path) -> bool:
    """Whether a file is a table of measures."""
    return tables.measures(Folder(path.parent), path.name) is not None


def find(place: Place) -> list[Measures]:
    """The tables of measures in a place, by name."""
    return [table for name in place.names() if (table := tables.measures(place, name)) is not None]


def scan(path: Path | str) -> Scan:
    """What a log, meta file, configuration or PID file says of a scan: pixel size, threshold, parts, water searched."""
    place = Folder(Path(path).expanduser().absolute().parent)
    told = tables.facts(place, Path(path).name)
    if not told:
        raise ValueError(f"{images.named(path)} says nothing of a scan: it has no lines such as 'Resolution= 2400'.")
    return tables.scan(told)


def scan_of(picture: Path | str) -> Scan:
    """What the log, meta file and configuration beside the picture of a scan say of it; nothing where there are none.

    ZooProcess calls the raw picture of NAME_1 "NAME_raw_1.tif", and what it made of it "NAME_1_vis1.tif".
    """
    path = Path(picture).expanduser().absolute()
    name = re.sub(r"_raw(?=_\d+$)", "", path.stem)
    return tables.scan(_told(Folder(path.parent), re.sub(r"_vis\d?$", "", name)))


def read(path: Path | str, *, limit: int | None = None) -> Project:
    """The objects of the tables in a folder. Raises ValueError with a sentence where there is no table of measures."""
    root = Path(path).expanduser().absolute()
    place = Folder(root if root.is_dir() else root.parent)
    found = find(place) if root.is_dir() else [t for t in [tables.measures(place, root.name)] if t is not None]
    if not found:
        raise ValueError(f"{images.named(root)} holds no measures of ZooProcess (tab-separated, or a PID file).")
    return read_tables(place, found, limit=limit)


def read_tables(place: Place, found: list[Measures], *, limit: int | None = None, besides: Sized[str] = ()) -> Project:
    """The objects of these tables whose pictures are in the place; those in `besides` were read from elsewhere."""
    samples: dict[str, Sample] = {}
    troubles, files = Troubles(), set()
    scans = _Scans(place)
    for table in found:
        for line, row in table.rows():
            if limit is not None and len(samples) >= limit:
                break
            name = None if row is None else f"{row['label']}_{row['item']}"
            if name is not None and (name in besides or name in samples):
                continue
            try:
                sample, file = scans.sample(table, row, name)
            except LeftOutError as error:
                troubles.add(error.where, error.why, f"row {line}")
            else:
                samples[sample.id] = sample
                files.add(file)
    return Project(Collection(tuple(samples.values()), (), (*troubles.skipped(), *scans.notes)), frozenset(files))


class _Scans:
    """The scans of one place while their tables are read."""

    def __init__(self, place: Place) -> None:
        self.place, self.pictures = place, Pictures(place)
        self.names = place.names()
        self.known: dict[str, Scan] = {}
        self.sizes: dict[str, tuple[int, int] | str] = {}
        self.notes: list[Skipped] = []

    def sample(self, table: Measures, row: Row | None, name: str | None) -> tuple[Sample, str]:
        if row is None or name is None:
            raise LeftOutError(table.name, f"{table.name} has lines that are not whole.")
        box = [known(row[key]) for key in ("bx", "by", "width", "height")]
        if None in box:
            raise LeftOutError(table.name, f"{table.name} has places that are no numbers.")
        x, y, width, height = (float(value or 0) for value in box)
        facts = self._scan(table, row["label"])
        file, crop, size = self._picture(table, row, name, Box(x, y, width, height))
        return Sample(
            name, self.place.uri(file), *size, crop, row["label"], facts.taken_at, facts.pixel_size, facts.effort,
            dict(_measures(row)),
        ), file  # fmt: skip

    def _picture(self, table: Measures, row: Row, name: str, box: Box) -> tuple[str, Box | None, tuple[int, int]]:
        """The object's own picture, else its place in the picture of the scan."""
        whole = (round(box.width), round(box.height))
        for suffix in sorted(PICTURES):
            alone = self.pictures.alone(name + suffix)
            if alone is not None:
                return alone, None, self._size(table, alone)
        cut = self.pictures.crop(row["bx"], row["by"], whole)
        if cut is not None:
            return cut, None, whole
        for ending, suffix in ((e, s) for e in _SCANS for s in sorted(PICTURES)):
            scan = self.pictures.alone(row["label"] + ending + suffix)
            if scan is not None:
                width, height = self._size(table, scan, of=images.scan_size)
                if box.x < 0 or box.y < 0 or box.x + box.width > width or box.y + box.height > height:
                    why = f"{scan} ({width} × {height} pixels) does not hold the object's place."
                    raise LeftOutError(scan, f"{why} Get the scan that was measured.")
                return scan, box, whole
        why = f"{table.name} measures objects whose pictures are not here. Copy the crops, or the scan, beside it."
        raise LeftOutError(table.name, why)

    def _size(self, table: Measures, name: str, of: Callable[[str], tuple[int, int]] = images.size) -> tuple[int, int]:
        if name not in self.sizes:
            try:
                self.sizes[name] = of(self.place.uri(name))
            except (ValueError, OSError) as error:
                self.sizes[name] = str(error)
        found = self.sizes[name]
        if isinstance(found, str):
            raise LeftOutError(table.name, found)
        return found

    def _scan(self, table: Measures, label: str) -> Scan:
        if label not in self.known:
            self.known[label] = tables.scan(dict(self._facts(table, label)))
            why = self.known[label].why
            if why is not None:
                self.notes.append(Skipped(label, why))
        return self.known[label]

    def _facts(self, table: Measures, label: str) -> Mapping[str, str]:
        return {**_told(self.place, label, self.names), **table.facts}


def _told(place: Place, label: str, names: Sequence[str] | None = None) -> dict[str, str]:
    """What the files of a scan, then the project's configuration say: the first that speaks is believed."""
    every = place.names() if names is None else names
    own = [f"{label}_{kind}.txt".lower() for kind in ("meta", "log")]
    files = [n for n in every if PurePosixPath(n).name.lower() in own]
    files += [n for n in every if PurePosixPath(n).name.lower().startswith("process_install")]
    told: dict[str, str] = {}
    for name in files:
        for key, value in tables.facts(place, name).items():
            told.setdefault(key, value)
    return told


def _measures(row: Row) -> Iterator[tuple[str, Quantity]]:
    for name, text in row.items():
        value = known(text)
        if name in FEATURES and value is not None:
            yield name, Quantity(value, FEATURES[name])
