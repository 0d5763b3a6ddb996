"""The classes a person laid on the keys 1 to 9, kept in her work folder: the next grid has them, too."""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from imagine_kernels.environment import work_folder
from imagine_widgets.classes import Classes

KEYS = "123456789"
_EACH = 20  # names remembered for a key: those of other sets of classes


def favourites(classes: Classes) -> dict[str, int]:
    """Key → the place of the class that was last laid on it, of those that these classes hold."""
    return dict(_known(_read(), classes))


def lay(key: str, name: str) -> None:
    """Lays a class on a key. Raises OSError where it can't be kept, ValueError for a key that is none of these."""
    if len(key) != 1 or key not in KEYS:
        raise ValueError(f"Favourites lie on the keys 1 to 9, not on {key!r}.")
    kept = {one: [other for other in names if other != name] for one, names in _read().items()}
    kept[key] = [name, *kept.get(key, [])][:_EACH]
    _write(kept)


def lift(key: str, classes: Classes) -> None:
    """Takes what lies on a key off it; what lies there among other classes stays. Raises OSError."""
    kept = _read()
    kept[key] = [name for name in kept.get(key, []) if classes.find(name) is None]
    _write(kept)


def _known(kept: dict[str, list[str]], classes: Classes) -> Iterator[tuple[str, int]]:
    for key, names in kept.items():
        places = [place for name in names if (place := classes.find(name)) is not None]
        yield from [(key, places[0])] if places else []


def _file() -> Path:
    return work_folder() / "favourite-classes.json"


def _read() -> dict[str, list[str]]:
    try:
        found = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # none were laid yet, or the file is no longer ours: a key is soon laid anew
    pairs = found.items() if isinstance(found, dict) else ()
    return {key: [str(name) for name in names] for key, names in pairs if key in KEYS and isinstance(names, list)}


def _write(kept: dict[str, list[str]]) -> None:
    file = _file()
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=file.parent, prefix=".favourites-", delete=False
    ) as new:
        json.dump(kept, new, ensure_ascii=False)
    os.replace(new.name, file)  # noqa: PTH105  # both are plain names
