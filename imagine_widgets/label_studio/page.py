"""Classes → the labelling page of a project: one choice per class, made once, grown later, never shrunk.

A choice shows the class's title and stores the class's name (Label Studio's `alias`), so that titles may be reworded
without touching a label. Names a person meets on the page are hers to change in Label Studio: what is there stays.
"""

import re
from collections.abc import Container, Iterable, Sequence
from typing import Protocol
from xml.etree import ElementTree as ET

CONTROL, IMAGE = "label", "image"
"""The page's two parts, by which results say what they belong to (`from_name`, `to_name`)."""

_UNWRITABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_KEY = re.compile("[0-9a-z]")
_NO_TEXT = ("true", "false")  # any attribute but `value` that reads so stops the whole editor


class Label(Protocol):
    """A class as the page needs it; `imagine_kernels.use_case.Label` is one. `aphia_id` is read where there is one."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def key(self) -> str | None: ...


def page(labels: Sequence[Label]) -> str:
    """The labelling page for these classes, as the XML Label Studio keeps. Raises ValueError for an impossible name."""
    if not labels:
        raise ValueError("A labelling page needs at least one class.")
    view = ET.Element("View")  # the classes stand above the picture: below it, a tall one pushes them off the screen
    choices = ET.SubElement(
        view, "Choices", name=CONTROL, toName=IMAGE, choice="single-radio", showInline="true", required="true"
    )
    choices.set("requiredMessage", "Choose a class, or skip this image.")
    ET.SubElement(view, "Image", name=IMAGE, value=f"${IMAGE}", zoom="true", zoomControl="true", defaultZoom="fit")
    _add(choices, labels)
    return _written(view)


def grown(written: str, labels: Sequence[Label]) -> str:
    """The page `written` with choices for those of `labels` it lacks; the very same text where it lacks none.

    Raises LookupError with a sentence where the page has no place for choices any more.
    """
    view, choices = _parts(written)
    known = {_stored(choice) for choice in choices.iter("Choice")}
    missing = [label for label in labels if label.name not in known]
    if not missing:
        return written
    _add(choices, missing)
    return _written(view)


def choices_of(written: str) -> frozenset[str]:
    """The names of the classes that the page offers. Raises LookupError as `grown` does."""
    return frozenset(_stored(choice) for choice in _parts(written)[1].iter("Choice"))


def _parts(written: str) -> tuple[ET.Element, ET.Element]:
    try:
        view = ET.fromstring(written)  # noqa: S314 - the installation's own Label Studio; expat refuses entity bombs
    except ET.ParseError:
        view = ET.Element("View")
    found = [choices for choices in view.iter("Choices") if choices.get("name") == CONTROL]
    images = [image for image in view.iter("Image") if image.get("name") == IMAGE]
    if not found or not images or found[0].get("toName") != IMAGE:
        raise LookupError(
            f'its labelling page in Label Studio has no choices named "{CONTROL}" on an image named "{IMAGE}" any '
            "more; put them back in its settings there, or push under another title"
        )
    return view, found[0]


def _stored(choice: ET.Element) -> str:
    return choice.get("alias") or choice.get("value") or ""


def _add(choices: ET.Element, labels: Iterable[Label]) -> None:
    keys = {choice.get("hotkey") for choice in choices.iter("Choice")}
    shown = {choice.get("value") for choice in choices.iter("Choice")}
    for label in {label.name: label for label in labels}.values():
        choice = ET.SubElement(choices, "Choice", value=_writable(_title(label, shown)))
        if choice.get("value") != label.name:
            choice.set("alias", _writable(label.name))
        shown.add(choice.get("value"))
        code = getattr(label, "aphia_id", None)
        if code is not None:
            choice.set("hint", f"AphiaID {code}")
        key = (label.key or "").lower()
        if _KEY.fullmatch(key) and key not in keys:
            keys.add(key)
            choice.set("hotkey", key)


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
