"""A recording where no kernel runs: what it looks like with its regions, and a table of them, without scripts."""

from collections.abc import Callable
from html import escape

from imagine_kernels.records import Region
from imagine_kernels.shapes import TimeFrequency, Track
from imagine_widgets.failures import sentence
from imagine_widgets.scenes import Scenes

LISTED = 200
_CELL = "padding:.3rem .8rem;text-align:start;border-bottom:1px solid rgba(120,150,160,.35)"
_STATES = {"": "drawn", "predicted": "by the model, open"}


def still(scenes: Scenes, pictures: Callable[[list[Region]], str]) -> str:
    """The pictures that `pictures` makes of the regions, and the table of the first `LISTED`."""
    regions = sorted((one for one in scenes.regions(0).values() if one.state != "rejected"), key=_begin)
    try:
        drawn = pictures(regions)
    except (OSError, ValueError) as error:
        drawn = f"<p>{escape(sentence(error))}</p>"
    name = escape(scenes.samples[0].id)
    head = f'<p dir="auto"><strong>{name}: {len(regions):,} region{"s" * (len(regions) != 1)}.</strong></p>'
    more = f"<p>{len(regions) - LISTED:,} more are in the store.</p>" if len(regions) > LISTED else ""
    style = "font-family:Inter,system-ui,sans-serif;line-height:1.5"
    return f'<div style="{style}">{head}{drawn}{_table(scenes, regions[:LISTED])}{more}</div>'


def _table(scenes: Scenes, regions: list[Region]) -> str:
    if not regions:
        return ""
    titles = ("Label", "From s", "To s", "Where", "State")
    head = "".join(f'<th style="{_CELL}">{title}</th>' for title in titles)
    rows = "".join(f"<tr>{''.join(_cell(text) for text in _row(scenes, one))}</tr>" for one in regions)
    return f'<table style="border-collapse:collapse"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _cell(text: str) -> str:
    return f'<td style="{_CELL}" dir="auto">{escape(text)}</td>'


def _row(scenes: Scenes, one: Region) -> tuple[str, ...]:
    title = " + ".join(scenes.titles(one))
    state = _STATES.get(one.state, one.state) + (f", {one.score:.0%}" if one.score is not None else "")
    return title, *_where(one), state


def _where(one: Region) -> tuple[str, str, str]:
    match one.shape:
        case TimeFrequency(start, end, low, high):
            band = "all frequencies" if low is None and high is None else f"{low or 0:,.0f} to {_hertz(high)}"
            return f"{start:.3f}", f"{end:.3f}", band
        case Track(keys):
            end_time = f"{keys[-1].time:.3f}" if keys[-1].shape is None else "the end"
            kinds = {type(key.shape).__name__ for key in keys if key.shape is not None}
            return f"{keys[0].time:.3f}", end_time, f"{', '.join(sorted(kinds))}, {len(keys):,} key frames"
        case None:
            return "", "", "the whole recording"
        case _:
            return "", "", type(one.shape).__name__


def _hertz(high: float | None) -> str:
    return "the highest" if high is None else f"{high:,.0f} Hz"


def _begin(one: Region) -> float:
    match one.shape:
        case TimeFrequency():
            return one.shape.start
        case Track():
            return one.shape.keys[0].time
    return -1.0
