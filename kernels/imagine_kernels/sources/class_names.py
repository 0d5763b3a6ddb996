"""What the small file beside a data set tells: names of class numbers (classes.txt, YOLO's data.yaml), pixel size."""

import re
from collections.abc import Iterable, Mapping

from imagine_kernels import images
from imagine_kernels.images.place import Place
from imagine_kernels.records import Quantity

FILES = ("classes.txt", "data.yaml", "data.yml")
_LARGEST = 2**20
_NUMBERED = re.compile(r"(\d{1,5})\s*[:=,;\t ]\s*(\S.*)")
_NOTHING = re.compile(r"_*(background|nothing|none|unlabell?ed|void|ignore)_*", re.IGNORECASE)


def is_nothing(name: str) -> bool:
    """Whether a class of this name is the absence of all others."""
    return _NOTHING.fullmatch(name) is not None


def read(place: Place, folder: str, first: int = 1) -> Mapping[int, str] | None:
    """The name of each number that a file in `folder` tells; None where there is no such file.

    classes.txt has a name a line, that of `first` first (that of 0 where it means nothing, such as "background"), or
    "NUMBER NAME"; data.yaml has `names`, a list from 0 on or a table by number. Raises ValueError with a sentence.
    """
    names = set(place.names())
    for file in (f"{folder}{name}" for name in FILES):
        if file in names:
            text = _text(place, file)
            found = _lines(text, first) if file.endswith(".txt") else _table(text, file)
            if not found or any(not name for name in found.values()) or len(set(found.values())) < len(found):
                raise ValueError(f"{images.named(file)} does not give every class a name of its own. Correct it.")
            return found
    return None


def pixel_size(place: Place, folder: str) -> Quantity | None:
    """The side of a pixel that `pixel_size_um` in data.yaml tells, else None. Raises ValueError with a sentence."""
    for file in (f"{folder}{name}" for name in FILES[1:]):
        if file in set(place.names()):
            told = _loaded(_text(place, file), file).get("pixel_size_um")
            if told is None:
                return None
            if isinstance(told, bool) or not isinstance(told, int | float) or not 0 < told < 1e9:
                raise ValueError(f"{images.named(file)} says {str(told)[:40]!r} for `pixel_size_um`: give micrometres.")
            return Quantity(float(told), "micrometer")
    return None


def key_points(place: Place, folder: str) -> int:
    """How many numbers of key points follow each box, as `kpt_shape` in data.yaml tells (YOLO's poses); else 0."""
    for file in (f"{folder}{name}" for name in FILES[1:]):
        if file in set(place.names()):
            shape = _loaded(_text(place, file), file).get("kpt_shape")
            return shape[0] * shape[1] if isinstance(shape, list) and [*map(type, shape)] == [int, int] else 0
    return 0


def _text(place: Place, file: str) -> str:
    with place.open(file) as opened:
        data = opened.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise ValueError(f"{images.named(file)} is too large to hold the names of classes.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{images.named(file)} is not text in UTF-8. Save it again as such.") from error


def _lines(text: str, first: int) -> Mapping[int, str]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    numbered = [_NUMBERED.fullmatch(line) for line in lines]
    if lines and all(numbered):
        return {int(match[1]): _clean(match[2]) for match in numbered if match is not None}
    return dict(enumerate(map(_clean, lines), 0 if lines and is_nothing(lines[0]) else first))


def _loaded(text: str, file: str) -> Mapping[str, object]:
    import yaml

    try:
        told = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ValueError(f"{images.named(file)} is broken YAML. Correct it.") from error
    return told if isinstance(told, dict) else {}


def _table(text: str, file: str) -> Mapping[int, str]:
    names = _loaded(text, file).get("names")
    if not isinstance(names, dict | list):
        raise ValueError(  # noqa: TRY004 - what the file says is wrong, not a type of ours
            f"{images.named(file)} does not hold `names`, a list or a table of class names. Correct it."
        )
    pairs: Iterable[tuple[object, object]] = names.items() if isinstance(names, dict) else enumerate(names)
    try:
        return {int(str(number)): _clean(str(name)) for number, name in pairs}
    except ValueError as error:
        raise ValueError(f"{images.named(file)} names classes by words: give them by their numbers.") from error


def _clean(name: str) -> str:
    return "".join(letter for letter in name.strip() if letter.isprintable())[:200]
