"""Video: a film frame by frame, exactly, and the tracks of what moves through it, kept by the store."""

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import traitlets

from imagine_kernels.records import Prediction, Region, Sample
from imagine_kernels.shapes import Track
from imagine_widgets.classes import Label
from imagine_widgets.failures import show
from imagine_widgets.palette import COLOURS
from imagine_widgets.recording.asked import file_of, refuse, sample_of
from imagine_widgets.recording.widget import Message, Recording
from imagine_widgets.store import Store
from imagine_widgets.tile_queue import Place
from imagine_widgets.video.film import Film
from imagine_widgets.video.still import pictures

_OPTIONS = ("predictions", "store", "author")
_AT_ONCE = 100_000_000
"""Bytes of a file whose frames are found while a person waits for the cell; those of more, while she sees it."""


class Video(Recording):
    """Show the film of a sample, or of a file, frame by frame, and let a person follow what moves through it.

    `labels` are the classes to choose from (`use_case.labels()`). A track has key frames; between two of them it moves
    evenly. What `predictions` hold is shown dashed until she accepts, corrects or rejects it. Times are seconds after
    the first frame.

    Raises TypeError, ValueError or OSError with a sentence for what cannot be shown.
    """

    kind = traitlets.Unicode("video").tag(sync=True)
    shapes = Track

    def __init__(
        self,
        sample: Sample | str | Path,
        labels: Iterable[Label],
        predictions: Iterable[Prediction] = (),
        *,
        store: Store | None = None,
        author: str | None = None,
        **unknown: object,
    ) -> None:
        refuse(unknown, "Video", _OPTIONS)
        path = file_of(sample, "Video")
        self._film = Film(path)
        self._surveyor: threading.Thread | None = None
        if path.stat().st_size <= _AT_ONCE:
            self._film.survey()
        shown = sample_of(sample, path, self._film.width, self._film.height)
        super().__init__(shown, labels, predictions, store, author)

    def _leave(self) -> None:
        self._film.close()

    def _facts(self) -> dict[str, Any]:
        return {"width": self._film.width, "height": self._film.height}

    def _figures(self) -> list[bytes]:
        return [np.asarray(self._film.times, "<f8").tobytes()]

    def _send_state(self, message: Message) -> None:
        if self._film.times:
            super()._send_state(message)
        elif self._surveyor is None:
            self._surveyor = threading.Thread(target=self._survey, name="survey", daemon=True)
            self._surveyor.start()

    def _survey(self) -> None:
        """In a thread of its own: hours of film are read once before their frames are known."""
        try:
            self._film.survey(lambda share: self.send({"type": "surveyed", "share": share}))
            self._send_state({"to": ""})
        except Exception as error:  # noqa: BLE001  # the edge: nobody else would hear of it
            show(self.send, "The frames could not be found", error)

    def _part(self, place: Place) -> bytes:
        number, longest = (int(one) for one in place)
        return self._film.jpeg(number, longest)

    def _pictures(self, regions: list[Region]) -> str:
        classes = self._scenes.classes
        colours = [COLOURS[classes.index(one.label) % len(COLOURS)] for one in regions]
        return pictures(self._film, list(zip(regions, colours, strict=True)))
