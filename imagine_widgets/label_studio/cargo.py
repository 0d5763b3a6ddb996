"""What one push carries, held against the labelling page as it is sent, and a tally of what arrived."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from imagine_kernels.records import Prediction, Sample, Skipped
from imagine_widgets.label_studio import tasks
from imagine_widgets.label_studio.regions import Mark, Offers, fault
from imagine_widgets.label_studio.slots import ours
from imagine_widgets.label_studio.views import View, views
from imagine_widgets.label_studio.wire import NewAnnotation, NewPrediction
from imagine_widgets.store import Held, Store
from imagine_widgets.store.agreed import Agreement

Picture = Callable[[Sample], bytes]


@dataclass
class Tally:
    """What arrived, and what cannot go there and why; it grows as the push goes on."""

    images: int = 0
    predictions: int = 0
    labels: int = 0
    total: int = 0
    left_out: dict[tuple[str, str], Skipped] = field(default_factory=dict)

    def leave_out(self, where: str, why: str) -> None:
        """Note it once."""
        self.left_out[where, why] = Skipped(where, why)


@dataclass(frozen=True)
class Cargo:
    """The pictures of each sample, its predictions by version, and the store its labels come from."""

    pictures: Mapping[str, tuple[View, ...]]
    predictions: Mapping[str, Mapping[str, Prediction]]
    offers: Offers
    picture: Picture
    store: Store | None
    target: str
    tally: Tally

    def views(self) -> Iterator[View]:
        """Every picture."""
        return (view for pictures in self.pictures.values() for view in pictures)

    def guesses(self, sample_id: str) -> Iterator[tuple[View, NewPrediction]]:
        """The predictions of a sample as the page can hold them; what it cannot is noted."""
        for prediction in self.predictions.get(sample_id, {}).values():
            kept, faults = tasks.fitting(prediction, self.offers)
            for why in faults:
                self.tally.leave_out(sample_id, why)
            for view, part in tasks.parts(kept, self.pictures[sample_id]) if kept.regions else ():
                yield view, tasks.new_prediction(part, view, self.offers)

    def words(self, sample_id: str) -> list[Held]:
        """The words of the store about a sample that the page can hold; what it cannot is noted."""
        rows = self.store.regions(sample_id) if self.store is not None else ()
        return self.fit(row for row in rows if row.id and not row.deleted)

    def fit(self, rows: Iterable[Held]) -> list[Held]:
        """Those of these words that the page can hold."""
        kept: list[Held] = []
        for row in rows:
            why = fault(row.region, self.offers) if row.region is not None else None
            if why is None:
                kept.append(row)
            else:
                self.tally.leave_out(row.sample_id, why)
        last = {row.author: row.id for row in kept if row.region is not None and row.region.shape is None}
        for row in kept:
            if row.region is not None and row.region.shape is None and row.id != last[row.author]:
                why = f"{row.author} gave more than one class to the whole; the labelling page holds the last one."
                self.tally.leave_out(row.sample_id, why)
        return [row for row in kept if row.region is None or row.region.shape is not None or row.id == last[row.author]]

    def note(self, sent: Sequence[tuple[NewAnnotation, str, Sequence[Held]]]) -> None:
        """Write into the store that these words of these authors lie there now."""
        if self.store is None or not sent:
            return
        self.store.agreed.put(self.target, [(rows[0].sample_id, author, "there") for _, author, rows in sent])
        self.store.agreed.agree(self.target, [one for new, _, rows in sent for one in agreements(new, rows)])
        self.tally.labels += sum(len(rows) for _, _, rows in sent)


def agreements(new: NewAnnotation, rows: Sequence[Held]) -> Iterator[Agreement]:
    """What both sides have once `new`, made of these words, lies there."""
    said = {one["id"]: ours(one) for one in new["result"]}  # each entry of a region tells how all of it was sent
    for row in rows:
        mark, turn = said[row.id]["mark"], said[row.id]["round"]
        yield Agreement(row.sample_id, row.author, row.id, row.rev, str(Mark(mark, mark, turn)))


def pack(
    samples: Mapping[str, Sample],
    predictions: Iterable[Prediction],
    offers: Offers,
    picture: Picture,
    store: Store | None,
    target: str,
    tally: Tally,
) -> Cargo:
    """All that is to be there."""
    guesses: dict[str, dict[str, Prediction]] = defaultdict(dict)  # one for each model and its weights
    for prediction in predictions:
        if prediction.sample_id in samples:
            guesses[prediction.sample_id][tasks.version(prediction)] = prediction
    pictures = {name: views(sample) for name, sample in samples.items()}
    return Cargo(pictures, guesses, offers, picture, store, target, tally)
