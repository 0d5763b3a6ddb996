"""A project's labelling page in Label Studio, as the service of models needs it: its picture, controls and classes."""

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET

KINDS: Mapping[str, str] = {
    "Choices": "choices",
    "RectangleLabels": "rectanglelabels",
    "PolygonLabels": "polygonlabels",
    "BrushLabels": "brushlabels",
    "EllipseLabels": "ellipselabels",
    "KeyPointLabels": "keypointlabels",
}
"""Parts of a page that hold what a model says, and the type of result that each makes."""


@dataclass(frozen=True)
class Control:
    """A part of the page: its name, the picture it belongs to, the type of its results, and the classes it offers."""

    name: str
    about: str
    kind: str
    classes: frozenset[str]


@dataclass(frozen=True)
class Page:
    """What a page offers; `picture` is the name in a task's data under which its picture goes."""

    picture: str
    controls: tuple[Control, ...]

    def control(self, kind: str, name: str) -> Control | None:
        """The part that takes a class of this name as such a result."""
        return next((one for one in self.controls if one.kind == kind and name in one.classes), None)

    def offers(self, name: str) -> bool:
        """Whether any part takes the class."""
        return any(name in one.classes for one in self.controls)


def read(written: str) -> Page:
    """The page that Label Studio keeps as XML. Raises ValueError with a sentence where it shows no picture."""
    try:
        view = ET.fromstring(written)  # noqa: S314 - expat refuses entity bombs
    except ET.ParseError as error:
        raise ValueError(f"The labelling page cannot be read: {error}.") from error
    image = next(view.iter("Image"), None)
    value = "" if image is None else image.get("value", "")
    if image is None or not value.startswith("$"):
        raise ValueError('The labelling page shows no picture: it needs a part such as <Image value="$image"/>.')
    return Page(value.removeprefix("$"), tuple(_control(one) for one in view.iter() if one.tag in KINDS))


def _control(part: ET.Element) -> Control:
    classes = frozenset(one.get("alias") or one.get("value") or "" for one in part.iter() if one is not part)
    return Control(part.get("name", ""), part.get("toName", ""), KINDS[part.tag], classes)
