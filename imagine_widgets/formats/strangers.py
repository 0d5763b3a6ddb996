"""What people take for labels and holds none, or more than one kind: told from its content, with what to do instead."""

from collections.abc import Callable, Iterator
from pathlib import Path

from imagine_widgets.formats import biigle_metadata, biigle_rows
from imagine_widgets.formats.format import Head
from imagine_widgets.formats.place import PICTURES

_TRIED = 50
_NAMED = 5
_LABELLED = frozenset({".json", ".ndjson", ".jsonl", ".geojson", ".xml", ".csv", ".tsv", ".yaml", ".yml", ".zip"})
_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"GIF8", b"BM")


def told(head: Head, kind: Callable[[Head], str | None]) -> str:
    """A sentence about what this is; "" where nothing is known of it. `kind` names the format of a file."""
    if head.path.is_dir():
        return _several(head.path, kind)
    return next((f"{head.path} is {what}" for what in _seen(head)), "")


def _seen(head: Head) -> Iterator[str]:
    if not head.path.stat().st_size:
        yield "empty: export it again."
    if _is_picture(head.path):
        yield "a picture: its labels are in a file beside it, if there are any. Name that."
    if "meta.xml" in head.names:
        yield "a Darwin Core archive: it tells of occurrences, and holds no labels of pictures."
    if head.start.lstrip().startswith("<View"):
        yield "a labelling page of Label Studio: it names classes, and holds no labels. Export the project as JSON."
    if biigle_metadata.is_metadata(biigle_rows.titles(head.start)):
        yield "BIIGLE's metadata, and holds no labels. Put it beside the table of annotations: it is read with that."


def _is_picture(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(4)
    return start.startswith(_MAGIC) or path.suffix.lower() in PICTURES


def _several(folder: Path, kind: Callable[[Head], str | None]) -> str:
    """Of a folder with files of labels that do not belong together."""
    files = (one for one in sorted(folder.rglob("*")) if one.suffix.lower() in _LABELLED and one.is_file())
    kinds = ((file.relative_to(folder), kind(Head(file))) for file, _ in zip(files, range(_TRIED), strict=False))
    found = [f"{name} ({title})" for name, title in kinds if title]
    if not found:
        return ""
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"{folder} is no set of labels as a whole. Name one of its files: {', '.join(found[:_NAMED])}{more}."
