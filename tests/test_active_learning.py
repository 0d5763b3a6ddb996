"""The next batch: unsure, unlike one another, a part at random, and worth more than a batch at random."""

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imagine_kernels import use_case
from imagine_kernels.predict import load, predict
from imagine_kernels.records import Prediction, Region, Sample
from imagine_kernels.shapes import Box
from imagine_kernels.tasks import classification
from imagine_kernels.use_cases.phytoplankton import samples as maker
from imagine_kernels.use_cases.phytoplankton.organisms import ORGANISMS
from imagine_widgets.active_learning import next_batch
from imagine_widgets.active_learning.uncertainty import entropy, margin, of_sample

CASE = use_case.get("phytoplankton")


def guess(sample, *scores, names="abcdef"):
    """A prediction of one label, with the scores of all."""
    told = dict(zip(names, scores, strict=False))
    best = max(told, key=told.get)
    return Prediction(sample, (Region(best, told[best], scores=told),), "m", "")


def guesses(count, seed=0, classes=4):
    scores = np.random.default_rng(seed).dirichlet(np.full(classes, 0.6), count)
    return [guess(f"run {n % 5}/{n:05}", *map(float, row)) for n, row in enumerate(scores)]


@pytest.mark.parametrize(
    ("scores", "by_margin", "by_entropy"),
    [((1.0, 0.0), 0, 0), ((0.5, 0.5), 1, 1), ((0.9, 0.1), 0.2, 0.469), ((0.4, 0.4, 0.2), 1, 0.960)],
)
def test_uncertainty_is_what_the_scores_say(scores, by_margin, by_entropy):
    (region,) = guess("s", *scores).regions
    assert margin(region) == pytest.approx(by_margin)
    assert entropy(region) == pytest.approx(by_entropy, abs=1e-3)


def test_one_score_is_told_from_none_and_several_regions_add_up():
    sure, unsure, zero = (Region("cod", score, Box(0, 0, 1, 1)) for score in (0.95, 0.6, 0.0))
    assert margin(zero) == 0
    assert margin(Region("cod")) == 1
    assert of_sample([sure], margin) < of_sample([sure, sure], margin) < of_sample([unsure, sure], margin) < 1
    assert of_sample([], margin) == 0


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Pictures with two rare classes, others to examine with, and what the network makes of each."""
    folder = tmp_path_factory.mktemp("learning")
    classifier, found = load(CASE), []
    for seed, counts in ((5, (60, 35, 15, 8, 3, 3)), (77, (6,) * 6)):
        samples = []
        for name, count in zip(ORGANISMS, counts, strict=True):
            for number in range(count):
                grey, path = maker.draw(name, seed, number).grey, folder / f"{seed}/{name}/{number}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(png(grey))
                samples.append(Sample(f"{name}/{number}", str(path), *grey.shape[::-1]))
        found.append(dict(classification.features(classifier, samples)))
        assert len(found[-1]) == len(samples)
    return found


def png(grey):
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(grey).save(out, "PNG", compress_level=1)
    return out.getvalue()


def taught(features, samples):
    """A cheap classifier of the labelled samples; the folder is the label."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=60, tol=1e-2, class_weight="balanced"))
    return model.fit([features[s] for s in samples], [s.partition("/")[0] for s in samples])


def judged(features, labelled):
    model, rest = taught(features, labelled), [sample for sample in features if sample not in labelled]
    rows = model.predict_proba([features[sample] for sample in rest])
    return [
        guess(sample, *(min(1.0, float(score)) for score in row), names=model[-1].classes_)
        for sample, row in zip(rest, rows, strict=True)
    ]


def test_a_chosen_batch_teaches_more_than_one_at_random_and_finds_the_rare(drawn):
    """Of 12 labelled pictures: learn, choose 12 more, learn again; over six beginnings."""
    features, examined = drawn
    truth = [sample.partition("/")[0] for sample in examined]
    good, rare, ids = {"chosen": [], "random": []}, Counter(), sorted(features)
    for seed in range(6):
        random = np.random.default_rng(seed)
        first = [ids[i] for i in random.choice(len(ids), 12, replace=False)]
        guessed = judged(features, first)
        for how, share in (("chosen", 0.10), ("random", 1.0)):
            batch = next_batch(guessed, 12, features, first, random_share=share, seed=seed)
            more = [choice.sample_id for choice in batch.choices]
            assert not set(more) & set(first)
            named = taught(features, [*first, *more]).predict([*examined.values()])
            good[how].append(f1_score(truth, named, average="macro"))
            rare[how] += sum(sample.startswith(tuple(list(ORGANISMS)[4:])) for sample in more)
    assert np.mean(good["chosen"]) > np.mean(good["random"]) + 0.15
    assert rare["chosen"] > 2 * rare["random"]


def test_features_are_what_the_networks_name_pictures_by(pictures):
    samples, classifier = pictures(12).samples, load(CASE)
    network = classifier.network
    found = dict(classification.features(classifier, [*samples, Sample("gone", "gone.png", 9, 9)], batch=5))
    assert list(found) == [sample.id for sample in samples]
    import torch

    with torch.inference_mode():
        named = network.get_classifier()(torch.from_numpy(np.stack([*found.values()]))) / classifier.model.temperature
    scores = [[*p.regions[0].scores.values()] for p in predict(CASE, samples, progress=False).predictions]
    assert np.allclose(named.softmax(1).numpy(), scores, atol=1e-4)


def test_near_duplicates_are_not_chosen_twice_nor_beside_what_is_labelled():
    """Thirty unsure pictures, ten times each, and one of them labelled."""
    random = np.random.default_rng(1)
    kinds = random.normal(size=(30, 100))
    features = {
        f"{kind}/{n}": kinds[kind] + random.normal(scale=0.01, size=100) for kind in range(30) for n in range(10)
    }
    guessed = [guess(sample, 0.5, 0.5) for sample in features]
    batch = next_batch(guessed, 29, features, ["0/0"], random_share=0)
    chosen = Counter(choice.sample_id.partition("/")[0] for choice in batch.choices)
    assert len(chosen) == 29
    assert "0" not in chosen


def test_without_features_a_batch_spreads_over_runs_and_labels():
    """One run is far less sure than the others: it does not take the whole batch."""
    guessed = [
        guess(f"{run}/{n}", 0.5 + 0.4 * (run != "a") + n / 1e4, 0.5 - 0.4 * (run != "a") - n / 1e4)
        for run, n in itertools.product("abcd", range(100))
    ]
    runs = Counter(c.sample_id[0] for c in next_batch(guessed, 40, random_share=0).choices)
    assert set(runs) == set("abcd")
    assert runs["a"] == max(runs.values())
    together = {prediction.sample_id: "one cruise" for prediction in guessed}
    alike = next_batch(guessed, 40, random_share=0, groups=together).choices
    assert {choice.sample_id[0] for choice in alike} == {"a"}


def test_random_part_is_marked_even_and_drawn_from_all():
    guessed, times = guesses(50), Counter()
    for seed in range(300):
        batch = next_batch(guessed, 20, random_share=0.25, seed=seed)
        assert len(batch.random()) == 5
        assert batch.unlabelled == 50
        times.update(batch.random())
    assert len(times) == 50  # the sure ones, too
    assert max(times.values()) < 3 * min(times.values())


@settings(max_examples=60, deadline=None)
@given(
    some.integers(0, 40),
    some.integers(1, 60),
    some.floats(0, 1),
    some.integers(0, 9),
    some.booleans(),
    some.sets(some.integers(0, 40)),
)
def test_any_batch_holds_each_sample_once_none_labelled_and_is_the_same_again(count, n, share, seed, vectors, done):
    guessed = guesses(count, seed)
    features = {p.sample_id: [float(i % 3), i / 7] for i, p in enumerate(guessed)} if vectors else None
    labelled = [guessed[i].sample_id for i in done if i < count] + ["not predicted"]
    batch = next_batch(guessed, n, features, labelled, random_share=share, seed=seed)
    ids = [choice.sample_id for choice in batch.choices]
    assert len(set(ids)) == len(ids) == min(n, batch.unlabelled)
    assert batch.unlabelled == count - len(labelled) + 1
    assert not set(ids) & set(labelled)
    assert len(batch.random()) == min(round(n * share), batch.unlabelled)
    assert next_batch(guessed[::-1], n, features, labelled[::-1], random_share=share, seed=seed) == batch


def test_two_models_unsure_of_different_samples_both_count():
    one = [guess("s", 0.99, 0.01), guess("t", 0.6, 0.4), guess("u", 0.99, 0.01)]
    other = [guess("s", 0.6, 0.4), guess("t", 0.99, 0.01), guess("u", 0.99, 0.01)]
    batch = next_batch([*one, *other], 2, random_share=0)
    assert {choice.sample_id for choice in batch.choices} == {"s", "t"}


def test_of_very_many_samples_only_the_least_sure_are_compared():
    """What bounds time and memory: the vectors of the rest are not even read."""

    class Read(dict):
        asked = 0

        def __getitem__(self, name):
            self.asked += 1
            return [float(hash(name) % 97), 1.0]

    guessed = guesses(15_000)
    features = Read(dict.fromkeys((p.sample_id for p in guessed), None))
    batch = next_batch(guessed, 50, features, [p.sample_id for p in guessed[:5000]])
    assert len(batch.choices) == 50
    assert features.asked < 4000


def test_what_cannot_be_is_a_sentence():
    with pytest.raises(ValueError, match="1 sample or more"):
        next_batch(guesses(3), 0)
    with pytest.raises(ValueError, match="share of 0 to 1"):
        next_batch(guesses(3), 1, random_share=1.1)
    with pytest.raises(LookupError, match="margin, entropy"):
        next_batch(guesses(3), 1, by="boredom")
    with pytest.raises(LookupError, match="have no features"):
        next_batch(guesses(3), 1, {"run 0/00000": [1.0]}, random_share=0)
    with pytest.raises(ValueError, match="finite"):
        next_batch(guesses(2), 2, {p.sample_id: [float("nan")] for p in guesses(2)}, random_share=0)
    with pytest.raises(ValueError, match="of the same number"):
        next_batch(guesses(2), 2, {p.sample_id: [1.0] * (n + 1) for n, p in enumerate(guesses(2))}, random_share=0)
    assert next_batch([], 5).choices == ()
