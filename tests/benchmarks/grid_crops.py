"""The crops of `make bench-grid` and a model's guesses: a forest's that never saw the crop, 90 % of them right."""

import json
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from PIL import Image
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import GroupKFold, cross_val_predict

from imagine_kernels.features.extended import extended
from imagine_kernels.records import Prediction, Region, to_json

RIGHT = 0.9
SEED = 0
TURNS = (None, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)


def crops(source, folder, most):
    """Lays `most` crops into `folder`, the same ones turned where there are fewer: file name → class."""
    files = sorted(source.glob("*/*.png"))
    pairs = [(turn, file) for turn in range(len(TURNS)) for file in files][:most]
    truth = {}
    for turn, file in pairs:
        kind, name = file.parent.name.rpartition("__")[0], f"{file.stem}-{turn}.png"
        (folder / kind).mkdir(parents=True, exist_ok=True)
        picture = Image.open(file).convert("L")
        (picture if TURNS[turn] is None else picture.transpose(TURNS[turn])).save(folder / kind / name)
        truth[name] = kind
    turned = f", {len(pairs) - len(files)} of them turned" if len(pairs) > len(files) else ""
    print(f"{len(pairs)} crops of {len(files)}{turned}; classes {len(set(truth.values()))}", flush=True)
    return truth


def measured(path):
    """The features of one crop."""
    return np.nan_to_num(extended(np.asarray(Image.open(path))), posinf=1e9, neginf=-1e9)


def guesses(samples, truth, path):
    """Writes the classes and a prediction for each sample."""
    files = [sample.uri.rpartition("/")[2] for sample in samples]
    names = sorted(set(truth.values()))
    right = np.array([names.index(truth[file]) for file in files])
    with ProcessPoolExecutor(2) as pool:
        features = np.array(list(pool.map(measured, [sample.uri for sample in samples], chunksize=50)))
    forest = ExtraTreesClassifier(200, max_features=0.3, min_samples_leaf=2, class_weight="balanced", random_state=SEED)
    same = [file.rpartition("-")[0] for file in files]  # the turned ones are never told of by their own picture
    scores = cross_val_predict(forest, features, right, groups=same, cv=GroupKFold(5), method="predict_proba")
    scores = mended(scores, right)
    regions = [
        Region(names[row.argmax()], float(row.max()), scores=dict(zip(names, map(float, row), strict=True)))
        for row in scores
    ]
    told = [
        to_json(Prediction(sample.id, (region,), "forest", "0"))
        for sample, region in zip(samples, regions, strict=True)
    ]
    path.write_text(json.dumps({"names": names, "predictions": told}))


def mended(scores, right):
    """As many of the forest's errors as it has too many, by chance, are swapped with the truth."""
    rows, random = np.arange(len(right)), np.random.default_rng(SEED)
    wrong = np.flatnonzero(scores.argmax(1) != right)
    keep = round((1 - RIGHT) * len(right))
    for row in random.choice(wrong, max(0, len(wrong) - keep), replace=False):
        best = scores[row].argmax()
        scores[row, [best, right[row]]] = scores[row, [right[row], best]]
    best, least = scores.argmax(1), np.sort(scores, 1)
    margin, second = least[:, -1] - least[:, -2], np.argsort(scores, 1)[:, -2]
    wrong = best != right
    print(
        f"the forest is right for {1 - len(rows[wrong]) / len(rows):.1%} after mending; margins "
        f"{margin[~wrong].mean():.2f} where right, {margin[wrong].mean():.2f} where wrong; "
        f"its second guess is right for {(second == right)[wrong].mean():.0%} of the wrong",
        flush=True,
    )
    return scores
