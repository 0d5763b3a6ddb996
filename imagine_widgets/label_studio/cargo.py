"""What one push carries, held against the labelling page before anything is sent, and a tally of what arrived."""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from imagine_kernels.records import Annotation, Prediction, Sample, Skipped
from imagine_widgets.journal import Journal
from imagine_widgets.label_studio import tasks
from imagine_widgets.label_studio.wire import NewPrediction

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
    """By sample: the picture's source, its predictions, and the label that holds for it; all of it fits the page."""

    samples: Mapping[str, Sample]
    predictions: Mapping[str, Sequence[NewPrediction]]
    held: Mapping[str, Annotation]
    unsent: Sequence[Annotation]
    picture: Picture
    journal: Journal | None
    tally: Tally

    def note_sent(self, annotations: Iterable[Annotation]) -> None:
        """Write into the journal that these lie there now."""
        ids = [annotation.id for annotation in annotations]
        if self.journal is not None and ids:
            self.journal.mark_sent(ids)
        self.tally.labels += len(ids)


def pack(
    samples: Mapping[str, Sample],
    predictions: Iterable[Prediction],
    journal: Journal | None,
    picture: Picture,
    choices: Container[str],
    tally: Tally,
) -> Cargo:
    """Everything of these that a page with `choices` can hold; the rest is noted in `tally`."""

    def fits(record: Prediction | Annotation) -> bool:
        fault = tasks.fault(record, choices)
        if fault is not None:
            tally.leave_out(record.sample_id, fault)
        return fault is None

    guesses: dict[str, dict[str, NewPrediction]] = defaultdict(dict)  # one for each model and its weights
    for prediction in predictions:
        if fits(prediction):
            guesses[prediction.sample_id][tasks.version(prediction)] = tasks.new_prediction(prediction)
    held = journal.annotations() if journal is not None else {}
    return Cargo(
        samples,
        {sample: [*versions.values()] for sample, versions in guesses.items()},
        {sample: annotation for sample, annotation in held.items() if sample in samples and fits(annotation)},
        [a for a in (journal.unsent() if journal is not None else ()) if fits(a)],
        picture,
        journal,
        tally,
    )
