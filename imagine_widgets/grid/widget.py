"""The review grid: pictures by predicted class, least sure first, corrected by keyboard; labels go to the store.

The browser shows an edit at once and sends it as a small message; the answer comes when the store has it on disk.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from imagine_kernels import environment
from imagine_kernels.records import Annotation, Prediction, Sample
from imagine_widgets.classes import Label
from imagine_widgets.failures import sentence, show, shown_below
from imagine_widgets.given import author_in, ids_in, labels_in, predictions_in, refuse, samples_in, store_in
from imagine_widgets.grid import telling
from imagine_widgets.grid.favourites import favourites, lay
from imagine_widgets.grid.guesses import NONE
from imagine_widgets.grid.orders import Given, Orders
from imagine_widgets.grid.still import still, words
from imagine_widgets.grid.telling import Message
from imagine_widgets.grid.truth import Changes, GridStore, Progress
from imagine_widgets.routing import route_as_asked
from imagine_widgets.scripts import script
from imagine_widgets.store import Speed, Store, store_of
from imagine_widgets.thumbnails import Make, Thumbnails, readable

_OPTIONS = ("store", "author", "page", "thumbnail", "features", "order", "scores")
_CLOSE = 640  # pixels of the picture somebody looks closer at


class Grid(anywidget.AnyWidget):
    """Show `samples` by the class `predictions` gave them and let a person confirm or correct them.

    `labels` are the classes to choose from (`use_case.labels()`). `store` is where labels are kept, by default
    `store_of(samples)` in the person's work folder; what it holds for these samples is shown as decided. `author` is
    by default the person at the hub. `page` is the number of pictures on a page. `thumbnail(sample, side)`
    makes the bytes of a picture, by default those of `imagine_kernels.images`. `features` are what pictures
    are compared by, for the orders by outlier and by likeness to a pinned one: a row of numbers for each sample,
    vectors by sample id, or a function of the samples that gives either, called when such an order is first wanted; by
    default what the pictures look like.
    `order` are ids of samples that come first in their class, in this order (`next_batch(...).ids()`); all others
    follow, least sure first. `scores=True` shows from the start how sure the model was, which the key I shows and
    hides: who sees it before she looked agrees too easily.

    Raises TypeError for an unknown option and for what is no sample, label or prediction, ValueError for samples
    given twice.
    """

    _esm = script("grid")
    _css = Path(__file__).with_name("grid.css")
    scores = traitlets.Bool(default_value=False).tag(sync=True)

    def __init__(  # noqa: PLR0913 - all but the first three have a default
        self,
        samples: Sequence[Sample],
        predictions: Iterable[Prediction],
        labels: Iterable[Label],
        *,
        store: Store | None = None,
        author: str | None = None,
        page: int = 60,
        thumbnail: Make | None = None,
        features: Given | None = None,
        order: Iterable[str] = (),
        scores: bool = False,
        **unknown: object,
    ) -> None:
        refuse(unknown, "Grid", _OPTIONS)
        _check(page, thumbnail)
        shown, said, known = samples_in(samples, "Grid"), predictions_in(predictions), labels_in(labels)
        self.store = store_in(store) or store_of(shown)
        self._rows = GridStore(shown, said, known, self.store, author_in(author) or environment.user(), ids_in(order))
        self._thumbnails = Thumbnails(self._rows.samples, thumbnail)
        self._orders = Orders(self._rows.samples, self._rows.predicted, features)
        self._page = page
        self._classes_sent = 0
        self._speaking = threading.RLock()  # what is told later is newer: the browser takes the last word
        super().__init__(scores=scores)
        route_as_asked(self)
        self.on_msg(self._receive)

    @property
    def annotations(self) -> tuple[Annotation, ...]:
        """What a person decided about the samples of this grid, here or anywhere else in the store."""
        self._catch_up()
        return self._rows.annotations()

    @property
    def labels_by_sample(self) -> dict[str, str]:
        """The label of each sample: as decided, else as predicted; without either it is left out."""
        self._catch_up()
        pairs = zip(self._rows.samples, self._rows.predicted, self._rows.decided, strict=True)
        best = ((sample.id, predicted if decided == NONE else decided) for sample, predicted, decided in pairs)
        return {sample: self._rows.classes[label].name for sample, label in best if label != NONE}

    @property
    def progress(self) -> Progress:
        """How many samples there are, how many were confirmed and how many corrected."""
        self._catch_up()
        return self._rows.progress()

    @property
    def speed(self) -> Speed:
        """How fast the author labelled in this store so far: labels an hour, keys a label."""
        return self.store.speed(self._rows.author)

    def still(self) -> str:
        """The grid as it is now as HTML that needs no kernel: counts per class and the least sure pictures."""
        return still(self._rows, self._thumbnails.get)

    def __repr__(self) -> str:
        return f"<Grid. {words(self._rows)}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:  # noqa: ANN401
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        return {**data, "text/html": self.still()}, metadata

    def _receive(self, _widget: object, message: Message, _buffers: object) -> None:
        kind = str(message.get("type"))
        answers: dict[str, Callable[[Message], None]] = {
            "hello": self._send_state,
            "refresh": lambda _: self._catch_up(),
            "thumbs": self._send_thumbs,
            "edits": self._edit,
            "closer": self._send_closer,
            "scores": lambda _: self.send({"type": "scores", "to": message["to"]}, [telling.scores(self._rows)]),
            "order": lambda _: threading.Thread(target=self._send_order, args=(message,), daemon=True).start(),
            "favourite": self._lay_favourite,
            "leave": lambda _: self._thumbnails.forget(),
        }
        with shown_below(self.send, f"The grid could not answer {kind!r}"):
            answers[kind](message)

    def _catch_up(self) -> None:
        with self._speaking:
            self._tell(self._rows.refresh())

    def _send_state(self, message: Message) -> None:
        with self._speaking:
            self._rows.refresh()
            self._classes_sent = len(self._rows.classes)
            told, numbers = telling.state(self._rows)
            self.send({**told, "to": message["to"], "page": self._page, "hasFeatures": bool(self._orders)}, numbers)

    def _edit(self, message: Message) -> None:
        """Do edits in their order. One the disk has no room for waits in the browser, and all after it do."""
        changes, handled, failed = Changes(), [], None
        with self._speaking:
            for edit in message["edits"]:
                try:
                    changes.join(self._do(edit))
                except OSError as error:
                    failed = {"batch": edit["batch"], "why": sentence(error)}
                    break
                except Exception as error:  # noqa: BLE001  # the edge: a wrong edit must not hold up those after it
                    show(self.send, "A label was refused", error)
                handled.append(edit["batch"])
            self._tell(changes, handled, failed)

    def _do(self, edit: Message) -> Changes:
        rows, batch, cost = self._rows, edit["batch"], telling.cost(edit)
        if edit["kind"] == "undo":
            return rows.undo(batch, edit["of"])
        if edit["kind"] == "accept":
            return rows.accept(batch, edit["rows"], cost)
        if edit["kind"] == "each":
            return rows.relabel(batch, edit["rows"], edit["labels"], cost)
        return rows.label(batch, edit["rows"], edit["label"], cost)

    def _tell(self, changes: Changes, handled: Sequence[str] = (), failed: Mapping[str, str] | None = None) -> None:
        """Tell every browser that shows this grid what changed."""
        if not (changes.rows or handled or failed):
            return
        news = {**telling.changed(self._rows, changes), "batches": handled, "failed": failed}
        if len(self._rows.classes) != self._classes_sent:
            self._classes_sent = len(self._rows.classes)
            news["classes"] = self._rows.classes.to_json()
        self.send(news)

    def _send_thumbs(self, message: Message) -> None:
        rows = list(message["rows"])
        made = [self._thumbnails.get(row) for row in rows]
        why, names = [one.why for one in made], [readable(self._rows.samples[row]) for row in rows]
        answer = {"type": "thumbs", "to": message["to"], "rows": rows, "why": why, "names": names}
        self.send(answer, [one.data for one in made])

    def _send_closer(self, message: Message) -> None:
        picture = self._thumbnails.make(message["row"], _CLOSE)
        self.send({**telling.closer(self._rows, message["row"], picture), "to": message["to"]}, [picture.data])

    def _send_order(self, message: Message) -> None:
        """In a thread of its own: features may take a network its time, and labels go on meanwhile."""
        by, row = message["by"], message.get("row")
        with shown_below(self.send, "The pictures could not be compared"):
            order = self._orders.order(by, row or 0)
            self.send({"type": "order", "to": message["to"], "by": by, "row": row}, [order.tobytes()])

    def _lay_favourite(self, message: Message) -> None:
        lay(message["key"], self._rows.classes[message["label"]].name)
        self.send({"type": "favourites", "favourites": favourites(self._rows.classes)})


def _check(page: object, thumbnail: object) -> None:
    """Raises ValueError or TypeError with a sentence."""
    if not isinstance(page, int) or not 1 <= page <= 500:
        raise ValueError(f"A page holds 1 to 500 pictures, not {page!r}.")
    if thumbnail is not None and not callable(thumbnail):
        raise TypeError("thumbnail is a function that makes the bytes of a sample's picture: thumbnail(sample, side).")
