"""Sound: a spectrogram of hours, what is heard of it, and boxes of time and frequency, kept by the store."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import traitlets

from imagine_kernels.records import Prediction, Region, Sample
from imagine_kernels.shapes import TimeFrequency
from imagine_widgets.classes import Label
from imagine_widgets.given import refuse
from imagine_widgets.palette import COLOURS
from imagine_widgets.recording.asked import file_of, sample_of
from imagine_widgets.recording.listening import answer
from imagine_widgets.recording.notices import Notices
from imagine_widgets.recording.widget import Message, Recording
from imagine_widgets.sound.source import Source
from imagine_widgets.sound.spectrogram import COLUMNS, HIGHEST, LOWEST, Spectrogram
from imagine_widgets.sound.still import picture
from imagine_widgets.store import Store
from imagine_widgets.tile_queue import Place

_OPTIONS = ("predictions", "window", "overlap", "full_scale", "store", "author", "scores")


class Sound(Recording):
    """Show the sound of a sample, or of a file, and let a person hear it and label boxes of time and frequency.

    `labels` are the classes to choose from (`use_case.labels()`). `window` is how many moments a spectrum is made of:
    a longer one tells frequencies better, a shorter one times; `overlap` is the share of it that the next one has too
    (0.5, 0.75 or 0.875). She can change both while she looks. `full_scale` is the level of the loudest sine that the
    file can hold, in dB re 1 µPa, where the hydrophone was calibrated; without it levels are told as uncalibrated.
    What `predictions` hold is shown dashed until she accepts, corrects or rejects it; its scores with
    `scores=True` or the key I.

    Raises TypeError, ValueError or OSError with a sentence for what cannot be shown.
    """

    kind = traitlets.Unicode("sound").tag(sync=True)
    shapes = TimeFrequency

    def __init__(  # noqa: PLR0913 - all but the first two have a default
        self,
        sample: Sample | str | Path,
        labels: Iterable[Label],
        predictions: Iterable[Prediction] = (),
        *,
        window: int = 1024,
        overlap: float = 0.75,
        full_scale: float | None = None,
        store: Store | None = None,
        author: str | None = None,
        scores: bool = False,
        **unknown: object,
    ) -> None:
        refuse(unknown, "Sound", _OPTIONS)
        path = file_of(sample, "Sound")
        self._notices = Notices(self.send)
        self._source = Source(path, self._notices.say)
        self._spectrogram = Spectrogram(self._source, window, overlap)
        self._full_scale = full_scale
        shown = sample_of(sample, path, self._source.moments, self._source.channels)
        super().__init__(shown, labels, predictions, store, author, scores)

    def _leave(self) -> None:
        self._source.close()

    def _rest(self) -> None:
        self._source.close()

    def _facts(self) -> dict[str, Any]:
        source, made = self._source, self._spectrogram
        size = {"seconds": source.seconds, "rate": source.rate, "channels": source.channels, "moments": source.moments}
        tiles = {"window": made.window, "overlap": made.overlap, "columns": COLUMNS}
        levels = {"lowest": LOWEST, "highest": HIGHEST, "contrast": made.contrast(), "full_scale": self._full_scale}
        return {**size, **tiles, **levels, "taken_at": self.sample.taken_at}

    def _part(self, place: Place) -> bytes:
        level, index, channel, window = (int(number) for number in place[:4])
        return Spectrogram(self._source, window, place[4]).grey(level, index, channel)

    def _answers(self) -> dict[str, Callable[[Message], None]]:
        return {**super()._answers(), "listen": lambda told: answer(told, lambda: self._source, self.send)}

    def _send_state(self, message: Message) -> None:
        super()._send_state(message)
        self._notices.repeat(message["to"])

    def _pictures(self, regions: list[Region]) -> str:
        classes = self._scenes.classes
        colours = [COLOURS[classes.index(one.label) % len(COLOURS)] for one in regions]
        return picture(self._spectrogram, list(zip(regions, colours, strict=True)), self._full_scale)
