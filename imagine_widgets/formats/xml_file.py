"""XML of other tools → its elements, without entities; and text of any characters as XML can hold it."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, TreeBuilder, indent, tostring
from xml.parsers import expat

_FOREIGN = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|^\s|\s$|\\(?=u[0-9a-f]{4})")
_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")


def parse(data: bytes) -> Element:
    """The root of a document. Raises ValueError with the rest of a sentence where it is not whole, or defines entities.

    Declarations of a document type are refused: no labelling tool writes them, and entities are how XML attacks.
    """
    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(data, True)  # noqa: FBT003 - the parser's own
    except (expat.ExpatError, LookupError) as error:
        raise ValueError(f"is not whole: its XML breaks off or is wrong ({error}).") from error
    return builder.close()


def _refuse(*_: object) -> None:
    raise ValueError("declares a document type, which files of labels don't: it was not read.")


def plain(text: str) -> str:
    r"""Text as XML holds it: characters that XML forbids, and blanks at the ends, are written as \u and four digits."""
    return _FOREIGN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def told(text: str | None) -> str:
    r"""Text as it was before `plain`; what another tool wrote stays, also where it has a \u of its own."""

    def back(found: re.Match[str]) -> str:
        letter = chr(int(found[1], 16))
        return letter if letter.isspace() or letter == "\\" or _FOREIGN.fullmatch(letter) else found[0]

    return _ESCAPED.sub(back, (text or "").strip())


def text(node: Element, name: str, missing: str | None = None) -> str:
    """The text of a child element. Raises ValueError where it is not there, unless `missing` is given."""
    found = node.find(name)
    if found is None and missing is None:
        raise ValueError(f"it has no <{name}>.")
    return (missing or "") if found is None else told(found.text)


def number(node: Element, name: str) -> float:
    """The number in a child element. Raises ValueError with a sentence."""
    return as_number(text(node, name), name)


def as_number(written: str | None, name: str) -> float:
    """A number as written in an element or attribute called `name`. Raises ValueError with a sentence."""
    if written is None:
        raise ValueError(f"it has no {name}.")
    try:
        return float(written)
    except ValueError:
        raise ValueError(f"its {name} is {written[:40]!r}, which is no number.") from None


def add(parent: Element, tag: str, content: object = None, /, **attributes: str) -> Element:
    """A new child element, with text where `content` is given."""
    child = Element(tag, {key: plain(value) for key, value in attributes.items()})
    if content is not None:
        child.text = plain(content) if isinstance(content, str) else digits(content)
    parent.append(child)
    return child


def digits(value: object) -> str:
    """A number as written: whole ones without a point, others with as many digits as they have."""
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
    return str(int(value)) if whole else str(value)  # type: ignore[call-overload]


def document(root: Element) -> bytes:
    """The whole file."""
    indent(root, " ")
    return bytes(tostring(root, "utf-8", xml_declaration=True))


def every(node: Element, *names: str) -> Iterator[Element]:
    """The children with one of these names, in the order of the file."""
    return (child for child in node if child.tag in names)
