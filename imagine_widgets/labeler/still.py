"""The labeler where no kernel runs: counts of the regions and the first pictures with them, as HTML without scripts."""

from collections import Counter
from collections.abc import Iterable
from html import escape
from itertools import islice

from imagine_kernels.records import Region, Sample
from imagine_widgets.overview import drawing
from imagine_widgets.palette import COLOURS
from imagine_widgets.scenes import COUNTED, Scenes
from imagine_widgets.thumbnails import Thumbnail, readable

PICTURES = 6
PIXELS = 25_000_000
"""Of all pictures that are read for it: nobody waits for a scan to be decoded before she sees the labeler."""
_LINES = {
    "rim": 'fill="none" stroke="#000" stroke-opacity=".6" stroke-width="4" vector-effect="non-scaling-stroke"',
    "halo": 'fill="none" stroke="#fff" stroke-opacity=".35" stroke-width="3" vector-effect="non-scaling-stroke"',
    "line": 'fill="none" stroke-width="2" vector-effect="non-scaling-stroke"',
}
_CELL = "padding:.35rem .8rem;text-align:start;border-bottom:1px solid rgba(120,150,160,.35)"
_STATES = {"": "drawn", "predicted": "by the model, open"}


def _words(scenes: Scenes, total: int) -> str:
    """How many regions there are, in a line."""
    samples = len(scenes.samples)
    which = (
        f"{samples:,} samples" if samples <= COUNTED else f"the first {COUNTED:,} that have any of {samples:,} samples"
    )
    return f"{total:,} regions in {which}."


def still(scenes: Scenes) -> str:
    """Counts per label and the first pictures that have regions."""
    counts = _counts(scenes)
    labels: Counter[str] = Counter()
    for (label, _), number in counts.items():
        labels[label] += number
    rows = "".join(
        f'<tr><td style="{_CELL}" dir="auto">{escape(_title(scenes, label))}</td>'
        f'<td style="{_CELL}">{number:,}</td><td style="{_CELL}">{escape(_states(counts, label))}</td></tr>'
        for label, number in labels.most_common(40)
    )
    head = "".join(f'<th style="{_CELL}">{name}</th>' for name in ("Label", "Regions", "State"))
    table = f'<table style="border-collapse:collapse"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    said = f"<p><strong>{escape(_words(scenes, counts.total()))}</strong></p>"
    body = said + (table if rows else "") + "".join(_pictures(scenes))
    return f'<div style="font-family:Inter,system-ui,sans-serif;line-height:1.5">{body}</div>'


def _counts(scenes: Scenes) -> Counter[tuple[str, str]]:
    counts = scenes.counts()
    return Counter({kind: number for kind, number in counts.items() if kind[1] != "rejected"})


def _states(counts: Counter[tuple[str, str]], label: str) -> str:
    of_label = {state: number for (name, state), number in counts.items() if name == label}
    return ", ".join(f"{number:,} {_STATES.get(state, state)}" for state, number in sorted(of_label.items()))


def _title(scenes: Scenes, label: str) -> str:
    return scenes.classes[scenes.classes.index(label)].title


def _pictures(scenes: Scenes) -> Iterable[str]:
    room = PIXELS
    for row in islice(scenes.with_regions(), PICTURES):
        sample = scenes.samples[row]
        room -= sample.width * sample.height
        if room < 0:
            return
        yield picture(scenes, sample, [one for one in scenes.regions(row).values() if one.state != "rejected"])


def picture(scenes: Scenes, sample: Sample, regions: list[Region], *, near: bool = False) -> str:
    """A sample with these regions, all of it or, `near`, the part where they lie."""
    from imagine_kernels.images import thumbnail

    name, seen = escape(readable(sample)), drawing.view(sample, regions if near else [])
    try:
        made = Thumbnail(thumbnail(drawing.part(sample, seen), 2 * drawing.SIDE))
    except (OSError, ValueError) as error:
        return f"<p>{name}: {escape(str(error))}</p>"
    strokes = [drawing.Stroke(one, COLOURS[scenes.classes.index(one.label) % len(COLOURS)]) for one in regions[:500]]
    svg = drawing.svg(seen, made, strokes, f"{readable(sample)}, {len(regions):,} regions")
    for kind, line in _LINES.items():
        svg = svg.replace(f'class="{kind}"', line)
    labels = Counter(title for one in regions for title in scenes.titles(one))
    said = ", ".join(f"{number:,} {title}" for title, number in labels.most_common(5))
    return (
        '<figure style="display:inline-block;margin:.6rem 1rem .2rem 0;vertical-align:top;max-width:220px">'
        f'{svg}<figcaption style="font-size:13px" dir="auto">{name}: {escape(said)}</figcaption></figure>'
    )
