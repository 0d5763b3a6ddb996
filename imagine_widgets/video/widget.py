"""Video: a film frame by frame, exactly, and the tracks of what moves through it, kept by the store."""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import traitlets

from imagine_kernels.records import Prediction, Region, Sample
from imagine_kernels.shapes import Track
from imagine_widgets.classes import Label
from imagine_widgets.failures import show
from imagine_widgets.given import refuse
from imagine_widgets.palette import COLOURS
from imagine_widgets.recording.asked import file_of, sample_of
from imagine_widgets.recording.listening import answer
from imagine_widgets.recording.notices import Notices
from imagine_widgets.recording.widget import Message, Recording
from imagine_widgets.store import Store
from imagine_widgets.tile_queue import Place
from imagine_widgets.video.film import Film
from imagine_widgets.video.soundtrack import Soundtrack
from imagine_widgets.video.still import pictures

_OPTIONS = ("predictions", "store", "author", "scores")
_AT_ONCE = 100_000_000
"""Bytes of a file whose frames are found while a person waits for the cell; those of more, while she sees the first."""
_CUT = 2.0
"""Seconds without pictures at the end of a film that are told."""


class Video(Recording):
    """Show the film of a sample, or of a file, frame by frame, and let a person follow what moves through it.

    `labels` are the classes to choose from (`use_case.labels()`). A track has key frames; between two of them it moves
    evenly. What `predictions` hold is shown dashed until she accepts, corrects or rejects it; its scores with
    `scores=True` or the key I. Times are seconds after the first frame; its sound, if it has any, is heard while it
    plays.

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
        scores: bool = False,
        **unknown: object,
    ) -> None:
        refuse(unknown, "Video", _OPTIONS)
        path = file_of(sample, "Video")
        self._notices = Notices(self.send)
        self._film = Film(path)
        self._soundtrack: Soundtrack | None = None
        self._surveyor: threading.Thread | None = None
        self._sending = threading.RLock()
        self._told, self._share = 0, 0.0
        if path.stat().st_size <= _AT_ONCE:
            self._film.survey()
            self._share = 1.0
        shown = sample_of(sample, path, self._film.width, self._film.height)
        super().__init__(shown, labels, predictions, store, author, scores)

    def _leave(self) -> None:
        self._film.close()
        self._hush()

    def _rest(self) -> None:
        self._film.rest()
        self._hush()

    def _hush(self) -> None:
        if self._soundtrack is not None:
            self._soundtrack.close()
        self._soundtrack = None

    def _facts(self) -> dict[str, Any]:
        film = self._film
        size = {"width": film.width, "height": film.height, "seconds": film.seconds}
        return {**size, "hears": film.has_sound, "surveyed": self._share, "taken_at": self.sample.taken_at}

    def _figures(self) -> list[bytes]:
        return [np.asarray(self._film.times, "<f8").tobytes()]

    def _answers(self) -> dict[str, Callable[[Message], None]]:
        return {**super()._answers(), "listen": lambda told: answer(told, self._heard, self.send)}

    def _send_state(self, message: Message) -> None:
        with self._sending:
            if self._film.times:
                super()._send_state(message)
                self._say_if_cut_short()
                self._notices.repeat(message["to"])
            elif self._surveyor is None:
                self._surveyor = threading.Thread(target=self._survey, name="survey", daemon=True)
                self._surveyor.start()

    def _survey(self) -> None:
        """In a thread of its own: hours of film are read once, and what is found is shown meanwhile."""
        try:
            self._film.survey(self._send_found)
            self._send_found(1.0)
        except Exception as error:  # noqa: BLE001  # the edge: nobody else would hear of it
            show(self.send, "Not all frames could be found", error)

    def _send_found(self, share: float) -> None:
        """The times of frames that nobody was told of; with the first ones all that is needed to show them."""
        with self._sending:
            times, told = self._film.times, self._told
            self._told, self._share = len(times), share
            if told:
                more = np.asarray(times[told:], "<f8").tobytes()
                self.send({"type": "surveyed", "share": share, "from": told}, [more])
                self._say_if_cut_short()
            elif times:
                self._send_state({"to": ""})

    def _say_if_cut_short(self) -> None:
        times, seconds = self._film.times, self._film.seconds
        if self._film.is_surveyed and seconds - times[-1] > max(_CUT, 10 * times[-1] / len(times)):
            name = self._film.path.name
            self._notices.say(
                f"The pictures of {name} end at {times[-1]:.1f} s though it says {seconds:.1f} s: it may be cut short."
            )

    def _heard(self) -> Soundtrack:
        film = self._film
        if self._soundtrack is None:
            self._soundtrack = Soundtrack(film.path, film.begin, max(film.seconds, film.times[-1]))
        return self._soundtrack

    def _part(self, place: Place) -> bytes:
        number, longest = (int(one) for one in place)
        return self._film.jpeg(number, longest)

    def _pictures(self, regions: list[Region]) -> str:
        classes = self._scenes.classes
        colours = [COLOURS[classes.index(one.label) % len(COLOURS)] for one in regions]
        return pictures(self._film, list(zip(regions, colours, strict=True)))
