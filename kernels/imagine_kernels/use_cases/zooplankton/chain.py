"""The chain of zooplankton: a whole scan, or vignettes → named organisms → individuals, mm³ and sizes per m³ of water.

The part of a sample that was scanned is in each sample's effort already: nothing here divides by it again.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from imagine_kernels import biovolume, chain
from imagine_kernels.chain import Cell, Step, Work
from imagine_kernels.records import Skipped
from imagine_kernels.sources import tree
from imagine_kernels.tasks.finding import Found, vignettes
from imagine_kernels.use_case import UseCase
from imagine_kernels.use_cases.zooplankton import scans, touching
from imagine_kernels.use_cases.zooplankton.sizing import sizes, spectrum

PER_M3 = "individuals/m³"


def steps(case: UseCase) -> list[Step]:  # noqa: ARG001 - every use case's chain is asked the same way
    """Read and find, measure, classify, count, sizes, spectrum."""
    return [gather, measure, chain.classify, count, sizes, spectrum]


def gather(work: Work) -> Work:
    """The objects of scans, and the samples of everything else; where a table speaks of objects, only those."""
    place = work.path.expanduser().absolute()
    pictures = scans.pictures(place) if place.exists() else []
    if not pictures:
        return chain.read(work)
    if place.is_dir():
        work, pictures = _besides(work, place, pictures)
    if any(sample.measures for sample in work.samples):
        return work.with_remark("Tables name the objects here, so whole scans beside them were not searched again.")
    for picture in pictures:
        work = _searched(work, picture, alone=len(pictures) == 1 and not work.samples)
    return work


def _besides(work: Work, place: Path, pictures: list[Path]) -> tuple[Work, list[Path]]:
    """What lies in the folder besides the scans, and the scans: what a class folder names is a vignette."""
    found = tree.read_tree(place, tree.Wishes())
    labelled = {annotation.sample_id for annotation in found.annotations}
    large = {str(picture) for picture in pictures} - {s.uri for s in found.samples if s.id in labelled}
    samples = tuple(chain.told(s, work.options) for s in found.samples if s.crop is not None or s.uri not in large)
    skipped = tuple(one for one in found.skipped if str(place / one.where) not in large)
    more = replace(work, samples=samples, annotations=found.annotations, skipped=(*work.skipped, *skipped))
    return more, [picture for picture in pictures if str(picture) in large]


def _searched(work: Work, picture: Path, *, alone: bool) -> Work:
    """The work with the objects of one more scan. One that cannot be used stops nothing, unless there is no other."""
    try:
        found = scans.search(picture, work.options)
    except ValueError as error:
        if alone:
            raise
        return _without(work, picture, str(error))
    if {one.id for one in found.samples} & {one.id for one in work.samples}:
        return _without(work, picture, f"Another scan is called {picture.stem}, too: give each a name of its own.")
    more = replace(work, samples=(*work.samples, *found.samples), skipped=(*work.skipped, *found.skipped))
    for remark in found.remarks:
        more = more.with_remark(remark)
    return more.with_table("scans", (*work.tables.get("scans", ()), _told(picture, found.scan)))


def _without(work: Work, picture: Path, why: str) -> Work:
    return replace(work, skipped=(*work.skipped, Skipped(str(picture), why)))


def _told(picture: Path, found: Found) -> Mapping[str, Cell]:
    return {
        "scan": picture.stem, "objects": len(found.samples), "separated outlines": len(found.separated),
        "cut by the edge": len(found.cut), "threshold, of 255": found.threshold,
        "background, of 255": found.background, "empty tray, share": round(found.share, 4),
    }  # fmt: skip


def measure(work: Work) -> Work:
    """Sizes of vignettes whose instrument told none, and which outlines look like several organisms that touch."""
    cut_out = [sample for sample in work.samples if sample.crop is None]
    found = tuple(vignettes.measured(cut_out, show=work.options.progress)) if cut_out else ()
    known = {one.sample.id: one.sample for one in found}
    work = replace(work, samples=tuple(known.get(sample.id, sample) for sample in work.samples))
    dark = sum(one.dark_field for one in found)
    if dark and work.options.weights is None:
        work = work.with_remark(
            f"{dark:,} pictures are light on dark, as of a UVP, and {work.model.name} was taught dark on light: what "
            "it names them means nothing. Name some and teach a model with them."
        )
    whole = [sample for sample in touching.outlines(work.samples) if sample.id in known]
    if whole:
        work = work.with_remark(
            f"{len(whole):,} of the vignettes look like several organisms that touch. They are counted as one each: "
            'see the table "touching", and separate them before counting.'
        )
    rows = touching.table(work.samples)
    return work.with_table("touching", rows) if rows else work


def count(work: Work) -> Work:
    """Counts, shares and individuals per m³ of water, with the AphiaID of each class."""
    work = chain.count(work, per=biovolume.M3)
    codes = {label.name: label.aphia_id for label in work.model.answers}
    return work.with_table("counts", tuple(_coded(row, codes) for row in work.tables["counts"]))


def _coded(row: Mapping[str, Cell], codes: Mapping[str, int | None]) -> Mapping[str, Cell]:
    found: dict[str, Cell] = {}
    for name, value in row.items():
        found[name.replace(f"1 / {biovolume.M3}", PER_M3)] = value
        if name == "class":
            found["AphiaID"] = codes.get(str(value))
    return found
