"""Records as pandas tables, for a notebook cell or the report: one function per question a person asks."""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from imagine_kernels.measure import Row
from imagine_kernels.records import Collection, Prediction, Sample, Skipped
from imagine_kernels.tasks import keeping
from imagine_kernels.units import spelled, spoken
from imagine_kernels.use_case import Model, UseCase

if TYPE_CHECKING:
    import pandas as pd

_ESTIMATE = "estimated count"
_FROM, _TO = ", 95 % from", ", 95 % to"


def overview(collection: Collection) -> "pd.DataFrame":
    """One line per run or folder: images, side of a pixel, volume imaged, dilution, labels that came along."""
    import pandas as pd

    labelled = {annotation.sample_id for annotation in collection.annotations}
    lines: dict[str, dict[str, object]] = {}
    for sample in collection.samples:
        line = lines.setdefault(sample.group or "images", _effort(sample))
        line["images"] = int(str(line["images"])) + 1
        line["labelled"] = int(str(line["labelled"])) + (sample.id in labelled)
    return pd.DataFrame.from_dict(lines, orient="index").rename_axis("group").reset_index()


def _effort(sample: Sample) -> dict[str, object]:
    effort = sample.effort
    return {
        "images": 0,
        "labelled": 0,
        "pixel": spoken(sample.pixel_size),
        "volume imaged": spoken(effort.volume if effort else None),
        "dilution": effort.dilution if effort else 1.0,
    }


def predicted(predictions: Iterable[Prediction]) -> "pd.DataFrame":
    """One line per image: label, score (0..1), the second label and how far behind it is (margin, 0..1)."""
    import pandas as pd

    return pd.DataFrame([_line(p) for p in predictions], columns=["sample", "label", "score", "second", "margin"])


def _line(prediction: Prediction) -> tuple[str, str, float | None, str, float | None]:
    region = prediction.regions[0]
    others = sorted(((s, n) for n, s in region.scores.items() if n != region.label), reverse=True)
    if not others or region.score is None:
        return prediction.sample_id, region.label, region.score, "", None
    return prediction.sample_id, region.label, region.score, others[0][1], region.score - others[0][0]


def measured(rows: Sequence[Row], titles: Mapping[str, str] | None = None) -> "pd.DataFrame":
    """One line per group and class: count as named, estimate, share and concentration with their 95 % intervals.

    The estimate is left out where it is the count of every class: where nothing is known of what the model confuses.
    """
    import pandas as pd

    same = all(row.estimate is None or row.estimate == row.count for row in rows)
    table = pd.DataFrame([_measured(row, titles or {}, same=same) for row in rows])
    return table.drop(columns="group") if len({row.group for row in rows}) == 1 else table


def _measured(row: Row, titles: Mapping[str, str], *, same: bool) -> dict[str, object]:
    line: dict[str, object] = {
        "group": row.group or "images",
        "class": titles.get(row.label, row.label),
        "count": row.count,
    }
    if not same:
        line |= _between(_ESTIMATE, row.estimate, row.estimate_low, row.estimate_high, ",.1f")
    line |= _between("share", row.share, row.share_low, row.share_high, ".1%")
    if row.concentration is not None and row.low is not None and row.high is not None:
        unit = spelled(row.concentration.unit)
        line |= _between(unit, row.concentration.value, row.low.value, row.high.value, ",.4g")
    return line


def _between(name: str, value: float | None, low: float | None, high: float | None, form: str) -> dict[str, object]:
    """A value and its interval as people read them; "–" where there is none, "?" for an end that is unknown."""
    if value is None:
        return {name: "–", f"{name}, 95 % interval": "–"}
    ends = ["?" if end is None else format(end, form) for end in (low, high)]
    return {name: format(value, form), f"{name}, 95 % interval": f"{ends[0]} to {ends[1]}"}


def of_chain(rows: Sequence[Mapping[str, object]], titles: Mapping[str, str] | None = None) -> "pd.DataFrame":
    """A table of a chain as people read it: classes by title, the two ends of an interval in one column, few digits.

    Columns in which nothing is known are left out, the group where there is but one, estimates that are the counts.
    """
    import pandas as pd

    told = {name for row in rows for name, value in row.items() if value is not None}
    if all(row.get(_ESTIMATE) in {None, row.get("count")} for row in rows):
        told -= {_ESTIMATE, f"{_ESTIMATE}{_FROM}", f"{_ESTIMATE}{_TO}"}
    names = [name for name in dict.fromkeys(name for row in rows for name in row) if name in told]
    if len({row.get("group") for row in rows}) == 1 and len(names) > 1:
        names = [name for name in names if name != "group"]
    return pd.DataFrame([_cells(row, names, titles or {}) for row in rows]).rename(columns=spelled)


def _cells(row: Mapping[str, object], names: Sequence[str], titles: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name in names:
        stem = name.removesuffix(_FROM).removesuffix(_TO)
        if stem == name:
            value = row.get(name)
            found[name] = titles.get(str(value), value) if name == "class" else _cell(value)
            continue
        low, high = row.get(f"{stem}{_FROM}"), row.get(f"{stem}{_TO}")
        unknown = low is None and high is None
        found[f"{stem}, 95 % interval"] = "–" if unknown else f"{_cell(low, '?')} to {_cell(high, '?')}"
    return found


def _cell(value: object, unknown: str = "–") -> object:
    if value is None:
        return unknown
    if not isinstance(value, float):
        return value
    return f"{value:,.0f}" if 1000 <= abs(value) < 10**7 else f"{value:.4g}"


def changed(before: Iterable[Prediction], after: Iterable[Prediction]) -> "pd.DataFrame":
    """How many images went from which class (rows) to which (columns) between two runs over the same samples."""
    import pandas as pd

    first = {p.sample_id: p.regions[0].label for p in before}
    then = {p.sample_id: p.regions[0].label for p in after if p.sample_id in first}
    old = pd.Series([first[name] for name in then], name="before", dtype=str)
    return pd.crosstab(old, pd.Series(list(then.values()), name="after", dtype=str))


def left_out(*skipped: Iterable[Skipped]) -> "pd.DataFrame":
    """What could not be used, and why."""
    import pandas as pd

    return pd.DataFrame([(s.where, s.why) for some in skipped for s in some], columns=["what", "why"])


def remarks(sentences: Sequence[str]) -> str:
    """The sentences of a chain as a list in Markdown; names of people's files in them are no markup."""
    return "\n".join(f"- {plain(sentence)}" for sentence in sentences)


def figures(case: UseCase) -> "pd.DataFrame":
    """How good the models of a use case are, and on what that was measured."""
    import pandas as pd

    lines = [
        (model.title, figure.name, round(figure.value, 3), figure.count, figure.split)
        for model in case.models
        for figure in model.figures
    ]
    return pd.DataFrame(lines, columns=["model", "figure", "value", "pictures", "measured on"])


def provenance(model: Model, data_sha256: str) -> "pd.DataFrame":
    """Which model, which weights, which data, under which licence."""
    import pandas as pd

    source = model.source
    lines = {
        "model": f"{model.title} ({model.name}, {model.architecture})",
        "weights (sha256)": model.sha256,
        "trained on": f"{source.title}, {source.licence}",
        "cite": source.citation,
        "these images (sha256)": data_sha256,
    }
    return pd.DataFrame(lines.items(), columns=["", "which"])


def versions() -> str:
    """The packages that decide a result, with their versions, in one line."""
    return ", ".join(f"{name} {number}" for name, number in keeping.versions().items())


def plain(text: str) -> str:
    """`text` as it is, inside Markdown or HTML: names of files are people's, and never markup."""
    shown = html.escape(text.replace("\n", "⏎"), quote=False)
    return re.sub(r"([\\`*_\[\]#|$~])", r"\\\1", shown)
