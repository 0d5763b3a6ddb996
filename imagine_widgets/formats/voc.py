"""Pascal VOC: an XML file a picture, with upright boxes; turned ones are read where roLabelImg wrote them."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree.ElementTree import Element

from imagine_kernels.records import Annotation, Region, Sample, Skipped
from imagine_kernels.shapes import Box, Line, Point, RotatedBox, Shape, TimeFrequency, Track, bounds
from imagine_widgets.formats import carried, xml_file
from imagine_widgets.formats.format import Format, Head
from imagine_widgets.formats.labels import IMPORTED, LONG_AGO, Holds, Labels, Term
from imagine_widgets.formats.place import Place, beginning, own_files, why

_STEP = 1024
"""Corners that a number cannot hold beside the size are put to a 1024th of a pixel."""
_FARTHEST = 2.0**40
_TOOL = "voc"
_USUAL = {"pose": "Unspecified", "truncated": "0", "difficult": "0"}
_NAME = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
_FILES, _LISTS = "Annotations", "ImageSets"


def _detect(head: Head) -> bool:
    if (head.path / _LISTS).is_dir():
        return True
    start = beginning(head.path, ".xml")
    return ("<annotation>" in start or "<annotation kept=" in start) and any(
        f"<{mark}" in start for mark in ("object", "size", "filename")
    )


def shapes(shape: Shape | None, sample: Sample) -> tuple[Shape | None, ...]:
    """Boxes with their corners as they are; of whatever else has an area, the upright box around it."""
    del sample
    if shape is None or isinstance(shape, Point | Line | TimeFrequency | Track):
        return ()
    box = bounds(shape)
    sides = [(box.x, box.width), (box.y, box.height)]
    if all((start + length) - start == length for start, length in sides):
        return (box,)
    if any(not -_FARTHEST < at < _FARTHEST for start, length in sides for at in (start, start + length)):
        return ()
    (left, right), (top, bottom) = ((round(s * _STEP) / _STEP, round((s + n) * _STEP) / _STEP) for s, n in sides)
    return (Box(left, top, right - left, bottom - top),) if left < right and top < bottom else ()


def read(path: Path, images: Path | None = None) -> Labels:
    """The pictures and boxes of one XML file, or of all in a folder or zip. Raises OSError or ValueError."""
    place, annotations = Place(path), []
    samples: dict[str, Sample] = {}
    skipped: list[Skipped] = []
    for name in place.ending(".xml"):
        try:
            root = xml_file.parse(place.content(name))
            sample = _sample(root, name, images)
            _new(sample, samples)
        except (ValueError, OSError) as error:
            skipped.append(Skipped(place.uri(name), f"{PurePosixPath(name).name} {error}"))
            continue
        samples[sample.id] = sample
        regions = [region for found in root.iter("object") for region in _regions(found, place.uri(name), skipped)]
        numbered = tuple(replace(one, id=f"{sample.id}#u{n}") for n, one in enumerate(regions, start=1))
        annotations.append(Annotation(sample.id, numbered, IMPORTED, LONG_AGO, IMPORTED, f"{sample.id}/{IMPORTED}"))
    if not samples and not (path / _LISTS).is_dir():
        reasons = f" {skipped[0].why}" if skipped else ""
        raise ValueError(f"{path} holds no XML file with labels that can be read.{reasons}")
    terms = dict.fromkeys(region.label for one in annotations for region in one.regions)
    return Labels(tuple(samples.values()), tuple(annotations), (), tuple(map(Term, terms)), tuple(skipped))


def _new(sample: Sample, samples: Mapping[str, Sample]) -> None:
    if sample.id in samples:
        raise ValueError(f"says it is of {sample.id}, and so does another file.")


def _sample(root: Element, name: str, images: Path | None) -> Sample:
    if root.tag != "annotation":
        raise ValueError(f"is no file of Pascal VOC: its root is <{root.tag}>.")
    picture = xml_file.text(root, "filename", "") or PurePosixPath(name).stem
    above = [part for part in PurePosixPath(name).parent.parts if part != _FILES]
    given = str(PurePosixPath(*above, picture)) if root.get("kept") == "folder" else picture
    size = root.find("size")
    if size is None:
        raise ValueError("does not tell the size of its picture: it has no <size>.")
    width, height = xml_file.number(size, "width"), xml_file.number(size, "height")
    if not (math.isfinite(width) and math.isfinite(height)):
        raise ValueError("does not tell the size of its picture.")
    return Sample(given, given if images is None else str(images / given), int(width), int(height))


def _regions(found: Element, where: str, skipped: list[Skipped]) -> Iterator[Region]:
    """An object, and its parts (a head, a hand), each of which is a region of its own."""
    for one in (found, *xml_file.every(found, "part")):
        try:
            yield carried.of_tool(Region(xml_file.text(one, "name"), None, _shape(one)), _TOOL, _others(one))
        except ValueError as error:
            skipped.append(why(f"{where}, object {xml_file.text(one, 'name', '?')[:60]!r}", error))


def _others(found: Element) -> dict[str, Any]:
    """What is said of an object beside its name and place, where it is not as usual: words, or actions in a list."""
    told: dict[str, Any] = {}
    for child in found:
        if child.tag not in {"name", "bndbox", "robndbox", "part", "polygon"}:
            words = {inner.tag: xml_file.told(inner.text) for inner in child} or xml_file.told(child.text)
            if words != _USUAL.get(child.tag, ""):
                told[child.tag] = words
    return told


def _shape(found: Element) -> Box | RotatedBox:
    turned, box = found.find("robndbox"), found.find("bndbox")
    if turned is not None:
        x, y, width, height, angle = (xml_file.number(turned, name) for name in ("cx", "cy", "w", "h", "angle"))
        return RotatedBox(x, y, width, height, math.degrees(angle))
    if box is None:
        raise ValueError("it has no <bndbox>.")
    left, top, right, bottom = (xml_file.number(box, name) for name in ("xmin", "ymin", "xmax", "ymax"))
    return Box(left, top, right - left, bottom - top)


def write(labels: Labels, path: Path) -> None:
    """A folder as the challenge had it: an XML file for each sample that a person looked at, and their list."""
    files = own_files(labels.samples, ".xml")
    said = {one.sample_id: one for one in labels.annotations}
    (path / _LISTS / "Main").mkdir(parents=True)
    stems = "".join(f"{file.removesuffix('.xml')}\n" for file in files.values())
    (path / _LISTS / "Main" / "default.txt").write_text(stems, encoding="utf-8")
    for sample in labels.samples:
        root = Element("annotation")
        picture = PurePosixPath(sample.id)
        if len(picture.parts) > 1:
            root.set("kept", "folder")
        xml_file.add(root, "folder", picture.parent.name or "images")
        xml_file.add(root, "filename", picture.name)
        size = xml_file.add(root, "size")
        for name, value in (("width", sample.width), ("height", sample.height), ("depth", 3)):
            xml_file.add(size, name, value)
        xml_file.add(root, "segmented", 0)
        for region in said[sample.id].regions:
            _add(root, region)
        target = path / _FILES / files[sample.id]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(xml_file.document(root))


def _add(root: Element, region: Region) -> None:
    if not isinstance(region.shape, Box):
        raise TypeError(f"Pascal VOC holds no {type(region.shape).__name__}: it was to be left out before.")
    found, box = xml_file.add(root, "object"), region.shape
    xml_file.add(found, "name", region.label)
    others = {name: value for name, value in carried.fields(region, _TOOL).items() if _NAME.fullmatch(name)}
    for name, value in {**_USUAL, **others}.items():
        inner = {key: word for key, word in value.items() if _NAME.fullmatch(key)} if isinstance(value, dict) else {}
        child = xml_file.add(found, name, None if inner else str(value))
        for key, word in inner.items():
            xml_file.add(child, key, str(word))
    sides = xml_file.add(found, "bndbox")
    for name, at in (("xmin", box.x), ("ymin", box.y), ("xmax", box.x + box.width), ("ymax", box.y + box.height)):
        xml_file.add(sides, name, at)


FORMAT = Format("voc", "Pascal VOC", "", _detect, read, write, Holds(frozenset({"empty", f"raw:{_TOOL}"}), shapes))
