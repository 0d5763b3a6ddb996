# ruff: noqa: INP001 - see taxa
"""The chain of diatoms: fields of slides → valves found and named → relative abundance → the index of the water."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from imagine_kernels import chain, sources
from imagine_kernels.chain import Cell, Step, Work
from imagine_kernels.diatom_counts import VALVES, Share, abundance, counted
from imagine_kernels.diatom_index import Index, Limits, index
from imagine_kernels.diatom_table import read_table
from imagine_kernels.predict import facts, predict
from imagine_kernels.records import Sample
from imagine_kernels.use_case import CLASSIFICATION, Model, UseCase
from imagine_kernels.use_cases.diatoms import finding

FINDER = "valves"
"""The model that finds valves on fields."""


def steps(case: UseCase) -> list[Step]:  # noqa: ARG001 - every use case's chain is asked the same way
    """Read, find, name, abundance, index."""
    return [read, find, name, shares, indices]


def read(work: Work) -> Work:
    """Fields and pictures of single valves, each with the size of its pixels; several slides are folders of fields."""
    found = sources.open_samples(work.path)
    model = _namer(work)
    sorted_ = finding.sort((chain.told(s, work.options) for s in found.samples), found.annotations, set(model.names))
    fields, valves = (finding.scaled(some, model) for some in (sorted_.fields, sorted_.valves))
    if work.options.pixel_size is None and model.profile.pixel_size_um is not None:
        size = model.profile.pixel_size_um
        work = work.with_remark(f"Nobody told how large a pixel is: {size:g} µm is taken, as the model knows valves.")
    skipped = (*work.skipped, *found.skipped)
    return replace(work, samples=(*fields, *valves), annotations=sorted_.annotations, skipped=skipped)


def find(work: Work) -> Work:
    """The valves of each field, cut out along their length, in place of the field."""
    fields = [sample for sample in work.samples if min(sample.width, sample.height) >= finding.SMALLEST]
    if not fields:
        return work
    done = predict(work.case, fields, FINDER, progress=work.options.progress)
    known = {field.id: field for field in fields}
    rows: list[Mapping[str, Cell]] = []
    samples = [sample for sample in work.samples if sample.id not in known]
    for found in done.predictions:
        field = known[found.sample_id]
        valves = list(finding.valves(field, found))
        samples += valves
        cut = sum(bool(finding.cut(region, field)) for region in found.regions)
        row: dict[str, Cell] = {"slide": finding.slide(field, str(work.path)), "field": field.id}
        rows.append(row | {"found": len(found.regions), "cut by an edge": cut, "counted": len(valves)})
    work = replace(work, samples=tuple(samples), skipped=(*work.skipped, *done.skipped))
    return work.with_table("fields", tuple(rows)).with_remark(
        "Of the valves that a field's edge cuts, those at the left and the upper edge are counted (Gundersen 1977)."
    )


def name(work: Work) -> Work:
    """Names every valve, by a higher taxon where the model is unsure."""
    return chain.classify(work) if work.samples else replace(work, predictions=())


def shares(work: Work) -> Work:
    """The relative abundance of each taxon on each slide, with OMNIDIA codes."""
    model = _namer(work)
    rows: list[Mapping[str, Cell]] = []
    for slide, samples in finding.slides(work.samples, str(work.path)).items():
        named, exact = _said(work, samples)
        valves, others = _tally(named + exact, model)
        if valves:
            rows += [_share(slide, share) for share in abundance(named, model, exact)]
        for remark in _remarks(work, slide, valves, others):
            work = work.with_remark(remark)
    return work.with_table("abundance", tuple(rows))


def indices(work: Work) -> Work:
    """The index of each slide, where a person gave a table of values."""
    options, model = work.options, _namer(work)
    if options.table is None:
        return work.with_remark("There is no index: it needs a table of each taxon's values (--table FILE).")
    table, limits = read_table(options.table), None if options.limits is None else Limits(options.limits, "as given")
    work, rows = replace(work, skipped=(*work.skipped, *table.skipped)), list[Mapping[str, Cell]]()
    for slide, samples in finding.slides(work.samples, str(work.path)).items():
        named, exact = _said(work, samples)
        try:
            found = index(named, table, model, exact, limits=limits)
        except ValueError as refused:
            work = work.with_remark(f"{slide} has no index. {refused}")
        else:
            rows.append(_index(slide, found))
    if not rows:
        return work
    lowest = ", ".join(f"{number:g}" for number in found.limits.lowest)
    return work.with_table("index", tuple(rows)).with_remark(
        f"The limits of the classes are {lowest} ({found.limits.source}); those of the Water Framework Directive are "
        "set by each country for each type of water body (--limits)."
    )


def _namer(work: Work) -> Model:
    """The facts of the model that names valves. Raises ValueError where another kind was asked for."""
    model = facts(work.case, work.options.model, work.options.weights)
    if model.task != CLASSIFICATION:
        raise ValueError(
            f"{model.name} finds valves and names none: it is used anyway. Choose a model that names them."
        )
    return model


def _said(work: Work, samples: list[Sample]) -> tuple[Counter[str], Counter[str]]:
    """How many samples the model named so, and how many a person did."""
    people = {a.sample_id for a in work.annotations if a.regions}
    labels = work.labels
    named = Counter(labels[s.id] for s in samples if s.id in labels and s.id not in people)
    return named, Counter(labels[s.id] for s in samples if s.id in labels and s.id in people)


def _tally(said: Counter[str], model: Model) -> tuple[int, Counter[str]]:
    """How many are valves, and what the others are called."""
    others = Counter({name: count for name, count in said.items() if not counted(name, model)})
    return said.total() - others.total(), others


def _remarks(work: Work, slide: str, valves: int, others: Counter[str]) -> Iterator[str]:
    if others:
        told = ", ".join(f"{count} {name}" for name, count in others.most_common())
        yield f"{slide}: not counted as valves: {told}."
    if valves < VALVES:
        fields = sum(row["slide"] == slide for row in work.tables.get("fields", ()))
        more = f" Some {finding.more_fields(valves, fields, VALVES)} fields more would do." if fields and valves else ""
        yield f"{slide}: {valves} valves were counted; a count needs {VALVES} (EN 14407).{more}"


def _share(slide: str, share: Share) -> Mapping[str, Cell]:
    def percent(part: float | None) -> float | None:
        return None if part is None else round(100 * part, 2)

    told: dict[str, Cell] = {"slide": slide, "taxon": share.name, "OMNIDIA code": share.code, "valves": share.valves}
    told |= {"relative abundance, %": percent(share.share), "corrected, %": percent(share.corrected)}
    return told | {"95 % from, %": percent(share.low), "95 % to, %": percent(share.high)}


def _index(slide: str, found: Index) -> Mapping[str, Cell]:
    chances = ", ".join(f"{name} {chance:.0%}" for name, chance in found.chances.items() if chance >= 0.005)
    return {
        "slide": slide, "index": found.name, "value, 1 to 20": round(found.value, 2),
        "95 % from": round(found.low, 2), "95 % to": round(found.high, 2),
        "of the names as they are": round(found.as_named, 2), "class": found.status, "chances of the classes": chances,
        "valves": found.valves, "of taxa in the table, %": round(100 * found.covered, 1),
    }  # fmt: skip
