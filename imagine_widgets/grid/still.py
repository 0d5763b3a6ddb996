"""The grid where no kernel runs: one self-contained piece of HTML with counts and pictures, for reports and files."""

import base64
from collections import Counter
from collections.abc import Callable
from html import escape

from imagine_widgets.grid.guesses import NONE, Group
from imagine_widgets.grid.truth import GridStore
from imagine_widgets.thumbnails import Thumbnail, readable

PICTURES = 48
BYTES = 700_000
"""Most pictures and most bytes of pictures in one piece of HTML: it is written into the notebook's file."""

_CELL = "padding:.35rem .8rem;text-align:right;border-bottom:1px solid rgba(120,150,160,.35)"
_LEFT = _CELL.replace("right", "left")
_TILE = (
    "display:inline-flex;align-items:center;justify-content:center;width:96px;height:96px;margin:0 6px 6px 0;"
    "background:rgba(120,150,160,.16);border-radius:8px;overflow:hidden;vertical-align:top"
)
_SWATCH = "display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:.5rem;vertical-align:-1px;"


def words(store: GridStore) -> str:
    """The state of a review in a line."""
    progress, speed = store.progress(), store.store.speed(store.author).per_hour
    pace = f" {speed:,.0f} labels an hour." if speed else ""
    return (
        f"Review of {progress.total:,} samples: {progress.decided:,} decided "
        f"({progress.confirmed:,} confirmed, {progress.corrected:,} corrected), "
        f"{progress.total - progress.decided:,} open.{pace}"
    )


def still(store: GridStore, thumbnail: Callable[[int], Thumbnail]) -> str:
    """Counts per class and the least sure pictures of each, as HTML without scripts and without links."""
    store.refresh()
    said = f"<p><strong>{escape(words(store))}</strong></p>"
    body = said + _table(store) + "".join(_pictures(store, store.groups(), thumbnail))
    return f'<div style="font-family:Inter,system-ui,sans-serif;line-height:1.5">{body}</div>'


def _table(store: GridStore) -> str:
    pairs = list(zip(store.predicted, store.decided, strict=True))
    predicted = Counter(p for p, _ in pairs)
    reviewed = Counter(p for p, d in pairs if d != NONE)
    after = Counter(p if d == NONE else d for p, d in pairs)
    heads = ("Class", "Predicted", "Decided", "Open", "After review")
    head = "".join(f'<th style="{_LEFT if i == 0 else _CELL}">{name}</th>' for i, name in enumerate(heads))
    labels = [label for label in (*range(len(store.classes)), NONE) if predicted[label] or after[label]]
    rows = "".join(
        f'<tr><td style="{_LEFT}">{_name(store, label)}</td>'
        + "".join(
            f'<td style="{_CELL}">{number:,}</td>'
            for number in (predicted[label], reviewed[label], predicted[label] - reviewed[label], after[label])
        )
        + "</tr>"
        for label in labels
    )
    style = "border-collapse:collapse;font-variant-numeric:tabular-nums"
    return f'<table style="{style}"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _name(store: GridStore, label: int) -> str:
    if label == NONE:
        return "Not predicted"
    one = store.classes[label]
    swatch = f'<span style="{_SWATCH}background:{escape(one.background)}"></span>'
    return f'{swatch}<span dir="auto">{escape(one.title)}</span>'


def _pictures(store: GridStore, groups: list[Group], thumbnail: Callable[[int], Thumbnail]) -> list[str]:
    each, room = max(1, PICTURES // max(1, len(groups))), BYTES
    parts = []
    for group in groups[:PICTURES]:
        tiles = []
        for row in group.rows[:each]:
            picture = thumbnail(row)
            room -= len(picture.data)
            if room < 0:
                break
            tiles.append(_tile(store, row, picture))
        left = len(group.rows) - len(tiles)
        more = f'<span style="opacity:.7">and {left:,} more</span>' if left else ""
        parts.append(
            f'<p style="margin:1.2rem 0 .4rem">{_name(store, group.label)}</p><div>{"".join(tiles)}{more}</div>'
        )
    return parts


def _tile(store: GridStore, row: int, picture: Thumbnail) -> str:
    sample, decided = store.samples[row], store.decided[row]
    said = "open" if decided == NONE else store.classes[decided].title
    alt = escape(f"{readable(sample)}: {said}")
    if not picture.data:
        return f'<span style="{_TILE};font-size:11px" dir="auto" title="{alt}">{escape(picture.why[:120])}</span>'
    source = f"data:{picture.media_type};base64,{base64.b64encode(picture.data).decode()}"
    fit = "max-width:96px;max-height:96px;border-radius:0"
    return f'<span style="{_TILE}"><img style="{fit}" alt="{alt}" title="{alt}" src="{source}"></span>'
