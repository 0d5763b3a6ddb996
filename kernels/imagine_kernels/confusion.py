"""What a model said of many pictures → what is really among them: drawn again and again, with all that is unsure.

How often a model takes one class for another was counted on pictures it had not seen (`Model.confusion`); few of them
leave it wide open. Where people corrected only what was unsure, the rest is surer than the confusion tells, and the
intervals are rather too wide. The composition of a field is solved for, and not taken for that of the training: the
priors of Saerens, Latinne and Decaestecker (2002, doi:10.1162/089976602753284446), for every draw of the confusion.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagine_kernels.use_case import NONE, Model

DRAWS = 2000
_TRUST = 4.0
"""How many pictures of a class the model's behaviour on all other classes is worth, before any of its own were seen."""
_FEW = 5
"""Held-out pictures of a class; fewer are told of."""
_RARE = 0.5
"""What is added to a count before a composition is drawn (Jeffreys), so that what was missed stays possible."""
_NEVER = 1e-12
"""Added to shares and chances, so that none is ever 0 and all can be divided by."""
_SOLVING, _SETTLING = 60, 8
_LARGE = 16
"""Draws that are solved at a time, in millions of numbers: bounds the memory."""

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class TrueCounts:
    """Draws of what is really there.

    `counts` (draws, names): how many of the counted pictures are really of each class, as far as can be known.

    `answers` are what the model said; `given` (draws, answers, names) is how likely each class is behind each answer.
    Every draw adds up to the number of pictures.
    """

    names: tuple[str, ...]
    counts: Whole
    answers: tuple[str, ...] = ()
    given: Floats | None = None

    @property
    def mean(self) -> Mapping[str, float]:
        """The estimate of each count, corrected for what the model confuses."""
        return dict(zip(self.names, self.counts.mean(0).tolist(), strict=True))

    def of(self, name: str) -> Whole:
        """The draws (N,) of one class; 0 for a class that was not looked for."""
        return self.counts[:, self.names.index(name)] if name in self.names else self.counts[:, :1] * 0


def known(model: Model | None) -> bool:
    """Whether it is known what the model confuses: counted for all that it says with the thresholds it has."""
    return model is not None and bool(model.confusion) and len(model.confusion[0]) == len(model.names)


def true_counts(
    named: Mapping[str, int],
    model: Model | None,
    exact: Mapping[str, int] | None = None,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> TrueCounts:
    """Draws of what is really there, where the model said `named` and people said `exact`.

    Without a model, or one whose confusion is unknown, every draw is what was said; so are labels that are none of the
    model's. What it says by a higher taxon is shared out to the classes below; `NONE` to the classes as often as it
    rejects them, and what is more is of no class.
    """
    rng, exact = np.random.default_rng(seed), dict(exact or {})
    if model is None or not known(model):
        every = {name: named.get(name, 0) + exact.get(name, 0) for name in (*named, *exact)}
        return TrueCounts(tuple(every), np.tile(np.array(list(every.values()), np.int64), (draws, 1)))
    truths = (*model.label_names, *((NONE,) if NONE in model.names else ()))
    strange = [n for n in dict.fromkeys((*named, *exact)) if n not in truths and (n in exact or n not in model.names)]
    said = np.array([named.get(name, 0) for name in model.names], np.int64)
    parts = [_solved(confusions(model, n, rng), said, rng) for n in _portions(draws, len(truths) * len(model.names))]
    drawn, given = (np.concatenate(list(some)) for some in zip(*parts, strict=True))
    sure = np.array([exact.get(name, 0) for name in truths], np.int64)
    rest = [exact.get(name, 0) + (0 if name in model.names else named.get(name, 0)) for name in strange]
    counts = np.hstack([drawn + sure, np.tile(np.array(rest, np.int64), (draws, 1))])
    return TrueCounts((*truths, *strange), counts, model.names, np.pad(given, ((0, 0), (0, 0), (0, len(strange)))))


def _portions(draws: int, size: int) -> list[int]:
    most = max(1, _LARGE * 10**6 // max(1, size))
    return [min(most, draws - begun) for begun in range(0, draws, most)]


def confusions(model: Model, draws: int, rng: np.random.Generator) -> Floats:
    """Draws (draws, truths, answers) of how often each class gets each answer: Dirichlet rows of `Model.confusion`.

    Before a class's own pictures are counted it is taken to behave as the others do, which is worth few pictures: a
    class of which few or none were held out may be confused in any way. What is no class at all is rejected.
    """
    counted = np.array(model.confusion, float)
    classes, answers = counted.shape
    share = (np.trace(counted) + 1) / (counted.sum() + 2)
    spread = np.tile(counted.sum(0) + 1, (classes, 1))
    spread[np.arange(classes), np.arange(classes)] = 0
    usual = (1 - share) * spread / np.maximum(spread.sum(1, keepdims=True), 1)
    usual[np.arange(classes), np.arange(classes)] = share if answers > 1 else 1
    drawn = rng.standard_gamma(counted + _TRUST * usual, (draws, classes, answers)) + _NEVER
    rows: Floats = drawn / drawn.sum(2, keepdims=True)
    if NONE in model.names:
        nothing = np.broadcast_to(np.arange(answers) == model.names.index(NONE), (draws, 1, answers))
        rows = np.concatenate([rows, nothing.astype(float)], axis=1)
    return rows


def _solved(rows: Floats, said: Whole, rng: np.random.Generator) -> tuple[Whole, Floats]:
    """Draws (draws, truths) of what is behind what was `said` (answers,), one for each of `rows`, and how likely."""
    again = rng.standard_gamma(said + 1e-3, (len(rows), len(said))) + _NEVER
    again /= again.sum(1, keepdims=True)
    prior = np.full(rows.shape[:2], 1 / rows.shape[1])
    for _ in range(_SOLVING):  # Saerens: the share of a class is how often it is behind the answers
        prior = np.einsum("dij,dj->di", _behind(prior, rows), again) + _NEVER
    for _ in range(_SETTLING):  # shares of 0 are where the solving ends, and not all that is possible
        drawn = _dealt(_behind(prior, rows), said, rng)
        prior = rng.standard_gamma(drawn + _RARE) + _NEVER
        prior /= prior.sum(1, keepdims=True)
    given = _behind(prior, rows)
    return _dealt(given, said, rng), given.transpose(0, 2, 1)


def _behind(prior: Floats, rows: Floats) -> Floats:
    """How likely each class (draws, truths, answers) is behind each answer."""
    both = prior[:, :, None] * rows
    found: Floats = both / np.maximum(both.sum(1, keepdims=True), 1e-300)
    return found


def _dealt(given: Floats, said: Whole, rng: np.random.Generator) -> Whole:
    """What was said, dealt to the classes behind it."""
    chances = given.transpose(0, 2, 1)
    dealt: Whole = rng.multinomial(said, chances / chances.sum(2, keepdims=True)).sum(1)
    return dealt


def assigned(drawn: TrueCounts, labels: Sequence[str], seed: int = 0) -> Whole:
    """A class for each picture the model named: places in `drawn.names` (draws, pictures), drawn by what was said.

    For sums of what pictures weigh (volumes): a picture's weight goes with its class, draw by draw.
    """
    rng, found = np.random.default_rng(seed), np.empty((len(drawn.counts), len(labels)), np.int64)
    places: dict[str, list[int]] = {}
    for place, label in enumerate(labels):
        places.setdefault(label, []).append(place)
    for label, where in places.items():
        if drawn.given is None or label not in drawn.answers:
            found[:, where] = drawn.names.index(label)
            continue
        edges = drawn.given[:, drawn.answers.index(label)].cumsum(1)
        for one in where:
            dice = rng.random((len(edges), 1)) * edges[:, -1:]
            found[:, one] = np.minimum((dice >= edges).sum(1), edges.shape[1] - 1)
    return found


def trust(named: Collection[str], model: Model) -> tuple[str, ...]:
    """What a person must know of counts with the labels that the model `named`, in sentences."""
    if not known(model):
        why = "with the thresholds it has" if model.confusion else "on pictures it had not seen"
        sentence = (
            f"What the model {model.name} confuses was not counted {why}: the intervals are of counting alone, and too "
            "narrow. Teach it with your labels, and it will be known."
        )
        return (sentence,)
    held = {label.name: sum(row) for label, row in zip(model.labels, model.confusion, strict=True)}
    few = ", ".join(name for name, count in held.items() if count < _FEW)
    higher = ", ".join(label.name for label in model.higher if label.name in named)
    corrected = (
        f"The estimates are corrected for what the model {model.name} confused among {sum(held.values()):,} pictures "
        "that it had not seen, and the intervals hold that. They hold as long as these pictures are like those."
    )
    said = (
        corrected,
        f"Fewer than {_FEW} of these were of {few}: what is told of them is little more than a guess." if few else "",
        f"Where it was unsure, a higher taxon was named ({higher}): estimates share these out." if higher else "",
    )
    return tuple(sentence for sentence in said if sentence)
