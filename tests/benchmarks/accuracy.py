"""How often the committed recipe is right on real sets, beside a forest on EcoTaxa's features, on the same pictures.

Both are trained from scratch for every fold and examined on pictures they have not seen: folds by instrument run where
there are runs, else five that hold each class's share. All figures are of the pooled answers.

    python tests/benchmarks/accuracy.py [SET ...] [--data FOLDER] [--seeds N]
"""

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from sklearn.ensemble import RandomForestClassifier
from tqdm import tqdm

from imagine_kernels import images, train, use_case
from imagine_kernels.evaluate import Evaluation, evaluate
from imagine_kernels.features.extended import basic
from imagine_kernels.records import Annotation, Prediction, Region
from imagine_kernels.sources import open_samples
from imagine_kernels.tasks import calibration, compute, forest, lesson, splits
from imagine_kernels.tasks.course import Course
from imagine_kernels.train import Options
from imagine_kernels.use_case import NETWORK, Label, Model, Profile, Source

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FOLDS = 5
PHYTOPLANKTON = use_case.get("phytoplankton")
UVP6 = Model(
    name="uvp6",
    title="Vignettes of the UVP6",
    architecture="resnet10t",
    options={"channels": (24, 48, 96, 192), "stem_width": 16},
    labels=(Label("none", "none"),),
    profile=Profile(64, "grey", (0.0,) * 3, (0.25,) * 3, views=(1.0, 2.0)),
    weights="",
    sha256="",
    source=Source("uvp6_vignettes of ecotaxa/uvpec", "GPL-3.0: no weights are kept", "", ""),
    figures=(),
    command="",
)
"""Facts of a model that is trained here alone: the licence of its pictures lets no weights be given away."""


@dataclass(frozen=True)
class Set:
    """Pictures, the model that is taught them from scratch, and how: what `imagine train` takes."""

    folder: str
    model: Model
    options: Options


SETS = {
    "uvp6": Set(
        "02_zooplankton_ecotaxa/uvp6_vignettes",
        UVP6,
        Options(scratch=True, networks=3, forest=True, epochs=120, variety=0.5),
    ),
    "vliz": Set(
        "05_flowcam_phytoplankton/vliz_flowcam",
        PHYTOPLANKTON.model("north_sea"),
        Options(scratch=True, networks=3, forest=True, epochs=15, drawn=1200),
    ),
    "culture": Set(
        "05_flowcam_phytoplankton/flowcam_culture_crops",
        PHYTOPLANKTON.model("culture"),
        Options(scratch=True, networks=3, forest=True, epochs=12, variety=0.4, runs="(.*)_"),
    ),
}


@dataclass(frozen=True)
class Answers:
    """Scores (pictures, classes) from models that had not seen the pictures; seconds of processor time per fit."""

    scores: np.ndarray
    seconds: float


def begun(chosen: Set, root: Path, seed: int) -> Course:
    """Pictures read and measured, and what all fits share: the plan, and what drawn pictures taught where there are."""
    found, options = open_samples(root / chosen.folder), replace(chosen.options, seed=seed)
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


def examined(ready: lesson.Lesson, model: Model, scores: np.ndarray) -> Evaluation:
    """The figures of pooled answers."""
    names = model.label_names
    best = [Region(names[int(row.argmax())], min(1.0, float(row.max()))) for row in scores]
    predictions = [Prediction(name, (region,), model.name, "") for name, region in zip(ready.ids, best, strict=True)]
    people = [Annotation(name, (Region(label),), "people") for name, label in zip(ready.ids, ready.labels, strict=True)]
    return evaluate(predictions, people, names)


def told(what: str, found: Evaluation, answers: Answers) -> None:
    recall = ", ".join(f"{name} {interval.value:.2f}" for name, interval in found.recall.items())
    print(
        f"  {what}: macro-F1 {found.macro_f1}, accuracy {found.accuracy}, calibration error "
        f"{found.calibration_error:.3f}, {answers.seconds:.0f} s a fit\n    recall {recall}",
        flush=True,
    )


def compare(name: str, root: Path, seed: int) -> float:
    """Prints both methods' figures on one set; gives our macro-F1 over that of the baseline."""
    began = time.process_time()
    course = begun(SETS[name], root, seed)
    shared, ready, model = time.process_time() - began, course.lesson, course.model
    folds, targets = splits.folds(ready.labels, ready.groups, FOLDS, seed), ready.targets(model.label_names)
    print(f"{name}: {len(targets)} pictures, {len(model.labels)} classes, {folds[0].how}, seed {seed}", flush=True)
    simple = baseline(ready, model, folds, seed)
    theirs = examined(ready, model, simple.scores)
    told("random forest", theirs, simple)
    answers = ours(course, folds)
    before = examined(ready, model, answers.scores).calibration_error
    found = examined(ready, model, calibrated(answers.scores, targets, folds))
    told(" + ".join(model.parts), found, answers)
    print(f"    once for all fits {shared:.0f} s; calibration error before the temperature {before:.3f}", flush=True)
    strangers(course, folds[0])
    for number, split in enumerate(folds) if SETS[name].options.runs else ():
        run = examined_run(ready, model, answers.scores, split)
        print(f"    run {number + 1} ({int(split.held.sum())} pictures) by the other: macro-F1 {run.macro_f1}")
    return found.macro_f1.value / theirs.macro_f1.value


def examined_run(ready: lesson.Lesson, model: Model, scores: np.ndarray, split: splits.Split) -> Evaluation:
    """The figures of the pictures of one fold."""
    kept = np.flatnonzero(split.held)
    part = replace(ready, samples=tuple(ready.samples[i] for i in kept), labels=tuple(ready.labels[i] for i in kept))
    return examined(part, model, scores[kept])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=list(SETS), metavar="SET", help=", ".join(SETS))
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of real pictures")
    parser.add_argument("--seeds", type=int, default=1, help="so many splits and trainings of each set")
    wanted = parser.parse_args()
    with compute.free_threads() as threads:
        print(f"{threads} threads")
        ratios = [compare(name, wanted.data, seed) for name in wanted.sets for seed in range(wanted.seeds)]
    print(f"ratio: {min(ratios):.2f}")


if __name__ == "__main__":
    main()
