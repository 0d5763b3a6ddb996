"""A file of any format → labels → a file of any other: tells the format by what is in it, and the losses first."""

import difflib
import gc
import importlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from imagine_widgets.formats import strangers
from imagine_widgets.formats.format import Format, Head
from imagine_widgets.formats.labels import Labels
from imagine_widgets.formats.losses import Loss, fitted
from imagine_widgets.formats.losses import losses as lost

_FILES = (
    "coco",
    "cvat",
    "voc",
    "yolo",
    "yolo_segmentation",
    "yolo_oriented",
    "labelme",
    "ifdo",
    "geojson",
    "label_studio_json",
    "labelbox",
    "biigle_volume",
    "biigle_video",
    "biigle",
    "biigle_labels",
    "ecotaxa",
)
"""The files of this folder with a format, in the order in which content is tried."""


def formats() -> Mapping[str, Format]:
    """Every format by name."""
    found = (importlib.import_module(f"imagine_widgets.formats.{name}").FORMAT for name in _FILES)
    return {one.name: one for one in found}


def named(name: str) -> Format:
    """The format called `name`. Raises LookupError naming the nearest one."""
    every = formats()
    if name not in every:
        near = difflib.get_close_matches(name, every, 1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(every)}."
        raise LookupError(f"{name!r} is not a format of labels here. {hint}")
    return every[name]


def detect(path: Path | str) -> Format:
    """The format of a file, folder or zip, told by its content. Raises OSError or ValueError with a sentence."""
    head = Head(Path(path))
    if not head.path.exists():
        raise FileNotFoundError(f"{path} does not exist.")
    found = _of(head)
    if found is not None:
        return found
    known = strangers.told(head, lambda one: None if (other := _of(one)) is None else other.title)
    raise ValueError(
        known
        or f"{path} is in none of the formats known here: {', '.join(one.title for one in formats().values())}. "
        "If it is one of them, name it."
    )


def _of(head: Head) -> Format | None:
    return next((one for one in formats().values() if one.detect(head)), None)


def read(path: Path | str, name: str | None = None, *, images: Path | str | None = None) -> Labels:
    """The labels in a file, folder or zip; its format is told by its content where `name` doesn't.

    `images` is the folder of the pictures, where the file does not tell their size. What cannot be used is in
    `Labels.skipped`. Raises OSError or ValueError with a sentence where the whole cannot be read.
    """
    chosen = detect(path) if name is None else named(name)
    try:
        with _unswept():
            return chosen.read(Path(path), None if images is None else Path(images))
    except UnicodeError as error:
        raise ValueError(f"{path} is not in UTF-8 throughout, or spoilt: save it again as UTF-8.") from error
    except (TypeError, KeyError, AttributeError, IndexError, OverflowError, RecursionError) as error:
        raise ValueError(f"{path} is not as files of {chosen.title} are ({error}): it cannot be read.") from error


@contextmanager
def _unswept() -> Iterator[None]:
    """Python looks through all objects, again and again, for cycles while millions are made: there are none in records.

    Two threads that read at once leave the collector as the last one to come found it: it is never left off for good.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():  # frozen and let go again they count as looked through: what others froze stays
            gc.freeze()
            gc.unfreeze()
        gc.enable()


def losses(labels: Labels, name: str) -> tuple[Loss, ...]:
    """What the format called `name` cannot hold of `labels`: what, how many, and where the first is."""
    return lost(labels, named(name).holds)


def write(
    labels: Labels, path: Path | str, name: str, *, strict: bool = False, tell: Callable[[Loss], None] | None = None
) -> tuple[Loss, ...]:
    """Writes `labels` as a new file or folder, whole or not at all; gives what was lost, and `tell`s it first.

    With `strict` raises ValueError, before anything is written, where anything would be lost; always for names that
    no file can hold.
    """
    chosen, target = named(name), Path(path)
    with _unswept():
        gone, left = fitted(labels, chosen.holds)
    if tell is not None:
        for one in gone:
            tell(one)
    if strict and gone:
        raise ValueError(f"{chosen.title} cannot hold everything: {'; '.join(map(str, gone))}. Nothing was written.")
    if target.exists():
        raise FileExistsError(f"{target} is there already: name another, or remove it.")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"The folder {target.parent} does not exist: make it, or name another.")
    _whole(left)
    half = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    try:
        with _unswept():
            chosen.write(left, half / target.name)
        (half / target.name).replace(target)
    except UnicodeEncodeError as error:
        raise ValueError(_halved(error.object[max(0, error.start - 20) : error.end + 20])) from error
    finally:
        shutil.rmtree(half, ignore_errors=True)
    return gone


def _whole(labels: Labels) -> None:
    """Refuse names with half a character, which other programs could not read, or would read as something else."""
    names = [*(term.name for term in labels.terms), *(sample.id for sample in labels.samples)]
    names += {one.author for one in labels.annotations} | {one.model for one in labels.predictions}
    for name in names:
        try:
            name.encode()
        except UnicodeEncodeError as error:
            raise ValueError(_halved(name)) from error


def _halved(text: str) -> str:
    return f"{text!a} holds half a character, as spoilt texts do: correct it first. Nothing was written."


def convert(
    source: Path | str, target: Path | str, name: str, *, images: Path | str | None = None, strict: bool = False
) -> tuple[Labels, tuple[Loss, ...]]:
    """`read` and `write`: the labels, and what the target could not hold of them."""
    with _unswept():
        labels = read(source, images=images)
        return labels, write(labels, target, name, strict=strict)
