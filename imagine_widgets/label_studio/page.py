"""Classes and shapes → the labelling page of a project: made once, grown later, never shrunk.

A choice shows the class's title and stores the class's name (Label Studio's `alias`), so that titles may be reworded
without touching a label. Names a person meets on the page are hers to change in Label Studio: what is there stays.
"""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Protocol
from xml.etree import ElementTree as ET

from imagine_kernels.shapes import Box, Ellipse, Line, Mask, MultiPolygon, Point, Polygon, RotatedBox, Shape

CONTROL, IMAGE, WHOLE = "label", "image", "choices"
"""The part for whole pictures and the picture, by which results say what they belong to (`from_name`, `to_name`)."""
TOOLS: Mapping[str, tuple[str, str]] = {
    WHOLE: ("Choices", CONTROL),
    "rectanglelabels": ("RectangleLabels", "box"),
    "polygonlabels": ("PolygonLabels", "outline"),
    "ellipselabels": ("EllipseLabels", "ellipse"),
    "keypointlabels": ("KeyPointLabels", "point"),
    "brushlabels": ("BrushLabels", "brush"),
    "vectorlabels": ("VectorLabels", "vector"),
}
"""What draws each type of result: the element of the page, and what it is called on a page of ours."""
DRAWN: Mapping[type[object], str] = {
    type(None): WHOLE,
    Point: "keypointlabels",
    Line: "polygonlabels",
    Box: "rectanglelabels",
    RotatedBox: "rectanglelabels",
    Ellipse: "ellipselabels",
    Polygon: "polygonlabels",
    MultiPolygon: "polygonlabels",
    Mask: "brushlabels",
}
"""The tool for each shape; there is none for sounds and tracks, which no picture shows."""

_UNWRITABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_KEY = re.compile("[0-9a-z]")
_NO_TEXT = ("true", "false")  # any attribute but `value` that reads so stops the whole editor
_ENTRIES = ("Choice", "Label")


class Label(Protocol):
    """A class as the page needs it; `imagine_kernels.use_case.Label` is one. `aphia_id` is read where there is one."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def key(self) -> str | None: ...


def tools_for(shapes: Iterable[Shape | type[Shape] | None]) -> frozenset[str]:
    """The tools that these shapes, or kinds of shapes, need; None stands for the whole sample."""
    kinds = {shape if isinstance(shape, type) else type(shape) for shape in shapes}
    return frozenset(DRAWN[kind] for kind in kinds if kind in DRAWN)


def page(labels: Sequence[Label], tools: Iterable[str] = (WHOLE,)) -> str:
    """The labelling page for these classes, as the XML Label Studio keeps. Raises ValueError for an impossible name."""
    if not labels:
        raise ValueError("A labelling page needs at least one class.")
    view = ET.Element("View")  # the classes stand above the picture: below it, a tall one pushes them off the screen
    ET.SubElement(view, "Image", name=IMAGE, value=f"${IMAGE}", zoom="true", zoomControl="true", defaultZoom="fit")
    wanted = frozenset(tools) or {WHOLE}
    for number, kind in enumerate(kind for kind in TOOLS if kind in wanted):
        control = _place(view, kind, number)
        _add(control, labels)
        if wanted == {WHOLE}:
            control.set("required", "true")
            control.set("requiredMessage", "Choose a class, or skip this image.")
    return _written(view)


def grown(written: str, labels: Sequence[Label], tools: Iterable[str] = ()) -> str:
    """The page `written` with what it lacks of `tools` and `labels`; the very same text where it lacks nothing.

    Raises LookupError with a sentence where the page has no place for labels any more.
    """
    view, found = _parts(written)
    missing = [kind for kind in TOOLS if kind in {*tools} - found.keys()]
    own = {_stored(entry): entry for control in found.values() for entry in _entries(control)}
    is_whole = all(label.name in _names(control) for control in found.values() for label in labels)
    if is_whole and not missing:
        return written
    for control in found.values():
        _add(control, [label for label in labels if label.name not in _names(control)])
    for kind in missing:
        control = _place(view, kind, len(found))
        _add(control, labels)
        _copy(control, [entry for name, entry in own.items() if name not in _names(control)])
    if missing:
        _free(found)
    return _written(view)


def offers(written: str) -> dict[str, tuple[str, frozenset[str]]]:
    """By type of result: the part of the page that takes it, and the names of its classes. LookupError as `grown`."""
    return {kind: (control.get("name", ""), _names(control)) for kind, control in _parts(written)[1].items()}


def choices_of(written: str) -> frozenset[str]:
    """The names of all classes that the page offers. Raises LookupError as `grown` does."""
    return frozenset(name for _, names in offers(written).values() for name in names)


def _parts(written: str) -> tuple[ET.Element, dict[str, ET.Element]]:
    """The page and its first tool of each type that works on the picture."""
    try:
        view = ET.fromstring(written)  # noqa: S314 - the installation's own Label Studio; expat refuses entity bombs
    except ET.ParseError:
        view = ET.Element("View")
    found: dict[str, ET.Element] = {}
    for kind, (tag, _) in TOOLS.items():
        fit = (one for one in view.iter(tag) if one.get("toName") == IMAGE and one.get("perRegion") != "true")
        control = next(fit, None)
        if control is not None:
            found[kind] = control
    if not found or not any(image.get("name") == IMAGE for image in view.iter("Image")):
        raise LookupError(
            f'its labelling page in Label Studio has no classes on an image named "{IMAGE}" any more; put them back in '
            "its settings there, or push under another title"
        )
    return view, found


def _place(view: ET.Element, kind: str, number: int) -> ET.Element:
    """A new tool above the picture, under its own name or the next free one."""
    tag, name = TOOLS[kind]
    taken = {one.get("name") for one in view.iter()}
    free = next(one for one in (name, *(f"{name}{n}" for n in range(2, 99))) if one not in taken)
    control = ET.Element(tag, name=free, toName=IMAGE)
    if kind == WHOLE:
        control.set("choice", "single-radio")
        control.set("showInline", "true")
    view.insert(number, control)
    return control


def _free(found: Mapping[str, ET.Element]) -> None:
    """Where there is something to draw, a class of the whole picture cannot be demanded."""
    if WHOLE in found and found[WHOLE].get("required") == "true":
        found[WHOLE].set("required", "false")


def _entries(control: ET.Element) -> list[ET.Element]:
    return [entry for entry in control.iter() if entry.tag in _ENTRIES]


def _names(control: ET.Element) -> frozenset[str]:
    return frozenset(map(_stored, _entries(control)))


def _stored(entry: ET.Element) -> str:
    return entry.get("alias") or entry.get("value") or ""


def _copy(control: ET.Element, entries: Iterable[ET.Element]) -> None:
    """Classes that other tools of the page have."""
    tag = "Choice" if control.tag == "Choices" else "Label"
    for entry in entries:
        ET.SubElement(control, tag, {name: entry.attrib[name] for name in ("value", "alias") if name in entry.attrib})


def _add(control: ET.Element, labels: Iterable[Label]) -> None:
    keys = {entry.get("hotkey") for entry in _entries(control)}
    shown = {entry.get("value") for entry in _entries(control)}
    for label in {label.name: label for label in labels}.values():
        entry = ET.SubElement(
            control, "Choice" if control.tag == "Choices" else "Label", value=_writable(_title(label, shown))
        )
        if entry.get("value") != label.name:
            entry.set("alias", _writable(label.name))
        shown.add(entry.get("value"))
        code = getattr(label, "aphia_id", None)
        if code is not None:
            entry.set("hint", f"AphiaID {code}")
        key = (label.key or "").lower()
        if _KEY.fullmatch(key) and key not in keys:
            keys.add(key)
            entry.set("hotkey", key)


def _title(label: Label, taken: Container[str | None]) -> str:
    """What a person reads: each title once; the bare name where an alias would be read as no text ("true")."""
    if label.name in _NO_TEXT:
        return label.name
    title = f"{label.title} ({label.name})" if label.title in taken else label.title or label.name
    return title.replace("$", "$\u200b")  # the editor puts a task's data in the place of "$image", wherever it stands


def is_writable(text: str) -> bool:
    """Whether a name can stand on a page: it is not empty, and XML has all its characters."""
    return bool(text.strip()) and not _UNWRITABLE.search(text)


def _writable(text: str) -> str:
    if not is_writable(text):
        raise ValueError(f"The class {text!r} cannot stand on a labelling page: it is empty or has control characters.")
    return text


def _written(view: ET.Element) -> str:
    ET.indent(view)
    return ET.tostring(view, encoding="unicode")
