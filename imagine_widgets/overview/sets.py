"""Where labels lie → one set to look through: a file of any format, a project's store, a folder of pictures."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from imagine_kernels.records import Annotation, Collection, Prediction, Sample, Skipped
from imagine_widgets.agreement.stored import shared
from imagine_widgets.store import Store, store_of

STORES = ".labels"
"""How the names of stores end."""


@dataclass(frozen=True, slots=True)
class Set:
    """Samples and what was said of them; `annotations` streams.

    `shared` gives what several authors say of the same samples, each of the whole sample: that is compared. Pictures
    lie below `folders` alone, for a file may name any place; None: where the samples say.
    """

    title: str
    name: str
    path: Path
    samples: tuple[Sample, ...]
    annotations: Callable[[], Iterable[Annotation]]
    shared: Callable[[], Iterable[Annotation]]
    predictions: tuple[Prediction, ...] = ()
    skipped: Callable[[], tuple[Skipped, ...]] = tuple
    folders: tuple[Path, ...] | None = None


def of_file(path: Path | str, name: str | None = None, *, images: Path | str | None = None) -> Set:
    """The labels in a file, folder or zip of another tool; arguments and errors are those of `formats.read`."""
    from imagine_widgets import formats

    chosen = formats.detect(path).name if name is None else name
    labels, place = formats.read(path, chosen, images=images), Path(path)
    folders = [place if place.is_dir() else place.parent, *([] if images is None else [Path(images)])]
    title = formats.formats()[chosen].title
    own, skipped = labels.annotations, labels.skipped
    said = (lambda: own, lambda: _of_several(own), labels.predictions, lambda: skipped)
    return Set(title, chosen, place, labels.samples, *said, tuple(folders))


def _of_several(annotations: tuple[Annotation, ...]) -> list[Annotation]:
    times = Counter(one.sample_id for one in annotations)
    return [one for one in annotations if times[one.sample_id] > 1]


def of_store(path: Path | str) -> Set:
    """The labels in a project's store. Raises OSError with a sentence where it is none."""
    if not is_store(path):
        raise OSError(f"{path} is no store of labels.")
    store = Store(path)
    return _stored(store, tuple(store.samples()))


def is_store(path: Path | str) -> bool:
    """Whether a file is a store, by its name: it must not be opened beside SQLite, whose locks would be lost by it."""
    place = Path(path)
    return place.suffix == STORES and place.is_file()


def stores_in(folder: Path | str) -> list[Path]:
    """The stores that lie in a folder."""
    return sorted(path for path in Path(folder).glob(f"*{STORES}") if is_store(path))


def of_collection(found: Collection, path: Path | str) -> Set:
    """The pictures of a folder or run, with the labels that came with them (folder names), or those of their store."""
    store = store_of(found.samples)
    if store.path.exists():
        return _stored(store, found.samples)
    own, skipped = found.annotations, found.skipped
    return Set("Pictures with labels", "folder", Path(path), found.samples, lambda: own, tuple, (), lambda: skipped)


def _stored(store: Store, samples: tuple[Sample, ...]) -> Set:
    title, name = "Labels of a project", "store"
    return Set(title, name, store.path, samples, store.annotations, lambda: shared(store), (), lambda: store.skipped)
