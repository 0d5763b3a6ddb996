"""Small grids for tests: classes, samples, predictions, and a grid that keeps what it would send to the browser."""

import base64
import json
from dataclasses import dataclass

from imagine_kernels.records import Prediction, Region, Sample
from imagine_widgets import Grid


@dataclass(frozen=True)
class Label:
    name: str
    title: str = ""
    key: str | None = None


LABELS = (Label("Actino", "Actinoptychus"), Label("Tripos", "Tripos"), Label("debris", "Debris", "x"))
DOT = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==")
"""A picture of one pixel."""


def sample(name):
    return Sample(name, f"/data/{name}.jpg", 40, 30)


def prediction(name, label, score=None, **scores):
    return Prediction(name, (Region(label, score, scores=scores),), "model", "sha")


class Heard(Grid):
    """A grid that keeps what it would send to the browser, and hears what a browser would send."""

    def __init__(self, *args, **kwargs):
        self.sent = []
        super().__init__(*args, **kwargs)

    def send(self, content, buffers=None):
        json.dumps(content)
        self.sent.append((content, buffers or []))

    def hear(self, **message):
        self._receive(self, {"to": "browser", **message}, [])
        return self.sent[-1]


def six_samples(journal):
    """A grid of the samples a to f, of which a and b have a prediction."""
    predictions = [prediction("a", "Actino", 0.9), prediction("b", "Tripos", 0.5)]
    samples = [sample(name) for name in "abcdef"]
    return Heard(samples, predictions, LABELS, journal=journal, author="ada", thumbnail=lambda *_: DOT)
