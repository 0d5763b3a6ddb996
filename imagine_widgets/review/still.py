"""The review where no kernel runs: what became of the regions by label, and the next ones, as HTML without scripts."""

from collections import Counter
from collections.abc import Iterator
from html import escape
from itertools import islice

from imagine_widgets.labeler.still import PIXELS, picture
from imagine_widgets.review.queue import CODES, Queue
from imagine_widgets.scenes import Scenes

PICTURES = 6
_LABELS = 40
_CELL = "padding:.35rem .8rem;text-align:right;border-bottom:1px solid rgba(120,150,160,.35)"
_LEFT = _CELL.replace("right", "left")


def words(line: Queue) -> str:
    """How far a review is, in a line."""
    counts, total = line.counts(), len(line)
    if total == 0:
        return "There is no region of a model to look at."
    decided = ", ".join(f"{counts[code]:,} {code}" for code in CODES[1:] if counts[code])
    return f"{total - counts['']:,} of {total:,} looked at{f': {decided}' if decided else ''}."


def still(line: Queue, scenes: Scenes) -> str:
    """Counts by label of the model, and pictures of the regions that come next."""
    body = f"<p><strong>{escape(words(line))}</strong></p>{_table(line, scenes)}{''.join(_next(line, scenes))}"
    return f'<div style="font-family:Inter,system-ui,sans-serif;line-height:1.5">{body}</div>'


def _table(line: Queue, scenes: Scenes) -> str:
    counts = Counter((one.region.label, code) for one, code in zip(line.items, line.codes, strict=True))
    labels = Counter(one.region.label for one in line.items).most_common(_LABELS)
    heads = ("Label of the model", "Regions", "Open", *(code.capitalize() for code in CODES[1:]))
    head = "".join(f'<th style="{_CELL if i else _LEFT}">{name}</th>' for i, name in enumerate(heads))
    rows = "".join(
        f'<tr><td style="{_LEFT}" dir="auto">{escape(scenes.classes[scenes.classes.index(label)].title)}</td>'
        + "".join(f'<td style="{_CELL}">{n:,}</td>' for n in (number, *(counts[label, c] for c in range(len(CODES)))))
        + "</tr>"
        for label, number in labels
    )
    style = "border-collapse:collapse;font-variant-numeric:tabular-nums"
    return f'<table style="{style}"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>' if rows else ""


def _next(line: Queue, scenes: Scenes) -> Iterator[str]:
    room = PIXELS
    still_open = (one for one, code in zip(line.items, line.codes, strict=True) if code == 0)
    for one in islice(still_open, PICTURES):
        sample = scenes.samples[one.row]
        room -= sample.width * sample.height
        if room < 0:
            return
        yield picture(scenes, sample, [one.region], near=True)
