"""The pictures a notebook and the report show of their numbers, drawn by matplotlib in the house's palette."""

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imagine_kernels.evaluate import Evaluation
from imagine_kernels.images import Pixels
from imagine_kernels.measure import Row
from imagine_kernels.records import Prediction
from imagine_kernels.spectrum import Spectrum
from imagine_kernels.use_case import Model

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

INK, WATER, LINE, CORAL = "#0f2a3a", "#1c7c94", "#c9dade", "#c8553d"


@dataclass(frozen=True)
class Picture:
    """A matplotlib figure that shows itself in a notebook, without pyplot keeping it in memory."""

    figure: "Figure"

    def _repr_png_(self) -> bytes:
        return png(self.figure)


def png(figure: "Figure") -> bytes:
    """A figure as a PNG file."""
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=150)
    return content.getvalue()


def _axes(width: float, height: float) -> "tuple[Figure, Axes]":
    """An axis with nothing on it that does not inform."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    axes = figure.subplots()
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(LINE)
    axes.tick_params(length=0, colors=INK, labelsize=10)
    return figure, axes


def composition(rows: Sequence[Row], titles: Mapping[str, str] | None = None) -> Picture:
    """Share of each class in percent with its 95 % interval, group after group, most frequent on top."""
    told = [(row, *_percent(row)) for row in rows if row.share is not None]  # the others were told apart to be left out
    groups = [*dict.fromkeys(row.group for row in rows)]
    ordered = sorted(told, key=lambda one: (-groups.index(one[0].group), one[1]))
    figure, axes = _axes(8, 0.9 + 0.42 * max(1, len(ordered)))
    labels = [_called(row, titles or {}, named=len(groups) > 1) for row, *_ in ordered]
    shares = [share for _, share, _, _ in ordered]
    reach = [[max(0.0, share - low) for _, share, low, _ in ordered], [max(0.0, h - s) for _, s, _, h in ordered]]
    axes.barh(range(len(ordered)), shares, color=WATER, height=0.62)
    axes.set_yticks(range(len(ordered)), labels)
    axes.errorbar(shares, range(len(ordered)), xerr=reach, fmt="none", ecolor=INK, elinewidth=1.2, capsize=3)
    for place, (row, _, _, high) in enumerate(ordered):
        axes.annotate(f"{row.count}", (high, place), (6, 0), textcoords="offset points", va="center")
    axes.set_xlabel("share of all that counts, % (number at the right: count as named; line: 95 % interval)", color=INK)
    axes.set_xlim(0, min(112, max([1.0, *(high for *_, high in ordered)]) * 1.12))
    return Picture(figure)


def _percent(row: Row) -> tuple[float, float, float]:
    share, low, high = row.share or 0.0, row.share_low or 0.0, row.share_high or 0.0
    return 100 * share, 100 * low, 100 * high


def _called(row: Row, titles: Mapping[str, str], *, named: bool) -> str:
    title = titles.get(row.label, row.label)
    return f"{title} · {row.group or 'images'}" if named else title


def how_sure(predictions: Iterable[Prediction], unsure: float = 0.6) -> Picture:
    """How many images the model is how sure about: scores 0..1 in twenty bins, those under `unsure` marked."""
    import numpy as np

    scores = [p.regions[0].score for p in predictions if p.regions and p.regions[0].score is not None]
    figure, axes = _axes(8, 2.6)
    counts, edges = np.histogram(scores, bins=20, range=(0, 1))
    middles = (edges[:-1] + edges[1:]) / 2
    axes.bar(middles, counts, width=0.045, color=[CORAL if middle < unsure else WATER for middle in middles])
    axes.set_xlabel(f"score of the best class (red: below {unsure:g}, worth a look)", color=INK)
    axes.set_ylabel("images", color=INK)
    return Picture(figure)


def sheet(pictures: Sequence[tuple[str, Pixels]], across: int = 6) -> Picture:
    """Pictures (h, w, 3) side by side, each under its caption."""
    from matplotlib.figure import Figure

    rows = max(1, math.ceil(len(pictures) / across))
    figure = Figure(figsize=(1.5 * across, 1.7 * rows), layout="constrained", facecolor="white")
    for place, axes in enumerate(figure.subplots(rows, across, squeeze=False).ravel()):
        axes.axis("off")
        if place < len(pictures):
            caption, pixels = pictures[place]
            axes.imshow(pixels)
            axes.set_title(caption, color=INK, fontsize=8)
    return Picture(figure)


def spectrum(found: Spectrum) -> Picture:
    """The normalised biovolume of each size class with its 95 % interval, and the line drawn through those it fits."""
    figure, axes = _axes(8, 3.8)
    filled = [one for one in found.classes if one.count]
    for some, colour in (([c for c in filled if c.fitted], WATER), ([c for c in filled if not c.fitted], LINE)):
        middles = [math.sqrt(c.begin.value * c.end.value) for c in some]
        heights = [c.normalised.value for c in some]
        ends = [(c.low.value, c.normalised.value if c.high is None else c.high.value) for c in some]
        reach = [[h - low for h, (low, _) in zip(heights, ends, strict=True)]]
        reach += [[high - h for h, (_, high) in zip(heights, ends, strict=True)]]
        axes.errorbar(middles, heights, yerr=reach, fmt="o", color=colour, ecolor=colour, capsize=3, markersize=7)
    line = [math.sqrt(c.begin.value * c.end.value) for c in found.classes if c.fitted]
    axes.plot(line, [10**found.intercept * x**found.slope for x in line], color=CORAL, linewidth=1.6)
    axes.set_xscale("log")
    axes.set_yscale("log")
    slope = f"slope {found.slope:.2f} (95 % interval {found.slope_low:.2f} to {found.slope_high:.2f})"
    axes.set_title(slope, color=INK, fontsize=11, loc="left")
    axes.set_xlabel("volume of an organism, mm³ (pale: not in the line)", color=INK)
    axes.set_ylabel("mm³ per m³ and mm³", color=INK)
    return Picture(figure)


def confusion(evaluation: Evaluation, titles: Mapping[str, str] | None = None) -> "Figure":
    """What people said (rows) beside what the model said (columns), with accuracy and macro-F1."""
    figures = f"accuracy {evaluation.accuracy}\nmacro-F1 {evaluation.macro_f1}"
    return matrix(evaluation.labels, evaluation.confusion, titles or {}, f"{evaluation.count:,} pictures\n{figures}")


def held_out(model: Model) -> Picture:
    """What the model confused among pictures it had not seen: what counts are corrected by."""
    titles = {label.name: label.title for label in model.answers}
    count = sum(map(sum, model.confusion))
    answers = model.names[: len(model.confusion[0])] if model.confusion else ()
    head = f"{count:,} pictures that {model.name} had not seen"
    return Picture(matrix(model.label_names, model.confusion, titles, head, answers))


def matrix(
    labels: Sequence[str],
    counts: Sequence[Sequence[int]],
    titles: Mapping[str, str],
    head: str,
    answers: Sequence[str] = (),
) -> "Figure":
    """What people said (rows) beside what the model said (columns, `answers` where they are not the rows').

    Counts, shaded by their share of the row. Where millions of pixels were counted the shares are written, in percent.
    """
    names, said = ([titles.get(label, label) for label in some] for some in (labels, answers or labels))
    many = max((cell for row in counts for cell in row), default=0) >= 100_000
    side = max(3.2, 0.62 * len(names))
    figure, axes = _axes(max(3.2, 0.62 * len(said)) + 3.4, side + 1.6)
    shares = [[cell / max(1, sum(row)) for cell in row] for row in counts]
    axes.imshow(shares, cmap=_shades(), vmin=0, vmax=1, aspect="equal")
    for y, row in enumerate(counts):
        for x, cell in enumerate(row):
            if cell:
                shown = f"{100 * shares[y][x]:.1f}" if many else f"{cell}"
                axes.text(x, y, shown, ha="center", va="center", color="white" if shares[y][x] > 0.5 else INK)
    axes.set_xticks(range(len(said)), said, rotation=35, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("the model says" + (", % of the row" if many else ""), color=INK)
    axes.set_ylabel("people say", color=INK)
    axes.spines["bottom"].set_visible(False)
    figure.suptitle(head, color=INK, fontsize=11, x=0.02, ha="left")
    return figure


def _shades() -> "Colormap":
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("water", ["#ffffff", LINE, WATER, "#14506b"])
