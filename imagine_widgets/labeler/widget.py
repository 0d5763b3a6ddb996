"""The labeler: one sample of any size at a time, its regions drawn, changed, accepted, rejected, and kept by the store.

The browser shows an edit at once and sends it as a small message; the answer comes when the store has it on disk.
"""

import difflib
import threading
from collections import OrderedDict
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
from imagine_widgets.grid.favourites import favourites
from imagine_widgets.labeler.still import still
from imagine_widgets.scenes import Scenes
from imagine_widgets.scripts import script
from imagine_widgets.store import Store, store_of
from imagine_widgets.thumbnails import readable
from imagine_widgets.tile_queue import Place, TileQueue
from imagine_widgets.tiles import SIDE, Look, Tiles

_OPTIONS = ("store", "author")
_OPEN = 3
"""Samples whose pictures stay open: the one in sight and its neighbours."""
Message = Mapping[str, Any]


class Labeler(anywidget.AnyWidget):
    """Show `samples` one by one, of any size, and let a person draw and label regions in them.

    `labels` are the classes to choose from (`use_case.labels()`). What `predictions` hold is shown dashed until she
    accepts, corrects or rejects it. `store` is where regions are kept, by default `store_of(samples)` in her work
    folder; `author` is by default the person at the hub.

    Raises TypeError for an unknown option, ValueError for samples given twice.
    """

    _esm = script("labeler")
    _css = "\n".join(
        (Path(__file__).parents[1] / name).read_text(encoding="utf-8")
        for name in ("grid/grid.css", "labeler/labeler.css")
    )
    kind = traitlets.Unicode("labeler").tag(sync=True)

    def __init__(
        self,
        samples: Sequence[Sample],
        labels: Iterable[Label],
        predictions: Iterable[Prediction] = (),
        *,
        store: Store | None = None,
        author: str | None = None,
        **unknown: object,
    ) -> None:
        for name in unknown:
            raise TypeError(_advice(name))
        self.store = store or store_of(samples)
        self._scenes = Scenes(samples, labels, predictions, self.store, author or environment.user(), self.kind)
        self._pictures: OrderedDict[int, Tiles] = OrderedDict()
        self._gate = threading.RLock()
        self._begin()
        self._queue = TileQueue(self._send_tile)
        super().__init__()
        self.on_msg(self._receive)

    def _begin(self) -> None:
        """Make what a kind of labeler needs beside the regions, before a browser may ask for it."""

    def close(self) -> None:
        """Let the pictures go and end the threads; what was labelled is in the store."""
        if hasattr(self, "_queue"):  # else its making was refused
            self._queue.close()
            self._rest()
        super().close()

    def _rest(self) -> None:
        """Nobody looks any more: the pictures are let go, and opened again for whoever comes."""
        with self._gate:
            for tiles in self._pictures.values():
                tiles.ended = True
            self._pictures.clear()

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
            "tiles": self._want,
            "forget": lambda told: self._queue.forget(_places(told)),
            "edits": self._edit,
            "favourite": lambda told: lay_label(told, self._scenes, self.send),
            "value": self._send_value,
            "leave": lambda _: self._rest(),
        }

    def _send_state(self, message: Message) -> None:
        scenes = self._scenes
        names = [readable(sample) for sample in scenes.samples]
        state = {"type": "state", "to": message["to"], "names": names, "steps": scenes.steps()}
        self.send({**state, "classes": scenes.classes.to_json(), "favourites": favourites(scenes.classes)})

    def _open(self, message: Message) -> None:
        row = int(message["row"])
        sample = self._scenes.samples[row]
        facts = {"type": "opened", "to": message["to"], "row": row, **self._scenes.told(row)}
        facts["classes"] = self._scenes.classes.to_json()
        scale = sample.pixel_size
        facts["scale"] = None if scale is None else {"value": scale.value, "unit": scale.unit}
        try:
            tiles = self._tiles(row)
            look = tiles.look()
        except (OSError, ValueError) as error:
            self.send({**facts, "why": sentence(error), "width": sample.width, "height": sample.height})
            return
        picture = {"width": tiles.width, "height": tiles.height, "side": SIDE, "deepest": tiles.deepest}
        look_now = {"look": [look.low, look.high, look.gamma], "brightest": tiles.brightest}
        self.send({**facts, **picture, **look_now, "why": ""})

    def _tiles(self, row: int) -> Tiles:
        with self._gate:
            if row not in self._pictures:
                better = {"type": "better", "row": row}
                self._pictures[row] = Tiles(self._scenes.samples[row], lambda: self.send(better))
            self._pictures.move_to_end(row)
            while len(self._pictures) > _OPEN:
                self._pictures.popitem(last=False)[1].ended = True
            return self._pictures[row]

    def _want(self, message: Message) -> None:
        self._queue.want(_places(message))

    def _send_tile(self, place: Place) -> None:
        """Called in the threads of the queue: what fails is told to whoever waits for the tile."""
        row, level, column, line, *look = place
        answer = {"type": "tile", "place": list(place), "why": ""}
        try:
            made = self._tiles(int(row)).tile(int(level), int(column), int(line), Look(*look))
        except Exception as error:  # noqa: BLE001  # the edge: a thread that dies makes no tiles any more
            self.send({**answer, "why": sentence(error)}, [b""])
        else:
            self.send(answer, [made])

    def _send_value(self, message: Message) -> None:
        value = self._tiles(int(message["row"])).value(int(message["x"]), int(message["y"]))
        self.send({"type": "value", "to": message["to"], "x": message["x"], "y": message["y"], "value": value})

    def _edit(self, message: Message) -> None:
        with self._gate:
            self._send_regions(enter(message["edits"], self._scenes, self.send))

    def _send_regions(self, rows: Iterable[int]) -> None:
        for row in dict.fromkeys(rows):
            self.send({"type": "regions", "row": row, **self._scenes.told(row)})


def _places(message: Message) -> list[Place]:
    look = tuple(float(number) for number in message["look"])
    return [(int(message["row"]), *(int(number) for number in place), *look) for place in message["places"]]


def _advice(name: str) -> str:
    near = difflib.get_close_matches(name, _OPTIONS, 1)
    hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(_OPTIONS)}."
    return f"Labeler has no option {name!r}. {hint}"
