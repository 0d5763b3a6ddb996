"""The labeler: one sample of any size at a time, its regions drawn, changed, accepted, rejected, and kept by the store.

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
from imagine_widgets.edits import enter, lay_label
from imagine_widgets.failures import sentence, shown_below
from imagine_widgets.given import author_in, labels_in, predictions_in, refuse, samples_in, store_in
from imagine_widgets.grid.favourites import favourites
from imagine_widgets.labeler.still import still
from imagine_widgets.pictures import Pictures
from imagine_widgets.routing import route_as_asked
from imagine_widgets.scenes import Scenes
from imagine_widgets.scripts import script
from imagine_widgets.store import Speed, Store, store_of
from imagine_widgets.thumbnails import readable, unit

_OPTIONS = ("store", "author", "scores")
Message = Mapping[str, Any]


class Labeler(anywidget.AnyWidget):
    """Show `samples` one by one, of any size, and let a person draw and label regions in them.

    `labels` are the classes to choose from (`use_case.labels()`). What `predictions` hold is shown dashed until she
    accepts, corrects or rejects it. `store` is where regions are kept, by default `store_of(samples)` in her work
    folder; `author` is by default the person at the hub. `scores=True` shows from the start how sure the model was,
    which the key I shows and hides: who sees it before she looked agrees too easily.

    Raises TypeError for an unknown option and for what is no sample, label or prediction, ValueError for samples
    given twice.
    """

    _esm = script("regions")
    _css = "\n".join(
        (Path(__file__).parents[1] / name).read_text(encoding="utf-8")
        for name in ("grid/grid.css", "labeler/labeler.css")
    )
    kind = traitlets.Unicode("labeler").tag(sync=True)
    scores = traitlets.Bool(default_value=False).tag(sync=True)

    def __init__(
        self,
        samples: Sequence[Sample],
        labels: Iterable[Label],
        predictions: Iterable[Prediction] = (),
        *,
        store: Store | None = None,
        author: str | None = None,
        scores: bool = False,
        **unknown: object,
    ) -> None:
        refuse(unknown, "Labeler", _OPTIONS)
        shown = samples_in(samples, type(self).__name__)
        known = labels_in(labels), predictions_in(predictions)
        self.store = store_in(store) or store_of(shown)
        self._author = author_in(author) or environment.user()
        self._scenes = Scenes(shown, *known, self.store, self._author, self.kind)
        self._pictures = Pictures(self._scenes.samples, self.send)
        self._gate = threading.RLock()
        self._begin()
        super().__init__(scores=scores)
        route_as_asked(self)
        self._pictures.prepare(self._first())
        self.on_msg(self._receive)

    def _begin(self) -> None:
        """Make what a kind of labeler needs beside the regions, before a browser may ask for it."""

    def _first(self) -> int:
        """The row of the sample that is shown first."""
        return 0

    def close(self) -> None:
        """Let the pictures go and end the threads; what was labelled is in the store."""
        if hasattr(self, "_pictures"):  # else its making was refused
            self._pictures.close()
        super().close()

    def __repr__(self) -> str:
        return f"<Labeler of {len(self._scenes.samples):,} samples; their regions are in {self.store.path}>"

    @property
    def annotations(self) -> tuple[Annotation, ...]:
        """What people said of the samples of this labeler, here or anywhere else in the store."""
        return tuple(self._scenes.annotations())

    @property
    def predictions(self) -> tuple[Prediction, ...]:
        """The predictions as people left them: with what they changed and drew, without what they rejected."""
        return tuple(self._scenes.predictions())

    @property
    def speed(self) -> Speed:
        """How fast the author labelled in this store with this widget so far: labels an hour, keys a label."""
        return self.store.speed(self._author, self.kind)

    def still(self) -> str:
        """The labeler as it is now as HTML that needs no kernel: counts per label and the first pictures."""
        return still(self._scenes)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:  # noqa: ANN401
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        return {**data, "text/html": self.still()}, metadata

    def _receive(self, _widget: object, message: Message, _buffers: object) -> None:
        kind = str(message.get("type"))
        with shown_below(self.send, f"{type(self).__name__} could not answer {kind!r}"):
            self._answers()[kind](message)

    def _answers(self) -> dict[str, Callable[[Message], None]]:
        return {
            "hello": self._send_state,
            "open": self._open,
            "refresh": lambda _: self._send_regions(self._scenes.changed()),
            "tiles": self._pictures.want,
            "forget": self._pictures.forget,
            "edits": self._edit,
            "favourite": lambda told: lay_label(told, self._scenes, self.send),
            "value": self._send_value,
            "leave": lambda _: self._pictures.rest(),
        }

    def _send_state(self, message: Message) -> None:
        scenes = self._scenes
        names = [readable(sample) for sample in scenes.samples]
        row = int(message.get("row", -1))
        comes = 0 <= row < len(names)
        state = {
            "type": "state",
            "to": message["to"],
            "names": names,
            "steps": scenes.steps(),
            "undone": scenes.undone(),
            "place": str(self.store.path),
        }
        state["row"] = row if comes else None
        self.send({**state, "classes": scenes.classes.to_json(), "favourites": favourites(scenes.classes)})
        if comes:
            self._open(message)

    def _open(self, message: Message) -> None:
        row = int(message["row"])
        sample = self._scenes.samples[row]
        facts = {"type": "opened", "to": message["to"], "row": row, **self._scenes.told_at_once(row)}
        facts["classes"] = self._scenes.classes.to_json()
        scale = sample.pixel_size
        facts["scale"] = None if scale is None else {"value": scale.value, "unit": unit(scale.unit)}
        try:
            picture, tiles = self._pictures.told(row, message.get("page", ()))
        except (OSError, ValueError) as error:
            self.send({**facts, "why": sentence(error), "width": sample.width, "height": sample.height})
        else:
            self.send({**facts, **picture, "why": ""}, tiles)
        if self._scenes.is_crowded(row):
            self._send_regions([row])

    def _send_value(self, message: Message) -> None:
        value = self._pictures.tiles(int(message["row"])).value(int(message["x"]), int(message["y"]))
        self.send({"type": "value", "to": message["to"], "x": message["x"], "y": message["y"], "value": value})

    def _edit(self, message: Message) -> None:
        with self._gate:
            self._send_regions(enter(message["edits"], self._scenes, self.send))

    def _send_regions(self, rows: Iterable[int]) -> None:
        for row in dict.fromkeys(rows):
            self.send({"type": "regions", "row": row, **self._scenes.told(row)})
