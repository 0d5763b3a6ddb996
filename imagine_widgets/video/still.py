"""A film where no kernel runs: a few of its frames with what is marked in them, as pictures without scripts."""

from bisect import bisect_right
from collections.abc import Sequence
from html import escape

from imagine_kernels.records import Box, Region
from imagine_kernels.shapes import Track
from imagine_widgets.overview import drawing
from imagine_widgets.thumbnails import Thumbnail
from imagine_widgets.video.film import Film

SHOWN = 4
_LINES = {
    "rim": 'fill="none" stroke="#000" stroke-opacity=".6" stroke-width="4" vector-effect="non-scaling-stroke"',
    "halo": 'fill="none" stroke="#fff" stroke-opacity=".35" stroke-width="3" vector-effect="non-scaling-stroke"',
    "line": 'fill="none" stroke-width="2" vector-effect="non-scaling-stroke"',
}


def pictures(film: Film, regions: Sequence[tuple[Region, str]]) -> str:
    """HTML of the frames where most tracks have a key frame, or of the first one; each track in its colour."""
    if not film.times:
        return ""
    keyed: dict[int, list[drawing.Stroke]] = {}
    for one, colour in regions:
        for key in one.shape.keys if isinstance(one.shape, Track) else ():
            if key.shape is not None:
                region = Region(one.label, shape=key.shape)
                keyed.setdefault(frame_at(film.times, key.time), []).append(drawing.Stroke(region, colour))
    most = sorted(keyed, key=lambda number: (-len(keyed[number]), number))[:SHOWN] or [0]
    return "".join(_picture(film, number, keyed.get(number, [])) for number in sorted(most))


def frame_at(times: Sequence[float], time: float) -> int:
    """The number of the frame that is seen at a time."""
    return max(0, bisect_right(times, time + 1e-6) - 1)


def _picture(film: Film, number: int, strokes: list[drawing.Stroke]) -> str:
    seen = Box(0, 0, film.width, film.height)
    said = f"Frame {number + 1:,}, {film.times[number]:.3f} s"
    svg = drawing.svg(seen, Thumbnail(film.jpeg(number, 2 * drawing.SIDE)), strokes, said)
    for kind, line in _LINES.items():
        svg = svg.replace(f'class="{kind}"', line)
    return (
        '<figure style="display:inline-block;margin:.4rem 1rem .2rem 0">'
        f'{svg}<figcaption style="font-size:13px">{escape(said)}</figcaption></figure>'
    )
