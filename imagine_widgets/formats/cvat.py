"""CVAT XML 1.1, for images and for video: read from a file, folder or zip; written as a folder, a file for each video.

What CVAT's own fields do not say is carried in text attributes of each shape, which CVAT keeps and gives back.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree.ElementTree import Element

from imagine_kernels.records import Region, Sample, Skipped
from imagine_kernels.shapes import Shape, TimeFrequency, Track
from imagine_widgets.formats import carried, cvat_document, cvat_shapes, xml_file
from imagine_widgets.formats.cvat_document import OURS, TOOL, USUAL
from imagine_widgets.formats.cvat_shapes import RATE
from imagine_widgets.formats.format import Format, Head
from imagine_widgets.formats.labels import IMPORTED, Holds, Labels, Term
from imagine_widgets.formats.place import Place, beginning, why


def _detect(head: Head) -> bool:
    start = beginning(head.path, ".xml")
    return "<annotations>" in start and any(f"<{mark}" in start for mark in ("meta>", "image ", "track ", "version>"))


def shapes(shape: Shape | None, sample: Sample) -> tuple[Shape | None, ...]:
    """Everything seen; what CVAT cannot draw exactly is carried beside what it shows."""
    if isinstance(shape, TimeFrequency):
        return ()
    if isinstance(shape, Track) and not cvat_shapes.frames(shape, sample, RATE):
        return ()
    return (shape,)


@dataclass
class _Found:
    """What is read so far."""

    place: Place
    images: Path | None
    samples: dict[str, Sample] = field(default_factory=dict)
    terms: dict[str, Term] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    gathered: carried.Gathered = field(default_factory=carried.Gathered)

    def sample(self, name: str | None, width: float, height: float) -> Sample:
        """The sample of this name, new or known."""
        if not name:
            raise ValueError("it has no name of a picture.")
        uri = name if self.images is None else str(self.images / name)
        return self.samples.setdefault(name, Sample(name, uri, int(width), int(height)))


def read(path: Path, images: Path | None = None) -> Labels:
    """The pictures, videos, labels and classes of CVAT's files. Raises OSError or ValueError with a sentence."""
    found = _Found(Place(path), images)
    roots = 0
    for name in found.place.ending(".xml"):
        try:
            root = _root(found.place.content(name))
        except (ValueError, OSError) as error:
            found.skipped.append(Skipped(found.place.uri(name), f"{name} {error}"))
            continue
        roots += 1
        _read_file(root, found, name)
    if not roots:
        raise ValueError(f"{path} holds no XML of CVAT. {found.skipped[0].why if found.skipped else ''}".rstrip())
    named = found.gathered.terms()
    terms = (*found.terms.values(), *(term for name, term in named.items() if name not in found.terms))
    said, guessed = found.gathered.all_annotations(), found.gathered.all_predictions()
    return Labels(tuple(found.samples.values()), said, guessed, terms, tuple(found.skipped))


def _root(content: bytes) -> Element:
    root = xml_file.parse(content)
    if root.tag != "annotations":
        raise ValueError(f"is no file of CVAT: its root is <{root.tag}>.")
    return root


def _read_file(root: Element, found: _Found, name: str) -> None:
    for label in root.iterfind("meta//labels/label"):
        if called := xml_file.text(label, "name", ""):
            found.terms.setdefault(called, Term(called, colour=xml_file.text(label, "color", "")))
    for image in root.iterfind("image"):
        where = f"{name}, image {image.get('name', '?')!r}"
        try:
            width, height = (xml_file.as_number(image.get(side), side) for side in ("width", "height"))
            sample = found.sample(xml_file.told(image.get("name")), width, height)
        except (ValueError, OverflowError) as error:
            found.skipped.append(why(where, error))
            continue
        for number, node in enumerate(image, start=1):
            _take(found, sample, node, f"{where}, <{node.tag}> {number}", f"{sample.id}#{number}")
    tracks = root.findall("track")
    if tracks:
        _tracks(tracks, root, found, name)
    for one in _json(xml_file.told(root.findtext("meta/imagine")), list):
        if isinstance(one, dict) and one.get("sample") in found.samples:
            found.gathered.empty(one["sample"], str(one.get("author") or IMPORTED), one.get("at"))


def _json(text: str, kind: type) -> Any:  # noqa: ANN401
    try:
        told = json.loads(text or "null")
    except ValueError:
        return kind()
    return told if isinstance(told, kind) else kind()


def _tracks(tracks: Iterable[Element], root: Element, found: _Found, name: str) -> None:
    """The tracks of one video, or of each task of a project; of a skeleton, those of its points."""
    told = root.findtext("meta//frame_rate")
    for outer in tracks:
        for node in outer.findall("track") or [outer]:
            where = f"{name}, track {'.'.join(dict.fromkeys(one.get('id', '?') for one in (outer, node)))}"
            try:
                sample = _video(outer, root, found, name)
                _take(found, sample, node, where, f"{sample.id}#{where}", float(told or RATE))
            except (ValueError, OverflowError) as error:
                found.skipped.append(why(where, error))
    if told is None:
        sentence = f"{name} does not tell the frames of a second: times are counted with {RATE:g}."
        found.skipped.append(Skipped(name, sentence))


def _video(node: Element, root: Element, found: _Found, name: str) -> Sample:
    """What a track is of: its task, or the only one of the file, by the name of the video or else of the task."""
    tasks = {task.findtext("id", ""): task for task in root.iterfind("meta//task")}
    task = tasks.get(node.get("task_id", ""), next(iter(tasks.values()), None))
    places = [place for place in (task, root.find("meta"), root.find("meta/job")) if place is not None]
    named = (xml_file.text(place, key, "") for key in ("source", "name") for place in places)
    size = next((one for place in places if (one := place.find("original_size")) is not None), None)
    if size is None:
        raise ValueError("its file does not tell the size of the video.")
    width, height = (xml_file.number(size, side) for side in ("width", "height"))
    return found.sample(next(filter(None, named), PurePosixPath(name).stem), width, height)


def _take(found: _Found, sample: Sample, node: Element, where: str, fallback: str, rate: float = RATE) -> None:
    """A shape, tag or track. Several points in one element are a region each; a skeleton is its points."""
    try:
        if node.tag == "skeleton":
            for number, point in enumerate(xml_file.every(node, "points"), start=1):
                if point.get("outside") != "1":
                    _take(found, sample, point, where, f"{fallback}.{number}")
            return
        attributes = {a.get("name", ""): a.text for a in _attributes(node)}
        packed = _json("".join(map(xml_file.told, _chunks(attributes))), dict)
        kept = carried.carried(packed)
        label = xml_file.told(node.get("label"))
        if not label:
            raise ValueError("it has no label.")  # noqa: TRY301
        drawn_by_model = node.get("source") == "auto"
        who = packed if drawn_by_model or "model" not in packed else {}
        for shape in _shapes(node, kept, sample, rate):
            region = carried.of_tool(carried.region(label, shape, kept, {}, fallback), TOOL, _others(node, attributes))
            found.gathered.add(sample.id, region, who, model=drawn_by_model)
    except (ValueError, OverflowError) as error:
        found.skipped.append(why(where, error))


def _attributes(node: Element) -> list[Element]:
    """Those of the element, or of a track's first."""
    holder = next(iter(node), node) if node.tag == "track" else node
    return holder.findall("attribute")


def _chunks(attributes: dict[str, str | None]) -> Iterator[str | None]:
    number = 1
    while f"{OURS}{number}" in attributes:
        yield attributes[f"{OURS}{number}"]
        number += 1


def _others(node: Element, attributes: dict[str, str | None]) -> dict[str, Any]:
    """What only CVAT knows of a shape, where it is not as usual."""
    given = {**node[0].attrib, **node.attrib} if node.tag == "track" and len(node) else node.attrib
    told: dict[str, Any] = {key: given[key] for key, usual in USUAL.items() if given.get(key, usual) not in {usual, ""}}
    theirs = {name: value or "" for name, value in attributes.items() if not name.startswith(OURS)}
    return told | ({"attributes": theirs} if theirs else {})


def _shapes(node: Element, kept: Region | None, sample: Sample, rate: float) -> list[Any]:
    """What is drawn now: the exact shape that was carried where it still looks the same."""
    if node.tag == "tag":
        return [None]
    if node.tag == "track":
        now = [cvat_shapes.parse(one) for one in node if one.get("keyframe", "1") == "1"]
    else:
        now = [cvat_shapes.parse(node)]
    exact = None if kept is None or isinstance(kept.shape, TimeFrequency) else kept.shape
    if exact is not None and cvat_shapes.same(now, cvat_shapes.drawn(exact, sample, rate)):
        return [exact]
    return cvat_shapes.tracks(now, rate) if node.tag == "track" else cvat_shapes.seen(now[0])


FORMAT = Format(
    "cvat",
    "CVAT XML",
    "",
    _detect,
    read,
    cvat_document.write,
    Holds(carried.FACTS | {"empty", "unlabelled", "unused", "colour"}, shapes),
)
