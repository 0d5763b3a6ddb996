"""How often the committed recipe is right on real sets, beside a forest on EcoTaxa's features, on the same pictures.

Both are trained from scratch for every fold and examined on pictures they have not seen: folds by instrument run where
there are runs, else some that hold each class's share. All figures are of the pooled answers. With --against, both
learn every set of --data and are examined on the set of the same name there: pictures that nobody here has seen.

    python tests/benchmarks/accuracy.py [SET ...] [--data FOLDER] [--against FOLDER] [--seeds N] [--folds N]
"""

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path

import accuracy_sets as sets
import numpy as np
import torch
from accuracy_sets import DATA, PHYTOPLANKTON, SETS, Set
from sklearn.ensemble import RandomForestClassifier
from tqdm import tqdm

from imagine_kernels import images, train
from imagine_kernels.evaluate import Evaluation, evaluate
from imagine_kernels.features.extended import basic
from imagine_kernels.records import Annotation, Prediction, Region
from imagine_kernels.sources import open_samples
from imagine_kernels.tasks import calibration, compute, forest, lesson, splits
from imagine_kernels.tasks.course import Course
from imagine_kernels.use_case import NETWORK, Model


@dataclass(frozen=True)
class Answers:
    """Scores (pictures, classes) from models that had not seen the pictures; seconds of processor time per fit."""

    scores: np.ndarray
    seconds: float


def begun(chosen: Set, root: Path, against: Path | None, seed: int) -> Course:
    """Pictures read and measured, and what all fits share: the plan, and what drawn pictures taught where there are."""
    found, options = open_samples(root / chosen.folder), replace(chosen.options, seed=seed)
    if against is not None:
        found = sets.joined(found, open_samples(against / chosen.folder))
    made = options.made(chosen.model)
    ready = train._lesson(found.samples, found.annotations, made, options, progress=True)
    return train._course(PHYTOPLANKTON, made, None, ready, options, progress=True)


def ours(course: Course, folds: list[splits.Split]) -> Answers:
    """What the recipe says of each fold after learning the others."""
    scores = np.zeros((len(course.lesson.labels), len(course.model.labels)), np.float32)
    seconds = []
    for number, split in enumerate(folds):
        fold = replace(course, seed=course.seed + 1000 * (number + 1), history=[])
        began = time.process_time()
        with tqdm(total=course.plan.epochs * course.model.parts.count(NETWORK), desc=f"fold {number + 1}") as bar:
            _, (examined,) = fold.run([split], bar, cross_validate=False)
        seconds.append(time.process_time() - began)
        scores[split.held] = examined.scores
    return Answers(scores, float(np.mean(seconds)))


def baseline(ready: lesson.Lesson, model: Model, folds: list[splits.Split], seed: int) -> Answers:
    """What a random forest of 500 trees says, on the features that ecologists have used since ZooProcess."""
    pictures = [images.read(sample) for sample in ready.samples]
    began = time.process_time()
    features = np.stack([basic(picture) for picture in pictures])
    print(f"  EcoTaxa's features of {len(features) / (time.process_time() - began):.0f} pictures a second", flush=True)
    targets = ready.targets(model.label_names)
    scores = np.zeros((len(targets), len(model.labels)), np.float32)
    began = time.process_time()
    for split in folds:
        grown = RandomForestClassifier(500, random_state=seed, n_jobs=1).fit(
            features[~split.held], targets[~split.held]
        )
        scores[np.ix_(split.held, grown.classes_)] = grown.predict_proba(features[split.held])
    return Answers(scores, (time.process_time() - began) / len(folds))


def calibrated(scores: np.ndarray, targets: np.ndarray, folds: list[splits.Split]) -> np.ndarray:
    """The scores after a temperature that the other folds' pictures gave."""
    found = scores.copy()
    for split in folds:
        heat = calibration.temperature(scores[~split.held], targets[~split.held])
        found[split.held] = calibration.calibrated(scores[split.held], heat)
    return found


def strangers(course: Course, split: splits.Split) -> None:
    """Prints how a class that the forest was never shown stands out from those it knows, each class left out in turn.

    The threshold is found on the fold's pictures of known classes, so that a tenth of the answers are wrong.
    """
    ready, names = course.lesson, course.model.label_names
    targets, features = ready.targets(names), ready.features
    apart, rejected = [], []
    for left_out in range(len(names)):
        strange = targets == left_out
        grown = forest.grow(features[~split.held & ~strange], targets[~split.held & ~strange], len(names), course.seed)
        scores = grown(torch.from_numpy(features)).numpy()
        known = scores[split.held & ~strange]
        heat = calibration.temperature(known, targets[split.held & ~strange])
        sure, odd = (calibration.calibrated(part, heat) for part in (known, scores[strange]))
        apart.append(calibration.separation(sure.max(1), odd.max(1)))
        try:
            least = calibration.threshold(sure.max(1), sure.argmax(1) == targets[split.held & ~strange], 0.1)
        except ValueError:
            continue
        rejected.append(((odd.max(1) < least).mean(), (sure.max(1) < least).mean()))
    print(
        f"  a class left out: area under the curve {np.mean(apart):.2f} ({min(apart):.2f}–{max(apart):.2f})", flush=True
    )
    if rejected:
        odd_share, known_share = np.mean(rejected, axis=0)
        print(f"    called none of these: {odd_share:.0%} of it, {known_share:.0%} of what is known", flush=True)


def examined(ready: lesson.Lesson, model: Model, scores: np.ndarray, held: splits.Mask) -> Evaluation:
    """The figures of the answers to the pictures of `held`."""
    names, kept = model.label_names, np.flatnonzero(held)
    ids, labels = [ready.ids[i] for i in kept], [ready.labels[i] for i in kept]
    best = [Region(names[int(row.argmax())], min(1.0, float(row.max()))) for row in scores[kept]]
    predictions = [Prediction(name, (region,), model.name, "") for name, region in zip(ids, best, strict=True)]
    people = [Annotation(name, (Region(label),), "people") for name, label in zip(ids, labels, strict=True)]
    return evaluate(predictions, people, names)


def told(what: str, found: Evaluation, answers: Answers) -> None:
    recall = ", ".join(f"{name} {interval.value:.2f}" for name, interval in found.recall.items())
    print(
        f"  {what}: macro-F1 {found.macro_f1}, accuracy {found.accuracy}, calibration error "
        f"{found.calibration_error:.3f}, {answers.seconds:.0f} s a fit\n    recall {recall}",
        flush=True,
    )


def compare(name: str, root: Path, against: Path | None, seed: int, count: int) -> tuple[Evaluation, Evaluation]:
    """Prints both methods' figures on one set; gives ours, then the baseline's."""
    began = time.process_time()
    course = begun(SETS[name], root, against, seed)
    shared, ready, model = time.process_time() - began, course.lesson, course.model
    folds = [sets.other(ready)] if against else splits.folds(ready.labels, ready.groups, count, seed)
    targets, seen = ready.targets(model.label_names), np.logical_or.reduce([split.held for split in folds])
    print(f"{name}: {int(seen.sum())} pictures, {len(model.labels)} classes, {folds[0].how}, seed {seed}", flush=True)
    simple = baseline(ready, model, folds, seed)
    theirs = examined(ready, model, simple.scores, seen)
    told("random forest", theirs, simple)
    answers = ours(course, folds)
    sure = answers.scores if against else calibrated(answers.scores, targets, folds)
    found = examined(ready, model, sure, seen)
    told(" + ".join(model.parts), found, answers)
    before = examined(ready, model, answers.scores, seen).calibration_error
    print(f"    once for all fits {shared:.0f} s; calibration error before the temperature {before:.3f}", flush=True)
    strangers(course, folds[0])
    for number, split in enumerate(folds) if SETS[name].options.runs and not against else ():
        run = examined(ready, model, answers.scores, split.held)
        print(f"    run {number + 1} ({int(split.held.sum())} pictures) by the other: macro-F1 {run.macro_f1}")
    return found, theirs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=list(SETS), metavar="SET", help=", ".join(SETS))
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of real pictures")
    parser.add_argument("--against", type=Path, help="a folder of the same sets, other pictures: examine there instead")
    parser.add_argument("--seeds", type=int, help="so many splits and trainings of each set; by default each set's own")
    parser.add_argument(
        "--folds", type=int, help="more teach with more of the pictures, and take longer; by default each set's own"
    )
    wanted = parser.parse_args()
    ratios = []
    with compute.free_threads() as threads:
        print(f"{threads} threads")
        for name in wanted.sets:
            pairs = [
                compare(name, wanted.data, wanted.against, seed, wanted.folds or SETS[name].folds)
                for seed in range(wanted.seeds or SETS[name].seeds)
            ]
            ratio = float(np.mean([ours_.macro_f1.value / theirs.macro_f1.value for ours_, theirs in pairs]))
            for sentence in sets.judged(SETS[name], [found for found, _ in pairs], ratio, held=bool(wanted.against)):
                print(f"  {sentence}", flush=True)
            ratios.append(ratio)
    print(f"ratio: {min(ratios):.2f}")


if __name__ == "__main__":
    main()
