"""Labels → CVAT's XML: one file of pictures, and one of each video with tracks."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from imagine_kernels.records import Annotation, Prediction, Region, Sample
from imagine_kernels.shapes import Track
from imagine_widgets.formats import carried, cvat_shapes, xml_file
from imagine_widgets.formats.cvat_shapes import RATE, Drawn
from imagine_widgets.formats.labels import Labels, Term
from imagine_widgets.formats.place import own_files

OURS, TOOL = "imagine", "cvat"
USUAL = {"occluded": "0", "z_order": "0", "group_id": "0"}
"""What CVAT writes of every shape where nobody said otherwise."""
_IMAGES, _VIDEOS = "images.xml", "videos"
_LONGEST = 4000
"""Letters of one attribute; CVAT's database takes 4,096."""
Said = list[tuple[Annotation | Prediction, int, Region]]


def write(labels: Labels, path: Path) -> None:
    """The folder: images.xml, and below `videos` a file for each sample with tracks."""
    flat: dict[str, Said] = {sample.id: [] for sample in labels.samples}
    tracked: dict[str, Said] = {}
    every: tuple[Annotation | Prediction, ...] = (*labels.annotations, *labels.predictions)
    for one in every:
        for order, region in enumerate(one.regions):
            is_track = isinstance(region.shape, Track)
            (tracked.setdefault(one.sample_id, []) if is_track else flat[one.sample_id]).append((one, order, region))
    videos = [sample for sample in labels.samples if sample.id in tracked]
    files = own_files(videos, ".xml")
    nothing = [{"sample": a.sample_id, "author": a.author, "at": a.at} for a in labels.annotations if not a.regions]
    path.mkdir()
    pictures = [s for s in labels.samples if s.id not in tracked or flat[s.id]]
    pictures += [s for s in videos if not flat[s.id] and any(one["sample"] == s.id for one in nothing)]
    (path / _IMAGES).write_bytes(_of_pictures(pictures, flat, labels.terms, nothing))
    for sample in videos:
        target = path / _VIDEOS / files[sample.id]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_of_video(sample, tracked[sample.id], labels.terms))


def _root(mode: str, terms: Iterable[Term], size: int) -> tuple[Element, Element]:
    """A file and its task."""
    root = Element("annotations")
    xml_file.add(root, "version", "1.1")
    task = xml_file.add(xml_file.add(root, "meta"), "task")
    xml_file.add(task, "size", size)
    xml_file.add(task, "mode", mode)
    labels = xml_file.add(task, "labels")
    for term in terms:
        label = xml_file.add(labels, "label")
        xml_file.add(label, "name", term.name)
        if term.colour:
            xml_file.add(label, "color", term.colour)
        xml_file.add(label, "type", "any")
        xml_file.add(label, "attributes")
    return root, task


def _whole(root: Element) -> bytes:
    """The file, its classes having all attributes that shapes carry: CVAT drops those that it is not told of."""
    names = {str(one.get("name")) for one in root.iter("attribute")}
    for told in root.iterfind("meta/task/labels/label/attributes"):
        for name in sorted(names):
            attribute = xml_file.add(told, "attribute")
            xml_file.add(attribute, "name").text = name
            for key, text in (("mutable", "False"), ("input_type", "text"), ("default_value", ""), ("values", "")):
                xml_file.add(attribute, key, text)
    return xml_file.document(root)


def _of_pictures(
    samples: Iterable[Sample], said: Mapping[str, Said], terms: Iterable[Term], nothing: list[dict[str, str]]
) -> bytes:
    rows = list(samples)
    root, _ = _root("annotation", terms, len(rows))
    if nothing:
        xml_file.add(root[1], OURS, json.dumps(nothing, ensure_ascii=False))
    for number, sample in enumerate(rows):
        sides = {"width": str(sample.width), "height": str(sample.height)}
        image = xml_file.add(root, "image", id=str(number), name=sample.id, **sides)
        for one, order, region in said[sample.id]:
            _add_flat(image, one, order, region, sample)
    return _whole(root)


def _add_flat(image: Element, said: Annotation | Prediction, order: int, region: Region, sample: Sample) -> None:
    common = {"label": region.label, "source": _source(said)}
    others = carried.fields(region, TOOL)
    if region.shape is None:
        node = xml_file.add(image, "tag", **common, **{key: str(others[key]) for key in USUAL if key in others})
        _attributes(node, carried.pack(said, region, order, exact=True), others)
        return
    found = cvat_shapes.drawn(region.shape, sample, RATE)[0]
    exact = found.plain() and cvat_shapes.seen(found) == [region.shape]
    node = xml_file.add(image, found.tag, **common, **_usual(others), **found.attributes())
    _attributes(node, carried.pack(said, region, order, exact=exact), others)


def _usual(others: Mapping[str, Any]) -> dict[str, str]:
    """What CVAT says of every shape; its group only where there is one."""
    told = {key: str(others.get(key, usual)) for key, usual in USUAL.items()}
    return told if told["group_id"] != "0" else {key: value for key, value in told.items() if key != "group_id"}


def _of_video(sample: Sample, said: Said, terms: Iterable[Term]) -> bytes:
    made = [
        (one, order, region, cvat_shapes.drawn(region.shape, sample, RATE))
        for one, order, region in said
        if region.shape
    ]
    end = 1 + max(frame.frame for _, _, _, frames in made for frame in frames)
    root, task = _root("interpolation", terms, end)
    for name, value in (("start_frame", 0), ("stop_frame", end - 1), ("source", sample.id), ("frame_rate", RATE)):
        xml_file.add(task, name, value)
    size = xml_file.add(task, "original_size")
    xml_file.add(size, "width", sample.width)
    xml_file.add(size, "height", sample.height)
    for number, (one, order, region, frames) in enumerate(made):
        _add_track(root, number, one, order, region, frames)
    return _whole(root)


def _add_track(
    root: Element, number: int, said: Annotation | Prediction, order: int, region: Region, frames: list[Drawn]
) -> None:
    others = carried.fields(region, TOOL)
    group = {"group_id": str(others["group_id"])} if "group_id" in others else {}
    node = xml_file.add(root, "track", id=str(number), label=region.label, source=_source(said), **group)
    exact = all(one.plain() for one in frames) and cvat_shapes.tracks(frames, RATE) == [region.shape]
    packed = carried.pack(said, region, order, exact=exact)
    for found in frames:
        where = {"frame": str(found.frame), "keyframe": "1", "outside": str(int(found.outside))}
        usual = {key: value for key, value in _usual(others).items() if key != "group_id"}
        _attributes(xml_file.add(node, found.tag, **where, **usual, **found.attributes()), packed, others)
        packed = {}


def _source(said: Annotation | Prediction) -> str:
    return "auto" if isinstance(said, Prediction) else "manual"


def _attributes(node: Element, packed: carried.Json, others: Mapping[str, Any]) -> None:
    theirs = others.get("attributes")
    for name, value in theirs.items() if isinstance(theirs, dict) else ():
        xml_file.add(node, "attribute", str(value)).set("name", xml_file.plain(str(name)))
    text = json.dumps(packed, ensure_ascii=False, separators=(",", ":")) if packed else ""
    for number, start in enumerate(range(0, len(text), _LONGEST), start=1):
        xml_file.add(node, "attribute", text[start : start + _LONGEST]).set("name", f"{OURS}{number}")
