"""Small grids for tests: classes, samples, predictions, and a grid that keeps what it would send to the browser."""

import base64
from dataclasses import dataclass

from heard import Heard

from imagine_kernels.records import Prediction, Region, Sample
from imagine_widgets import Grid
from imagine_widgets.store import Put


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


def say(store, label, *samples, author="bo"):
    """Somebody labels whole samples elsewhere: in another notebook, in Label Studio."""
    return store.write([Put(name, Region(label), author) for name in samples])


def labels(store):
    """What holds in a store for each sample, as far as a grid shows it."""
    _, samples = store.changed()
    held = {sample: [one.region.label for one in store.current(sample)] for sample in samples}
    return {sample: names[0] for sample, names in held.items() if names}


class HeardGrid(Heard, Grid):
    """A grid without a browser."""


def six_samples(store):
    """A grid of the samples a to f, of which a and b have a prediction."""
    predictions = [prediction("a", "Actino", 0.9), prediction("b", "Tripos", 0.5)]
    samples = [sample(name) for name in "abcdef"]
    return HeardGrid(samples, predictions, LABELS, store=store, author="ada", thumbnail=lambda *_: DOT)
