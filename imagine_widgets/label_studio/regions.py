"""One region ↔ its entries in a Label Studio result, with a mark by which it is known whether anybody touched it.

What goes there carries, in the `meta` that Label Studio's page keeps through edits, what it cannot say of a region, the
mark of how it was sent, and in which round of sending: so an old browser tab is told from a change of mind.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from imagine_kernels.records import Annotation, Json, Opinion, Prediction, Region, Skipped
from imagine_kernels.shapes import Shape
from imagine_widgets.formats import label_studio_results as results
from imagine_widgets.formats import label_studio_shapes
from imagine_widgets.formats.label_studio_results import FOREIGN, OURS
from imagine_widgets.formats.likeness import settled
from imagine_widgets.label_studio.page import DRAWN, IMAGE
from imagine_widgets.label_studio.views import View
from imagine_widgets.label_studio.wire import Item, Made

Offers = Mapping[str, tuple[str, frozenset[str]]]
"""What a labelling page takes: by type of result the name of its part, and its classes."""
_DIGITS = 6
_SORTED = json.JSONEncoder(sort_keys=True)
_NOISE = ("from_name", "to_name", "image_rotation", "origin")


@dataclass(frozen=True, slots=True)
class Mark:
    """What lies there of a region ("": nothing), how it was sent last, and in which round; "~": in another's hand."""

    now: str
    sent: str = ""
    round: int = 0

    def __str__(self) -> str:
        return f"{self.now} {self.sent} {self.round}"

    @classmethod
    def read(cls, text: str) -> "Mark":
        """What `str` made."""
        now, sent, turn = text.split(" ")
        return cls(now, sent, int(turn))


@dataclass(frozen=True, slots=True)
class Lying:
    """A region as it lies there; `packed` is what we sent along with it."""

    id: str
    mark: Mark
    region: Region
    packed: Json
    made: Made
    view: View


def fault(region: Region, offers: Offers) -> str | None:
    """Why a page cannot hold this, as a sentence; Label Studio itself would drop it without a word."""
    kind = DRAWN.get(type(region.shape))
    if kind is None:
        return f"A {type(region.shape).__name__} cannot be shown on a picture; it stays here."
    if kind not in offers:
        return f"It is a {type(region.shape).__name__}; the labelling page has no tool for it."
    if region.label not in offers[kind][1]:
        return f"Its label {region.label!r} is not a class of the labelling page."
    return None


def entries(said: Annotation | Prediction, region: Region, view: View, offers: Offers, turn: int = 1) -> list[Item]:
    """The entries of a region for the page that makes these offers."""
    inside = replace(region, shape=view.inside(region.shape)) if region.shape is not None else region
    made = results.result(replace(said, regions=(inside,)), view.shown, {})
    for one in made:
        if one.get("type") in offers:
            one |= {"from_name": offers[one["type"]][0], "to_name": IMAGE}
    mark = marked(made)
    return [stamped(one, mark, turn) for one in made]


def stamped(one: Item, mark: str, turn: int, by: Made | None = None) -> Item:
    """The entry as it is sent in this round; of one that somebody changed `by` tells who and when."""
    meta = one["meta"] if isinstance(one.get("meta"), dict) else {}
    ours = meta[OURS] if isinstance(meta.get(OURS), dict) else {}
    if by is not None and ours.get("mark") != mark:
        ours = {**ours, "author": by.editor, "at": by.at}
    return {**one, "meta": {**meta, OURS: {**ours, "mark": mark, "round": turn}}}


def marked(said: Sequence[Item]) -> str:
    """A mark of what entries say: their types and values, up to rounding; not what the page adds around them."""
    told = sorted(_SORTED.encode([one.get("type"), _plain(one.get("value"))]) for one in said)
    return hashlib.sha256("\n".join(told).encode(errors="surrogatepass")).hexdigest()[:16]


def _plain(value: object) -> object:
    if isinstance(value, (bool, str)) or value is None:
        return value
    if isinstance(value, (float, int)):
        return round(float(value), _DIGITS) + 0.0
    if isinstance(value, dict):
        return {key: item if key == "rle" else _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else str(value)


def lying(made: Made, view: View, skipped: list[Skipped]) -> tuple[dict[str, Lying], frozenset[str]]:
    """The regions of an annotation by id, and the ids of entries that cannot be read: they lie there all the same."""
    groups = grouped(made)
    found: dict[str, Lying] = {}
    for name, some in groups.items():
        for region, packed in _read(name, some, view, made, skipped):
            found[name] = Lying(name, _mark(some, packed), region, packed, made, view)
    return found, frozenset(groups.keys() - found.keys())


def _mark(some: Sequence[Item], packed: Json) -> Mark:
    sent, turn = packed.get("mark"), packed.get("round")
    return Mark(marked(some), sent if isinstance(sent, str) else "", turn if isinstance(turn, int) else 0)


def grouped(made: Made) -> dict[str, list[Item]]:
    """The entries of an annotation by the region they belong to."""
    groups: dict[str, list[Item]] = {}
    for number, one in enumerate(made.result, start=1):
        groups.setdefault(str(one.get("id") or f"{made.id}#{number}"), []).append(one)
    return groups


def _read(name: str, some: list[Item], view: View, made: Made, skipped: list[Skipped]) -> Iterator[tuple[Region, Json]]:
    where = f"{view.of}, by {made.editor}"
    for region, packed in results.regions(some, view.size, where, {}, skipped):
        shape = view.outside(region.shape) if region.shape is not None else None
        yield replace(region, id=name, shape=shape, raw=_foreign(region.raw)), packed


def _foreign(raw: Mapping[str, str]) -> dict[str, str]:
    """What Label Studio alone knows of a region, without what every region has there."""
    told = json.loads(raw.get(FOREIGN, "{}"))
    kept = {key: value for key, value in told.items() if key not in _NOISE}
    others = {tool: text for tool, text in raw.items() if tool != FOREIGN}
    return others | ({FOREIGN: json.dumps(kept)} if kept else {})


def joined(there: Lying, mine: Region | None) -> Region:
    """What lies there, with all that we know of the region and that nobody changed there."""
    theirs = there.region
    if mine is None:
        return _judged(there)
    shape = theirs.shape
    if shape is not None and mine.shape is not None:
        shape = settled(shape, mine.shape, lambda kept: _through(kept, there.view))
    opinions = mine.opinions if _bare(mine) == _bare(theirs) else theirs.opinions
    same = theirs.label == mine.label and shape == mine.shape
    state = mine.state if same or not mine.state else "corrected"
    score = mine.score if theirs.label == mine.label else None
    raw = mine.raw if "region" in there.packed else {**mine.raw, **theirs.raw}
    return replace(mine, label=theirs.label, shape=shape, opinions=opinions, state=state, score=score, raw=raw)


def _judged(there: Lying) -> Region:
    """A region that a person made, or took over from a model: then it says so, and has no score of its own."""
    theirs = there.region
    if "model" not in there.packed:
        return theirs if "region" in there.packed else replace(theirs, score=None)
    state = "accepted" if there.mark.now == there.mark.sent else "corrected"
    return replace(theirs, score=None, scores={}, state=state)


def _bare(region: Region) -> list[str]:
    return [one.label for one in region.opinions if one == Opinion(one.label)]


def _through(shape: Shape, view: View) -> Shape | None:
    kind, value = label_studio_shapes.told(view.inside(shape), view.size)
    found = label_studio_shapes.drawn(kind, value, view.size)
    return view.outside(found) if found is not None else None
