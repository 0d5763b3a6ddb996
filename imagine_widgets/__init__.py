"""What a person touches in a notebook. Each name loads its libraries when it is first used."""

import importlib
from typing import Any

_HOMES = {
    "Grid": "imagine_widgets.grid",
    "Labeler": "imagine_widgets.labeler",
    "Review": "imagine_widgets.review",
    "Sound": "imagine_widgets.sound.widget",
    "Store": "imagine_widgets.store",
    "Video": "imagine_widgets.video.widget",
}

__all__ = ["Grid", "Labeler", "Review", "Sound", "Store", "Video"]  # found by __getattr__


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in _HOMES:
        raise AttributeError(f"imagine_widgets has no {name!r}; there are: {', '.join(_HOMES)}.")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)
