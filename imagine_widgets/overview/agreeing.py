"""Agreement and disputes as they stand on the page: figures with their intervals, and what a judge looks at."""

import itertools
from collections.abc import Iterable, Iterator

from imagine_kernels.records import Region
from imagine_widgets.agreement import Dispute, Figure
from imagine_widgets.agreement.compare import Drawn, OfClass, Whole
from imagine_widgets.overview.drawing import Stroke, flat
from imagine_widgets.overview.gallery import Gallery
from imagine_widgets.overview.tally import Overview
from imagine_widgets.overview.writing import ROWS, called, text
from imagine_widgets.palette import COLOURS

DISPUTES = 60
"""Disputes that are shown; the list of all is in the JSON."""
_KINDS = {"label": "What is it?", "missing": "Is it there?", "place": "Where does it end?", "unsure": "In doubt"}
_DASHES = ("", "7 5", "2 5", "12 5 2 5")
_NOTE = (
    "1 is full agreement; a kappa of 0 is what chance alone would give. The bars are 95 % intervals, from drawing the "
    "samples anew a thousand times. Kappas of several people are Fleiss' (as Gwet has them where not everybody looked "
    "at everything), of two Cohen's."
)


def figures(found: Overview) -> str:
    """The section about agreement; empty where nobody labelled what somebody else did."""
    told = found.agreement
    if told is None or (told.whole is None and told.drawn is None):
        return ""
    parts = [f'<h2>Agreement</h2><p class="soft">{_NOTE}</p>']
    if told.whole is not None:
        parts.append(f"<h3>On what {told.whole.samples:,} samples are</h3>{_whole(told.whole)}")
    if told.drawn is not None:
        title = f"On {told.drawn.things:,} things drawn in {told.drawn.samples:,} samples"
        parts.append(f"<h3>{title}</h3>{_drawn(told.drawn)}")
    return "".join(parts)


def _whole(told: Whole) -> str:
    main = _table([("The same label", told.same), ("Kappa of all", told.kappa)])
    pairs = _table((f"{_two(one.authors)}, {one.samples:,} samples: kappa", one.kappa) for one in told.pairs)
    return main + _classes(told.classes) + (pairs if len(told.pairs) > 1 else "")


def _drawn(told: Drawn) -> str:
    rows = [
        ("Found by both of two", told.found),
        ("Overlap of what both found", told.near),
        ("The same label, or both not drawn", told.same),
        ("Kappa of all, “not drawn” being a label", told.kappa),
    ]
    pairs = [
        row
        for one in told.pairs
        for row in (
            (f"{_two(one.authors)}: found by both", one.found),
            (f"{_two(one.authors)}: kappa of the labels of what both found", one.kappa),
        )
    ]
    return _table(rows) + _classes(told.classes) + _table(pairs)


def _two(authors: tuple[str, str]) -> str:
    return f"{called(authors[0])} and {called(authors[1])}"


def _classes(classes: Iterable[OfClass]) -> str:
    rows = [(f"Class {called(one.label)}: another says so, too", one.same) for one in classes]
    return _table(sorted(rows, key=lambda row: 2.0 if row[1].value is None else row[1].value))


def _table(rows: Iterable[tuple[str, Figure]]) -> str:
    """Rows of a name (HTML), a figure and its interval on a scale."""
    body = "".join(
        f"<tr><th>{name}</th><td>{told(figure)}</td><td class='bar'>{_scale(figure)}</td></tr>"
        for name, figure in itertools.islice(rows, ROWS)
    )
    return f'<div class="wide"><table><tbody>{body}</tbody></table></div>' if body else ""


def told(figure: Figure) -> str:
    """A figure in words."""
    return "–" if figure.value is None else text(str(figure))


def _scale(figure: Figure) -> str:
    """From 0 to 1; what is below 0 stands at 0."""
    if figure.value is None:
        return ""
    ends = [figure.value if end is None else end for end in (figure.low, figure.value, figure.high)]
    low, value, high = (100 * max(0.0, min(1.0, end)) for end in ends)
    return (
        '<svg class="scale" aria-hidden="true" viewBox="0 0 100 18" preserveAspectRatio="none">'
        '<line class="axis" vector-effect="non-scaling-stroke" x1="0" x2="100" y1="9" y2="9"/>'
        f'<line class="reach" vector-effect="non-scaling-stroke" x1="{low:.1f}" x2="{high:.1f}" y1="9" y2="9"/>'
        f'<line class="value" vector-effect="non-scaling-stroke" x1="{value:.1f}" x2="{value:.1f}" y1="2" y2="16"/>'
        "</svg>"
    )


def disputes(found: Overview, gallery: Gallery) -> str:
    """The list for a judge, the most serious first."""
    if not found.disputes:
        return ""
    items = "".join(_dispute(one, gallery) for one in found.disputes[:DISPUTES])
    rest = len(found.disputes) - DISPUTES
    more = f'<p class="soft">and {rest:,} more</p>' if rest > 0 else ""
    title = f"{len(found.disputes):,} things to settle" if len(found.disputes) > 1 else "One thing to settle"
    return f'<h2>{title}</h2><ul class="disputes">{items}</ul>{more}'


def _dispute(one: Dispute, gallery: Gallery) -> str:
    strokes = [(author, stroke) for author, stroke in _strokes(one) if flat(stroke.region) is not None]
    drawing = gallery.picture(one.sample_id, [stroke for _, stroke in strokes], f"{one.sample_id}: {one.said}")
    inside = drawing or '<span class="none">no picture</span>'
    legend = "".join(f"<li>{_sign(stroke)}<span>{called(author)}: {called(stroke.region.label)}</span></li>"
                     for author, stroke in strokes)  # fmt: skip
    return (
        f'<li><figure><div class="frame">{inside}</div></figure><div class="said">'
        f'<p class="kind">{_KINDS[one.kind]}</p><p dir="ltr">{text(one.said)}</p>'
        f'<p class="soft">{called(one.sample_id)}</p><ul class="legend">{legend}</ul></div></li>'
    )


def _strokes(one: Dispute) -> Iterator[tuple[str, Stroke]]:
    for place, (author, regions) in enumerate(sorted(one.regions.items())):
        colour, dashes = COLOURS[place % len(COLOURS)], _DASHES[place % len(_DASHES)]
        yield from ((author, Stroke(region, colour, dashes)) for region in _some(regions))


def _some(regions: Iterable[Region]) -> Iterable[Region]:
    return tuple(regions)[:4]


def _sign(stroke: Stroke) -> str:
    """What a line in the picture looks like, for the legend."""
    dashes = f' stroke-dasharray="{stroke.dashes}"' if stroke.dashes else ""
    line = "M2 5h30"
    return (
        f'<svg aria-hidden="true" viewBox="0 0 34 10"><path class="rim" d="{line}"/><path class="halo" d="{line}"/>'
        f'<path class="line" stroke="{stroke.colour}"{dashes} d="{line}"/></svg>'
    )
