"""Named organisms → steps of the chain: volumes of what is alive per m³ of water, and its normalised size spectrum."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from imagine_kernels import biovolume
from imagine_kernels.chain import Cell, Work
from imagine_kernels.measure import UNLABELLED, by_people
from imagine_kernels.records import Sample
from imagine_kernels.spectrum import Spectrum
from imagine_kernels.spectrum import spectrum as drawn
from imagine_kernels.use_case import NONE

_DEAD = {"not-living", "artefact", "badfocus", "bubble", "darksphere", "detritus", "fiber", "plastic", "reflection"}
"""How EcoTaxa calls what is no organism; "fiber<detritus" is a fiber, of the detritus."""

_OF_COUNTING = "The intervals of the size spectrum are of counting alone: the model's confusion is not in them."


def alive(work: Work) -> tuple[Sample, ...]:
    """The samples whose class counts: no detritus, bubbles or fibres, and nothing without a name."""
    known = {label.name: label.counted for label in work.model.answers}
    labels = work.labels
    return tuple(s for s in work.samples if _counts(labels.get(s.id, UNLABELLED), known))


def _counts(label: str, known: Mapping[str, bool]) -> bool:
    if label in known:
        return known[label]
    return label not in {UNLABELLED, NONE} and not _DEAD & set(label.lower().split("<"))


def sizes(work: Work) -> Work:
    """How large the organisms of each class are, and their volume in a m³ where the water is known, as ellipsoids."""
    counted = alive(work)
    if not counted:
        return work.with_remark("No organisms were found, so there are no sizes, no volume and no size spectrum.")
    known = tuple(sample for sample in counted if {"major", "minor"} <= set(sample.measures))
    if len(known) < len(counted):
        work = work.with_remark(
            f"{len(counted) - len(known):,} of {len(counted):,} organisms could not be measured: they are counted, and "
            "missing in the volumes and the size spectrum."
        )
    labels = work.labels
    unnamed = sum(labels.get(sample.id, UNLABELLED) in {UNLABELLED, NONE} for sample in work.samples)
    if unnamed:
        work = work.with_remark(
            f"{unnamed:,} of {len(work.samples):,} objects have no sure name, and are missing in the volumes and the "
            "size spectrum: name them in the review."
        )
    try:
        work = work.with_table("sizes", tuple(_size(sample, labels[sample.id]) for sample in known))
    except ValueError as refused:
        return work.with_remark(str(refused))
    return _volumes(work, known)


def _volumes(work: Work, known: Sequence[Sample]) -> Work:
    """The volume of each class in each group, and in a m³ of the water of those groups where it is known.

    Per m³ the objects that are not alive are asked, too: the model may have taken an animal for one of them.
    """
    labels, codes = work.labels, {label.name: label.aphia_id for label in work.model.answers}
    model, people = work.model, by_people(work.annotations)
    rows: list[Mapping[str, Cell]] = []
    for group in _groups(known):
        found = list(_sizes(group, labels, codes))
        whole = [s for s in work.samples if s.group == group[0].group and {"major", "minor"} <= set(s.measures)]
        try:
            volumes = biovolume.biovolumes(whole, labels, model=model, people=people)
        except ValueError as refused:
            work = work.with_remark(str(refused))
            rows += found
        else:
            per_water = {row.label: row for row in volumes}
            rows += ({**row, **_per_water(per_water.get(str(row["class"])))} for row in found)
    return work.with_table("biovolume", tuple(rows))


def _size(sample: Sample, label: str) -> Mapping[str, Cell]:
    return {
        "group": sample.group, "object": sample.id, "class": label, "ESD, mm": biovolume.diameter(sample).value,
        "volume, mm³": biovolume.volume(sample).value,
    }  # fmt: skip


def _groups(samples: Sequence[Sample]) -> Iterator[tuple[Sample, ...]]:
    ordered = sorted(samples, key=lambda sample: sample.group or "")
    return (tuple(group) for _, group in groupby(ordered, key=lambda sample: sample.group))


def _sizes(
    group: Sequence[Sample], labels: Mapping[str, str], codes: Mapping[str, int | None]
) -> Iterator[dict[str, Cell]]:
    by_label: dict[str, list[Sample]] = {}
    for sample in group:
        by_label.setdefault(labels[sample.id], []).append(sample)
    for label, members in sorted(by_label.items(), key=lambda item: (-len(item[1]), item[0])):
        diameters = [biovolume.diameter(sample).value for sample in members]
        yield {
            "group": group[0].group, "class": label, "AphiaID": codes.get(label), "count": len(members),
            "median ESD, mm": statistics.median(diameters),
            "volume, mm³": sum(biovolume.volume(sample).value for sample in members),
        }  # fmt: skip


def _per_water(row: biovolume.Row | None) -> dict[str, Cell]:
    """A higher taxon has no volume of its own: it is shared out to the classes below."""
    return {
        "mm³/m³": None if row is None else row.biovolume.value,
        "mm³/m³, 95 % from": None if row is None else row.low.value,
        "mm³/m³, 95 % to": None if row is None or row.high is None else row.high.value,
    }  # fmt: skip


def spectra(work: Work) -> Iterator[tuple[str | None, Spectrum | str]]:
    """The normalised size spectrum of each group of what is alive, or the sentence that says why there is none."""
    for group in _groups([s for s in alive(work) if {"major", "minor"} <= set(s.measures)]):
        try:
            yield group[0].group, drawn(group)
        except ValueError as refused:
            yield group[0].group, str(refused)


def spectrum(work: Work) -> Work:
    """The size spectrum of each group with its slope, where there is enough to tell."""
    classes: list[Mapping[str, Cell]] = []
    slopes: list[Mapping[str, Cell]] = []
    for group, found in spectra(work):
        if isinstance(found, str):
            work = work.with_remark(found)
            continue
        classes += _classes(group, found)
        slopes.append(_slope(group, found))
    if not slopes:
        return work
    return work.with_table("size spectrum", tuple(classes)).with_table("slope", tuple(slopes)).with_remark(_OF_COUNTING)


def _slope(group: str | None, found: Spectrum) -> Mapping[str, Cell]:
    return {
        "group": group,
        "slope": found.slope,
        "slope, 95 % from": found.slope_low,
        "slope, 95 % to": found.slope_high,
        "intercept at 1 mm³, log10": found.intercept,
        "organisms": sum(one.count for one in found.classes),
    }


def _classes(group: str | None, found: Spectrum) -> Iterator[Mapping[str, Cell]]:
    for one in found.classes:
        yield {
            "group": group, "from, mm³": one.begin.value, "to, mm³": one.end.value, "count": one.count,
            "mm³/m³ per mm³": one.normalised.value, "mm³/m³ per mm³, 95 % from": one.low.value,
            "mm³/m³ per mm³, 95 % to": None if one.high is None else one.high.value, "in the line": int(one.fitted),
        }  # fmt: skip
