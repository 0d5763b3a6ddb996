"""The chain of diatoms: fields of slides → valves found and named → relative abundance → the index of the water."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from imagine_kernels import chain, measure, sources
from imagine_kernels.chain import Cell, Step, Work
from imagine_kernels.predict import facts, predict
from imagine_kernels.records import Annotation, Prediction, Region, Sample
from imagine_kernels.shapes import RotatedBox
from imagine_kernels.use_case import CLASSIFICATION, Model, UseCase
from imagine_kernels.use_cases.diatoms import finding
from imagine_kernels.use_cases.diatoms.counts import VALVES, codes, counted
from imagine_kernels.use_cases.diatoms.index import Index, Limits, index
from imagine_kernels.use_cases.diatoms.table import read_table

FINDER = "valves"
"""The model that finds valves on fields."""


def steps(case: UseCase) -> list[Step]:  # noqa: ARG001 - every use case's chain is asked the same way
    """Read, find, cut out, name, abundance, index."""
    return [read, find, cut, name, shares, indices]


def read(work: Work) -> Work:
    """Fields and pictures of single valves, each with the size of its pixels; several slides are folders of fields."""
    found = sources.open_samples(work.path)
    model = _namer(work)
    told, home = (chain.told(s, work.options) for s in found.samples), work.path.expanduser().absolute().stem
    apart = finding.sort(told, found.annotations, {label.name for label in model.answers}, home)
    fields, valves = (
        finding.scaled(some, model, rescale=work.options.rescale) for some in (apart.fields, apart.valves)
    )
    if any(s.pixel_size is None for s in (*apart.fields, *apart.valves)) and model.profile.pixel_size_um is not None:
        size = model.profile.pixel_size_um
        work = work.with_remark(f"Nobody told how large a pixel is: {size:g} µm is taken, as the model knows valves.")
    skipped = (*work.skipped, *found.skipped)
    return replace(work, samples=(*fields, *valves), annotations=apart.annotations, skipped=skipped)


def find(work: Work) -> Work:
    """The valves of each field, in boxes along their length."""
    fields = [sample for sample in work.samples if finding.is_field(sample)]
    if not fields:
        return work
    done = predict(work.case, fields, FINDER, progress=work.options.progress)
    return replace(work, predictions=done.predictions, skipped=(*work.skipped, *done.skipped))


def cut(work: Work, found: Iterable[Prediction] | None = None) -> Work:
    """The valves cut out along their length, in place of their fields; `found` is what people made of the boxes."""
    known = {sample.id: sample for sample in work.samples if finding.is_field(sample)}
    if not known:
        return work
    rows: list[Mapping[str, Cell]] = []
    samples = [sample for sample in work.samples if sample.id not in known]
    for one in work.predictions if found is None else found:
        field = known[one.sample_id]
        valves = list(finding.valves(field, one))
        samples += valves
        parts = sum(bool(finding.cut(region, field)) for region in one.regions)
        row: dict[str, Cell] = {"slide": field.group, "field": field.id}
        rows.append(row | {"found": len(one.regions), "cut by an edge": parts, "taken": len(valves)})
    return (
        replace(work, samples=tuple(samples), predictions=())
        .with_table("fields", tuple(rows))
        .with_remark(
            "Of the valves that a field's edge cuts, those at the left and the upper edge are counted (Gundersen 1977)."
        )
    )


def name(work: Work) -> Work:
    """Names every valve, by a higher taxon where the model is unsure."""
    if not work.samples:
        return replace(work, predictions=())
    work = _without_parts(chain.classify(work))
    said = {prediction.sample_id: prediction.regions[0] for prediction in work.predictions}
    rows = tuple(_valve(one, said[one.id]) for one in work.samples if one.id in said and finding.size_um(one))
    return work.with_table("valves", rows) if rows else work


def _without_parts(work: Work) -> Work:
    """The work without cut valves that were not named to species: what the model confuses was counted on whole ones."""
    labels, species = work.labels, set(_namer(work).label_names)
    parts = {s.id for s in work.samples if finding.CUT in s.measures and labels.get(s.id) not in species}
    if not parts:
        return work
    kept = tuple(sample for sample in work.samples if sample.id not in parts)
    predictions = tuple(one for one in work.predictions if one.sample_id not in parts)
    return replace(work, samples=kept, predictions=predictions).with_remark(
        f"{len(parts)} valves that an edge cuts could not be named to species and are not counted."
    )


def shares(work: Work) -> Work:
    """The relative abundance of each taxon on each slide, with OMNIDIA codes."""
    model, people = _namer(work), measure.by_people(work.annotations)
    names = [label.name for label in model.labels if label.counted]
    rows = measure.composition(work.samples, work.labels, names, model=model, people=people)
    valves = {slide: _valves(tally, model) for slide, tally in _tallies(work).items()}
    work = replace(work, rows=rows).with_table("abundance", tuple(_abundances(rows, model, valves)))
    for slide, tally in _tallies(work).items():
        for remark in _remarks(work, slide, valves[slide], tally, model):
            work = work.with_remark(remark)
    return work


def indices(work: Work) -> Work:
    """The index of each slide, where a person gave a table of values."""
    options, model = work.options, _namer(work)
    if options.table is None:
        return work.with_remark("There is no index: it needs a table of each taxon's values (--table FILE).")
    table, limits = read_table(options.table), None if options.limits is None else Limits(options.limits, "as given")
    work, rows = replace(work, skipped=(*work.skipped, *table.skipped)), list[Mapping[str, Cell]]()
    for slide, tally in _tallies(work).items():
        try:
            found = index(tally.named, table, model, tally.exact, limits=limits)
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


def again(work: Work, annotations: Iterable[Annotation]) -> Work:
    """Abundance and index once more, with what people have said of the valves since."""
    fresh = replace(work, annotations=(*work.annotations, *annotations), tables={}, remarks=())
    return indices(shares(fresh))


def _namer(work: Work) -> Model:
    """The facts of the model that names valves. Raises ValueError where another kind was asked for."""
    model = facts(work.case, work.options.model, work.options.weights)
    if model.task != CLASSIFICATION:
        raise ValueError(
            f"{model.name} finds valves and names none: it is used anyway. Choose a model that names them."
        )
    return model


def _valve(valve: Sample, said: Region) -> Mapping[str, Cell]:
    """One valve that was found: what the model calls it, its size, and where it lies."""
    length, breadth = finding.size_um(valve) or (None, None)
    told: dict[str, Cell] = {"slide": valve.group, "valve": valve.id, "taxon": said.label, "score": said.score}
    told |= {"length, µm": _rounded(length), "breadth, µm": _rounded(breadth)}
    if isinstance(box := valve.crop, RotatedBox):
        told |= {"x, pixels": _rounded(box.x), "y, pixels": _rounded(box.y), "angle, degrees": _rounded(box.angle)}
    return told


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 1)


def _tallies(work: Work) -> Mapping[str, measure.Tally]:
    """What was said of the valves of each slide."""
    found = measure.tallies(work.samples, work.labels, measure.by_people(work.annotations))
    return {slide or work.path.stem: tally for slide, tally in found.items()}


def _valves(tally: measure.Tally, model: Model) -> int:
    return sum(count for name, count in tally.every.items() if counted(name, model))


def _remarks(work: Work, slide: str, valves: int, tally: measure.Tally, model: Model) -> Iterator[str]:
    if others := ", ".join(f"{n} {name}" for name, n in tally.every.most_common() if not counted(name, model)):
        yield f"{slide}: not counted as valves: {others}."
    if valves < VALVES:
        fields = sum(row["slide"] == slide for row in work.tables.get("fields", ()))
        more = f" Some {finding.more_fields(valves, fields, VALVES)} fields more would do." if fields and valves else ""
        yield f"{slide}: {valves} valves were counted; a count needs {VALVES} (EN 14407).{more}"


def _abundances(rows: Iterable[measure.Row], model: Model, valves: Mapping[str, int]) -> Iterator[Mapping[str, Cell]]:
    """A row for each taxon that was named, or may be there though it was not."""
    code = codes(model)
    for row in rows:
        if not counted(row.label, model) or not valves[row.group or ""] or not (row.count or row.estimate):
            continue
        told: dict[str, Cell] = {"slide": row.group, "taxon": row.label, "OMNIDIA code": code.get(row.label)}
        told |= {"valves": row.count, "relative abundance, %": _percent(row.count / valves[row.group or ""])}
        told |= {"corrected, %": _percent(row.share), "corrected, %, 95 % from": _percent(row.share_low)}
        yield told | {"corrected, %, 95 % to": _percent(row.share_high)}


def _percent(part: float | None) -> float | None:
    return None if part is None else round(100 * part, 2)


def _index(slide: str, found: Index) -> Mapping[str, Cell]:
    chances = ", ".join(f"{name} {chance:.0%}" for name, chance in found.chances.items() if chance >= 0.005)
    return {
        "slide": slide, "index": found.name, "value, 1 to 20": round(found.value, 2),
        "value, 1 to 20, 95 % from": round(found.low, 2), "value, 1 to 20, 95 % to": round(found.high, 2),
        "of the names as they are": round(found.as_named, 2), "class": found.status, "chances of the classes": chances,
        "valves": found.valves, "of taxa in the table, %": round(100 * found.covered, 1),
    }  # fmt: skip
