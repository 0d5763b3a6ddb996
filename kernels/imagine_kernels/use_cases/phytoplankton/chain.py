"""From a FlowCam run, IFCB bins or pictures to cells per millilitre and per litre, their sizes and their biovolume."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace

from imagine_kernels import biovolume, chain
from imagine_kernels.chain import Cell, Step, Work
from imagine_kernels.measure import UNLABELLED, by_people
from imagine_kernels.records import Quantity, Sample
from imagine_kernels.sources import ifcb
from imagine_kernels.units import convert
from imagine_kernels.use_case import Label, UseCase
from imagine_kernels.use_cases.phytoplankton import sizing

_PER_ML, _PER_L = "1 / milliliter", "1 / liter"
_UM, _UM3 = "micrometer", "micrometer ** 3"


def steps(case: UseCase) -> list[Step]:  # noqa: ARG001 - as every use case's steps are asked for
    """Read, tell the scale where only the instrument does, classify, measure, count, add up volumes."""
    return [chain.read, scaled, chain.classify, sizing.measured, counted, volumes]


def scaled(work: Work) -> Work:
    """The same with the usual scale for pictures of an IFCB, whose files tell none, where the person gave none."""
    seen = {sample.id: sample.pixel_size for sample in work.samples if ifcb.is_picture(sample)}
    if seen and work.options.weights is None:
        work = work.with_remark(
            "The models of this use case have learnt from FlowCams alone: names for pictures of an IFCB are guesses."
            " Correct some and teach a model with them."
        )
    bare = {name for name, size in seen.items() if size is None}
    if not bare:
        return work
    given = [replace(s, pixel_size=ifcb.PIXEL_SIZE) if s.id in bare else s for s in work.samples]
    return replace(work, samples=tuple(given)).with_remark(
        f"The files of an IFCB do not tell the side of a pixel: {ifcb.PIXEL_SIZE.value:.3f} µm (2.77 pixels to the"
        " micrometre) is taken, as is usual. Instruments differ by up to a third, and volumes by the cube of that: give"
        " the pixel size that your own beads showed."
    )


def counted(work: Work) -> Work:
    """Counts, shares and concentrations of the classes: per millilitre and per litre of the original water."""
    work = chain.count(work)
    known = _labels(work)
    return work.with_table("counts", tuple(_told(row, known) for row in work.tables["counts"]))


def _told(row: Mapping[str, Cell], known: Mapping[str, Label]) -> Mapping[str, Cell]:
    """The row with the class's AphiaID, and per litre what it tells per millilitre."""
    found: dict[str, Cell] = {}
    for name, value in row.items():
        found[name] = value
        if name == "class":
            found["AphiaID"] = _aphia(str(value), known)
    for name, value in row.items():
        if name.startswith(_PER_ML):
            found[name.replace(_PER_ML, _PER_L)] = 1000 * value if isinstance(value, int | float) else value
    return found


def volumes(work: Work) -> Work:
    """Size and volume of every particle, and the biovolume of each class for the water they were found in."""
    known, labels = _labels(work), work.labels
    having = [sample for sample in work.samples if sizing.is_measured(sample)]
    if not having:
        return work
    work = work.with_table("sizes", tuple(_size(sample, labels.get(sample.id), known) for sample in having))
    names = [label.name for label in known.values() if label.counted]
    model, people = work.model, by_people(work.annotations)
    try:
        spheres = biovolume.biovolumes(having, labels, names, shape="sphere", model=model, people=people)
        ellipsoids = biovolume.biovolumes(_spheroids(having), labels, names, model=model, people=people)
    except ValueError as refused:
        return work if str(refused) in work.remarks else work.with_remark(str(refused))
    long = {(row.group, row.label): row for row in ellipsoids}
    alive = [row for row in spheres if row.label not in known or known[row.label].counted]
    rows = tuple(_row(row, long[row.group, row.label], having, labels, known) for row in alive)
    return work.with_table("biovolume", rows)


def _size(sample: Sample, label: str | None, known: Mapping[str, Label]) -> Mapping[str, Cell]:
    spheroid = spheroid_volume(sample)
    return {
        "particle": sample.id,
        "group": sample.group,
        "class": label,
        "AphiaID": _aphia(label, known),
        "ABD, µm": _value(sample, "diameter_abd", _UM),
        "ESD, µm": _value(sample, "diameter_esd", _UM),
        "length, µm": _value(sample, "length", _UM),
        "width, µm": _value(sample, "width", _UM),
        "volume of the sphere (ABD), µm³": convert(biovolume.volume(sample, "sphere"), _UM3).value,
        "volume of the spheroid, µm³": None if spheroid is None else spheroid.value,
        "measured by": sizing.origin(sample),
    }


def spheroid_volume(sample: Sample) -> Quantity | None:
    """π/6 · length · width², in µm³: an ellipse turned about its long axis; None where the two are unknown.

    "Prolate spheroid" of Hillebrand et al. (1999), J. Phycol. 35:403-424, doi:10.1046/j.1529-8817.1999.3520403.x.
    """
    if not {"length", "width"} <= sample.measures.keys():
        return None
    return convert(biovolume.volume(_spheroids([sample])[0], "ellipsoid"), _UM3)


def _spheroids(samples: Sequence[Sample]) -> list[Sample]:
    """The samples with their length and width as the axes of an ellipse; of those that lack them the ABD is both."""
    found = []
    for sample in samples:
        of = sample.measures
        length, width = of.get("length", of["diameter_abd"]), of.get("width", of["diameter_abd"])
        found.append(replace(sample, measures={**of, "major": length, "minor": width}))
    return found


def _row(
    row: biovolume.Row,
    long: biovolume.Row,
    samples: Sequence[Sample],
    labels: Mapping[str, str],
    known: Mapping[str, Label],
) -> Mapping[str, Cell]:
    those = [s for s in samples if s.group == row.group and labels.get(s.id, UNLABELLED) == row.label]
    found: dict[str, Cell] = {"group": row.group, "class": row.label, "AphiaID": _aphia(row.label, known)}
    found |= {"measured": row.count}
    for title, name in (("median ABD, µm", "diameter_abd"), ("median ESD, µm", "diameter_esd")):
        values = [value for s in those if (value := _value(s, name, _UM)) is not None]
        found[title] = statistics.median(values) if values else None
    each = [convert(biovolume.volume(s, "sphere"), _UM3).value for s in those]
    found["mean volume of a particle, µm³"] = statistics.fmean(each) if each else None
    for title, unit in (("µm³/mL", f"{_UM3} / milliliter"), ("mm³/L", "millimeter ** 3 / liter")):
        for end, told in (("", row.biovolume), (", 95 % from", row.low), (", 95 % to", row.high)):
            found[f"{title}{end}"] = None if told is None else convert(told, unit).value
    found["µm³/mL as spheroids"] = convert(long.biovolume, f"{_UM3} / milliliter").value
    return found


def _value(sample: Sample, name: str, unit: str) -> float | None:
    found = sample.measures.get(name)
    return None if found is None else convert(found, unit).value


def _labels(work: Work) -> Mapping[str, Label]:
    """The classes of the work's model by name."""
    return {label.name: label for label in work.model.labels}


def _aphia(name: str | None, known: Mapping[str, Label]) -> int | None:
    label = known.get(name or "")
    return None if label is None else label.aphia_id
