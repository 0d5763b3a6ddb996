"""A dispute and a judge's word on it → the annotation that ends it, with what the others said kept beside it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from imagine_kernels.records import Annotation, Opinion, Region, new_id, now
from imagine_widgets.agreement.disputes import Dispute
from imagine_widgets.agreement.looks import ADJUDICATION

if TYPE_CHECKING:
    from imagine_widgets.store import Edit


def settle(
    dispute: Dispute,
    author: str,
    choice: str | Region | None,
    *,
    onto: Annotation | None = None,
    at: str | None = None,
) -> Annotation:
    """The judge's annotation of the sample: `choice` is the right label, the right region, or None: nothing is there.

    Its region is accepted where somebody said the same, else corrected, and rejected for None; what everybody said
    stays in its opinions. `onto` is what the judge settled in this sample before, and is kept.
    """
    given = [(name, region) for name, regions in dispute.regions.items() for region in regions]
    if not given:
        raise ValueError(f"Nobody says anything about {dispute.sample_id} in this dispute: there is nothing to settle.")
    time = at or now()
    made = _judged([region for _, region in given], choice)
    opinions = tuple(Opinion(r.label, r.score, name, "", r.state) for name, r in given)
    region = replace(made, opinions=opinions)
    before = () if onto is None else tuple(one for one in onto.regions if one.id != region.id)
    if onto is not None and (onto.sample_id, onto.author) != (dispute.sample_id, author):
        raise ValueError(f"What {onto.author} settled in {onto.sample_id} is no part of this: name the same of both.")
    return Annotation(dispute.sample_id, (*before, region), author, time, ADJUDICATION, new_id())


def _judged(given: list[Region], choice: str | Region | None) -> Region:
    if choice is None:
        return replace(given[0], state="rejected", scores={})
    if isinstance(choice, Region):
        known = any((choice.label, choice.shape) == (one.label, one.shape) for one in given)
        return replace(choice, state="accepted" if known else "corrected")
    agreeing = [region for region in given if region.label == choice]
    chosen = max(agreeing or given, key=lambda region: -1.0 if region.score is None else region.score)
    return replace(chosen, label=choice, score=None, scores={}, state="accepted" if agreeing else "corrected")


def edits(dispute: Dispute, settled: Annotation) -> "Iterator[Edit]":
    """What to write into a project's store: the judge's region, and tombstones for the others of the same thing."""
    from imagine_widgets.store import Drop, Put

    others = {region.id for regions in dispute.regions.values() for region in regions}
    for region in settled.regions:
        yield Put(settled.sample_id, region, settled.author, settled.tool, settled.at)
    for name in sorted(others - {region.id for region in settled.regions}):
        yield Drop(settled.sample_id, name, settled.author, settled.tool, settled.at)
