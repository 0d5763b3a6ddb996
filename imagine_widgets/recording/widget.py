"""What the widgets of sound and film have in common: one recording, its regions in the store, edits as small messages.

The browser shows an edit at once and sends it; the answer comes when the store has it on disk.
"""

import threading
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from imagine_kernels import environment
from imagine_kernels.records import Prediction, Region, Sample
from imagine_widgets.classes import Label
from imagine_widgets.edits import enter, lay_label
from imagine_widgets.failures import sentence, shown_below
from imagine_widgets.given import author_in, labels_in, predictions_in, store_in
from imagine_widgets.grid.favourites import favourites
from imagine_widgets.recording.still import still
from imagine_widgets.routing import route_as_asked
from imagine_widgets.scenes import Scenes
from imagine_widgets.scripts import script
from imagine_widgets.store import Store, store_of
from imagine_widgets.tile_queue import Place, TileQueue

Message = Mapping[str, Any]
_HERE = Path(__file__).parent
_STYLES = (_HERE.parent / "grid" / "grid.css", _HERE.parent / "labeler" / "labeler.css", _HERE / "recording.css")


class Recording(anywidget.AnyWidget):
    """One recording before a person. Sound and Video say what of it is sent to the browser, and how it is drawn."""

    _esm = script("regions")
    _css = "\n".join(style.read_text(encoding="utf-8") for style in _STYLES)
    kind = traitlets.Unicode("").tag(sync=True)
    scores = traitlets.Bool(default_value=False).tag(sync=True)
    shapes: Any = ()
    """The kind of region that is drawn."""

    def __init__(
        self,
        sample: Sample,
        labels: Iterable[Label],
        predictions: Iterable[Prediction],
        store: Store | None,
        author: str | None,
        scores: bool,  # noqa: FBT001 - both kinds of recording name it
    ) -> None:
        known = labels_in(labels), predictions_in(predictions)
        self.store = store_in(store) or store_of([sample])
        author = author_in(author) or environment.user()
        self._scenes = Scenes([sample], *known, self.store, author, self.kind, self.shapes)
        self._gate = threading.RLock()
        self._queue = TileQueue(self._send_part)
        super().__init__(scores=scores)
        route_as_asked(self)
        self.on_msg(self._receive)

    def close(self) -> None:
        """Let the file go and end the threads; what was labelled is in the store."""
        if hasattr(self, "_queue"):  # else its making was refused
            self._queue.close()
            self._leave()
        super().close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.sample.id}; its regions are in {self.store.path}>"

    @property
    def sample(self) -> Sample:
        """The recording."""
        return self._scenes.samples[0]

    @property
    def regions(self) -> tuple[Region, ...]:
        """What is labelled in it now, without what was rejected."""
        return tuple(one for one in self._scenes.regions(0).values() if one.state != "rejected")

    def still(self) -> str:
        """The widget as it is now as HTML that needs no kernel: a picture and a table of the regions."""
        return still(self._scenes, self._pictures)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:  # noqa: ANN401
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        return {**data, "text/html": self.still()}, metadata

    @abstractmethod
    def _pictures(self, regions: list[Region]) -> str:
        """HTML of what it looks like, with the regions."""

    @abstractmethod
    def _leave(self) -> None:
        """Let go of the file."""

    def _rest(self) -> None:
        """Nobody looks any more: let go of what can be made again for whoever comes."""

    @abstractmethod
    def _facts(self) -> dict[str, Any]:
        """What the browser has to know before it shows anything. It may take long, and raise with a sentence."""

    def _figures(self) -> list[bytes]:
        """What goes beside the facts: many numbers are larger as text."""
        return []

    @abstractmethod
    def _part(self, place: Place) -> bytes:
        """One picture that was asked for."""

    def _answers(self) -> dict[str, Callable[[Message], None]]:
        return {
            "hello": self._send_state,
            "refresh": lambda _: self._send_regions(always=False),
            "parts": lambda told: self._queue.want(_places(told)),
            "forget": lambda told: self._queue.forget(_places(told)),
            "edits": self._edit,
            "favourite": lambda told: lay_label(told, self._scenes, self.send),
            "leave": lambda _: self._queue.rest(self._rest),
        }

    def _receive(self, _widget: object, message: Message, _buffers: object) -> None:
        kind = str(message.get("type"))
        with shown_below(self.send, f"{type(self).__name__} could not answer {kind!r}"):
            self._answers()[kind](message)

    def _send_state(self, message: Message) -> None:
        facts = self._facts()
        told = self._scenes.told(0)  # first: it may meet classes that nobody named
        classes, steps = self._scenes.classes.to_json(), self._scenes.steps()
        state = {"name": self.sample.id, "facts": facts, "classes": classes, "steps": steps}
        state["undone"] = self._scenes.undone()
        state["favourites"] = favourites(self._scenes.classes)
        self.send({"type": "state", "to": message["to"], **state, **told}, self._figures())

    def _send_part(self, place: Place) -> None:
        """Called in the threads of the queue: what fails is told to whoever waits for the part."""
        answer = {"type": "part", "place": list(place), "why": ""}
        try:
            made = self._part(place)
        except Exception as error:  # noqa: BLE001  # the edge: a thread that dies makes no parts any more
            self.send({**answer, "why": sentence(error)}, [b""])
        else:
            self.send(answer, [made])

    def _edit(self, message: Message) -> None:
        with self._gate:
            if enter(message["edits"], self._scenes, self.send):
                self._send_regions(always=True)

    def _send_regions(self, *, always: bool) -> None:
        if self._scenes.changed() or always:
            self.send({"type": "regions", **self._scenes.told(0)})


def _places(message: Message) -> list[Place]:
    return [tuple(float(number) for number in place) for place in message["places"]]
