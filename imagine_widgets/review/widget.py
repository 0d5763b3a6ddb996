"""The review: the labeler with a queue. A model's regions come one after the other; one key decides and goes on.

The queue and what became of each region are made here, from the store; the browser has the next ones before they come.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import traitlets

from imagine_kernels.records import Prediction, Sample
from imagine_widgets.classes import Classes, Label
from imagine_widgets.given import labels_in, predictions_in, refuse
from imagine_widgets.labeler import Labeler
from imagine_widgets.review.orders import UNCERTAIN, Order, check, wanted
from imagine_widgets.review.queue import CODES, GUESSES, TOOL, Queue
from imagine_widgets.review.still import still, words
from imagine_widgets.store import Store

_OPTIONS = ("store", "author", "order", "only", "scores")
_MOST = 500
"""Items that are told at a time."""
Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Progress:
    """How many regions a review has, and what became of those that were looked at."""

    total: int
    accepted: int
    corrected: int
    rejected: int
    uncertain: int

    @property
    def looked_at(self) -> int:
        """Regions a person decided on."""
        return self.accepted + self.corrected + self.rejected + self.uncertain


class Review(Labeler):
    """Show the regions that `predictions` hold one after the other, across `samples`, each decided by one key.

    Regions with a shape and guesses of the whole sample are gone through alike; what nobody decided on comes first, and
    whoever makes the same review again goes on where she stopped. All else is as in the labeler.
    `order` is "uncertain first" (the two best scores nearest), "by picture" (along the picture, as one reads), "by
    class", a function of a sample and a region that gives a number (the smallest come first), or ids of samples that
    come first in this order (`next_batch(...).ids()`). `only` restricts it to labels of the model, or to states
    ("uncertain" for a second look), or both.

    Raises TypeError for an unknown option, ValueError for an order, a label or a state that does not exist, and for
    samples given twice.
    """

    _css = "\n".join((Labeler._css, Path(__file__).with_name("review.css").read_text(encoding="utf-8")))  # noqa: SLF001
    kind = traitlets.Unicode(TOOL).tag(sync=True)

    def __init__(
        self,
        samples: Sequence[Sample],
        labels: Iterable[Label],
        predictions: Iterable[Prediction] = (),
        *,
        store: Store | None = None,
        author: str | None = None,
        order: Order = UNCERTAIN,
        only: str | Iterable[str] = (),
        scores: bool = False,
        **unknown: object,
    ) -> None:
        refuse(unknown, "Review", _OPTIONS)
        given, said = labels_in(labels), predictions_in(predictions)
        self._asked = (said, check(order), wanted(only, Classes(given)))
        super().__init__(samples, given, said, store=store, author=author, scores=scores)

    def _begin(self) -> None:
        said, order, only = self._asked
        self._line = Queue(self._scenes.samples, said, self.store, self._scenes.classes, order, only)

    def _first(self) -> int:
        return self._line.items[self._line.first_open()].row if self._line.items else super()._first()

    @property
    def progress(self) -> Progress:
        """How many regions there are to look at, and what became of those that were."""
        self._send_codes(range(len(self._scenes.samples)))
        counts = self._line.counts()
        return Progress(len(self._line), *(counts[code] for code in CODES[1:]))

    def still(self) -> str:
        """The review as it is now as HTML that needs no kernel: what became of the regions, and the next ones."""
        self._line.refresh(range(len(self._scenes.samples)))
        return still(self._line, self._scenes)

    def __repr__(self) -> str:
        return f"<Review. {words(self._line)}>"

    def _answers(self) -> dict[str, Callable[[Message], None]]:
        return {**super()._answers(), "queue": self._send_queue}

    def _send_state(self, message: Message) -> None:
        """The queue goes first: it says which sample the browser opens."""
        line, speed = self._line, self.speed
        line.refresh(range(len(self._scenes.samples)))
        at = line.first_open()
        told = {"total": len(line), "at": at, "speed": [speed.labels, speed.seconds], "steps": self._steps()}
        told |= {"guesses": GUESSES if line.guessing else 0}
        self.send({"type": "line", "to": message["to"], **told}, [bytes(line.codes)])
        self._send_queue({**message, "from": at})
        row = int(message.get("row", -1))
        part = {} if line.items and line.items[at].region.shape is None else {"page": ()}
        super()._send_state({**message, **part, "row": self._first() if row < 0 else row})

    def _steps(self) -> dict[str, int]:
        """Where in the queue the steps were that can still be undone."""
        words = ((step.id, self.store.word(step.rev)) for step in self.store.steps(self._author, TOOL))
        places = ((id_, self._line.place(word.sample_id, word.id)) for id_, word in words if word is not None)
        return {id_: place for id_, place in places if place is not None}

    def _send_queue(self, message: Message) -> None:
        start = max(0, int(message["from"]))
        items = self._line.told(start, start + _MOST)
        classes = self._scenes.classes.to_json()
        self.send({"type": "queue", "to": message["to"], "from": start, "items": items, "classes": classes})

    def _edit(self, message: Message) -> None:
        super()._edit(message)
        self._send_codes(int(edit["row"]) for edit in message["edits"])

    def _send_regions(self, rows: Iterable[int]) -> None:
        told = list(rows)
        super()._send_regions(told)
        self._send_codes(told)

    def _send_codes(self, rows: Iterable[int]) -> None:
        """Tell every browser that shows this review what became of regions since."""
        with self._gate:
            changed = self._line.refresh(rows)
            if changed:
                self.send({"type": "codes", "changed": changed})
