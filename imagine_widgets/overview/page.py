"""An overview → one page of HTML with pictures: no scripts, nothing loaded from anywhere."""

import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from imagine_kernels.records import Skipped
from imagine_widgets.overview import agreeing
from imagine_widgets.overview.drawing import Stroke, flat
from imagine_widgets.overview.gallery import Gallery
from imagine_widgets.overview.tally import OfClass, Overview, Shown
from imagine_widgets.overview.writing import ROWS, called, number, rows_of, text
from imagine_widgets.palette import COLOURS, background

CLASSES = 60
"""Classes with pictures, at most."""
_TOLD = 12
_RULES = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = Path(__file__).with_name("page.css")


def write(found: Overview, path: Path | str) -> tuple[Skipped, ...]:
    """Writes the page, whole or not at all; gives the pictures that could not be shown, by the reason.

    Raises ValueError for a name that is not of a page: nobody overwrites labels by mistake.
    """
    target = Path(path)
    if target.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"{target} is no name of a page: let it end in .html.")
    gallery = Gallery(found.given)
    page = html(found, gallery)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.stem}", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(page)
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)
    return tuple(Skipped(f"{times:,} pictures", why) for why, times in gallery.missing.most_common())


def html(found: Overview, gallery: Gallery) -> str:
    """The whole page."""
    disputes = agreeing.disputes(found, gallery)  # these are made first: they count what cannot be shown
    pictures = "".join(_pictures(one, place, gallery) for place, one in enumerate(found.classes[:CLASSES]))
    body = [
        f'<h1>{text(found.given.title)}</h1><p class="soft where">{called(found.given.path.name)}</p>',
        _facts(found),
        _notices(found, gallery),
        _classes(found),
        _others(found),
        agreeing.figures(found),
        disputes,
        f"<h2>Pictures of each class</h2>{pictures}{_more(found, gallery)}" if found.classes else "",
        _left_out(found.skipped),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_RULES}"><meta name="referrer" content="no-referrer">'
        f"<title>{text(found.given.title)}: what is in it</title><style>{_STYLE.read_text(encoding='utf-8')}</style>"
        f"</head><body><main>{''.join(body)}</main></body></html>\n"
    )


def _facts(found: Overview) -> str:
    facts = {
        "Samples": found.samples,
        "Labels of people": found.people,
        "Labels of models": found.models,
        "Classes": len(found.classes),
        "Authors": len(found.authors),
        "Not labelled": found.unlabelled,
    }
    cells = (f"<div><dt>{name}</dt><dd>{value:,}</dd></div>" for name, value in facts.items())
    return f'<dl class="facts">{"".join(cells)}</dl>'


def _notices(found: Overview, gallery: Gallery) -> str:
    said = [f"{count:,} looks at a sample found nothing there." for count in [found.empty] if count]
    parts = [f'<p class="soft">{one}</p>' for one in said]
    if gallery.missing:
        reasons = "; ".join(f"{text(why)} ({times:,})" for why, times in gallery.missing.most_common(3))
        parts.append(f'<p class="notice">{gallery.missing.total():,} pictures could not be shown: {reasons}.</p>')
    return "".join(parts)


def _classes(found: Overview) -> str:
    most = max((one.regions for one in found.classes), default=1)
    heads = ["Class", "Labels", "Samples", *(["By models"] if found.models else [])]
    rows = []
    for place, one in enumerate(found.classes[:ROWS]):
        counts = (one.regions, len(one.samples), *([one.by_models] if found.models else []))
        cells = "".join(f"<td>{number(count)}</td>" for count in counts)
        bar = f'<td class="bar"><span style="width:{100 * one.regions / most:.1f}%"></span></td>'
        rows.append(f"<tr><th>{_class(place, one.name)}</th>{cells}{bar}</tr>")
    head = "".join(f"<th>{name}</th>" for name in heads)
    table = f'<thead><tr>{head}<th class="bar"></th></tr></thead><tbody>{"".join(rows)}</tbody>'
    rest = len(found.classes) - ROWS
    more = f'<p class="soft">and {rest:,} classes more</p>' if rest > 0 else ""
    return f'<h2>Classes</h2><div class="wide"><table>{table}</table></div>{more}'


def _class(place: int, name: str) -> str:
    swatch = f'<span class="swatch" style="background:{escape(background(place))}"></span>'
    return f'<span class="class">{swatch}{called(name)}</span>'


def _others(found: Overview) -> str:
    told: Sequence[tuple[str, Counter[str]]] = (
        ("Shape", found.shapes), ("Author", found.authors), ("State", found.states),
    )  # fmt: skip
    tables = (
        f"<table><thead><tr><th>{title}</th><th>Labels</th></tr></thead><tbody>{rows_of(counts)}</tbody></table>"
        for title, counts in told
        if counts
    )
    return f'<div class="tables">{"".join(tables)}</div>'


def _pictures(one: OfClass, place: int, gallery: Gallery) -> str:
    tiles = "".join(_tile(shown, COLOURS[place % len(COLOURS)], gallery) for shown in one.shown)
    rest = one.regions - len(one.shown)
    more = f'<p class="soft">and {rest:,} more</p>' if rest else ""
    return f'<h3>{_class(place, one.name)}</h3><div class="pictures">{tiles}</div>{more}'


def _tile(shown: Shown, colour: str, gallery: Gallery) -> str:
    region = shown.region
    title = f"{region.label} in {shown.sample_id}, by {shown.author}"
    drawing = None
    if region.shape is None or flat(region) is not None:
        drawing = gallery.picture(shown.sample_id, [Stroke(region, colour)], title)
    inside = drawing or f'<span class="none">{text(_instead(shown))}</span>'
    score = "" if region.score is None else f", {region.score:.2f}"
    state = f", {region.state}" if region.state else ""
    words = f"<b>{called(shown.author)}</b>{score}{state}<br>{called(shown.sample_id)}"
    return f'<figure><div class="frame">{inside}</div><figcaption>{words}</figcaption></figure>'


def _instead(shown: Shown) -> str:
    shape = shown.region.shape
    start, end = getattr(shape, "start", None), getattr(shape, "end", None)
    return "no picture" if start is None else f"sound, {start:g} to {end:g} s"


def _more(found: Overview, gallery: Gallery) -> str:
    rest, said = len(found.classes) - CLASSES, []
    if rest > 0:
        said.append(f"{rest:,} classes with fewer labels have no pictures here.")
    if gallery.left_out:
        said.append(f"{gallery.left_out:,} pictures were left out: the page is large enough.")
    return "".join(f'<p class="soft">{one}</p>' for one in said)


def _left_out(skipped: Iterable[Skipped]) -> str:
    some = [*skipped]
    if not some:
        return ""
    rows = "".join(f"<tr><th>{called(one.where)}</th><td>{text(one.why)}</td></tr>" for one in some[:_TOLD])
    more = f'<p class="soft">and {len(some) - _TOLD:,} more</p>' if len(some) > _TOLD else ""
    return f'<h2>Left out</h2><div class="wide"><table class="words"><tbody>{rows}</tbody></table></div>{more}'
