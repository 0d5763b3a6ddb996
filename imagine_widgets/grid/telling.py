"""What the kernel tells a grid's page: its whole state with numbers as bytes, a closer look, what changed."""

from collections.abc import Mapping
from itertools import chain
from typing import Any

import numpy as np

from imagine_kernels.records import Sample
from imagine_widgets.grid.favourites import favourites
from imagine_widgets.grid.truth import Batch, Changes, Cost, GridStore
from imagine_widgets.thumbnails import Thumbnail, readable, unit

_STEPS = 50  # steps that a page opened anew can still undo
_PAUSE = 60.0  # seconds
_MOST_KEYS = 10_000
UNKNOWN = 255
Message = Mapping[str, Any]


def state(rows: GridStore) -> tuple[dict[str, object], list[bytes]]:
    """All that a page must know to work alone; rows in their order, their predictions and decisions go as numbers."""
    groups = rows.groups()
    told: dict[str, object] = {
        "type": "state",
        "groups": [{"label": group.label, "size": len(group.rows)} for group in groups],
        "steps": [step(one) for one in rows.steps()[-_STEPS:]],
        "classes": rows.classes.to_json(),
        "favourites": favourites(rows.classes),
        "isOrdered": bool(rows.places),
    }
    order = chain.from_iterable(group.rows for group in groups)
    return told, [
        np.fromiter(numbers, np.int32).tobytes() for numbers in (order, rows.predicted, rows.decided, rows.second)
    ]


def changed(rows: GridStore, changes: Changes) -> dict[str, object]:
    """What a page must hear of `changes`."""
    told = list(dict.fromkeys(changes.rows))
    return {
        "type": "changes",
        "rows": told,
        "labels": [rows.decided[row] for row in told],
        "done": [step(one) for one in changes.done],
        "undone": changes.undone,
    }


def closer(rows: GridStore, row: int, picture: Thumbnail) -> dict[str, object]:
    """A closer look at one row."""
    sample, classes = rows.samples[row], rows.classes
    scores = [(classes[classes.index(name)], score) for name, score in rows.scores(row)]
    return {
        "type": "closer",
        "row": row,
        "name": readable(sample),
        "facts": _facts(sample),
        "scores": [(one.title, score, one.background) for one, score in scores],
        "why": picture.why,
    }


def scores(rows: GridStore) -> bytes:
    """How sure the model was of each row, of a hundred; `UNKNOWN` where it did not tell."""
    best = (rows.scores(row)[:1] for row in range(len(rows.samples)))
    return bytes(round(100 * min(max(found[0][1], 0.0), 1.0)) if found else UNKNOWN for found in best)


def step(batch: Batch) -> dict[str, object]:
    """A step that can be undone."""
    return {"id": batch.id, "rows": batch.rows, "before": batch.before}


def cost(edit: Message) -> Cost:
    """What the browser measured; a long pause counts for a minute, for then nobody was labelling."""
    seconds, keys = edit.get("seconds"), edit.get("keys")
    if seconds is None or keys is None:
        return Cost()
    return Cost(min(max(float(seconds), 0.0), _PAUSE), min(max(int(keys), 0), _MOST_KEYS))


def _facts(sample: Sample) -> str:
    size = f"{sample.width} × {sample.height} pixels"
    if sample.pixel_size is None:
        return size
    scale = sample.pixel_size
    return f"{size}, one pixel is {scale.value:g} {unit(scale.unit)}"
