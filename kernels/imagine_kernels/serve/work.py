"""Inside the process of models: questions come as lines, pictures as files, answers are what Label Studio takes."""

import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import IO

from imagine_kernels import images, predict, use_case
from imagine_kernels.records import Json, Prediction, Quantity, Run, Sample, from_json
from imagine_kernels.serve import page as pages
from imagine_kernels.serve import results
from imagine_kernels.use_case import Model, UseCase


def main() -> None:
    """Answers until nobody can ask any more. What libraries print goes to the log."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    import imagine_kernels.tasks.classification  # noqa: F401 - what takes long is loaded before the first pictures come

    serve(sys.stdin, out)


def serve(questions: IO[str], out: IO[str]) -> None:
    """One line back for each."""
    for line in questions:
        question = json.loads(line)
        out.write(json.dumps(answer(question) if question else {}) + "\n")
        out.flush()


def answer(question: Json) -> Json:
    """What a model says of tasks: a prediction for each, or why there is none; and what the page cannot hold."""
    case = use_case.get(question["case"])
    model = case.model(question["model"])
    page = pages.read(question["page"]) if question["page"] else None
    samples: dict[int, Sample] = {}
    told: list[Json] = [{"result": [], "score": None} for _ in question["tasks"]]
    for place, task in enumerate(question["tasks"]):
        try:
            samples[place] = sample(str(place), Path(task["file"]), task["facts"])
        except (ValueError, OSError) as error:
            told[place]["error"] = str(error)
    missed: Counter[str] = Counter()
    for place, found in _predicted(case, model, samples).items():
        if isinstance(found, str):
            told[place]["error"] = found
        else:
            told[place] |= results.prediction(found, samples[place], page, missed)
    return {"results": told, "left_out": results.left_out(missed)}


def sample(name: str, file: Path, facts: object) -> Sample:
    """A picture and its scale, which the bridge keeps with the task. Raises ValueError or OSError with a sentence."""
    width, height = images.size(file)
    return Sample(name, str(file), width, height, pixel_size=_pixel_size(facts))


def _pixel_size(facts: object) -> Quantity | None:
    try:
        kept = from_json(facts) if isinstance(facts, dict) else None
    except ValueError:  # somebody else's facts
        return None
    return kept.pixel_size if isinstance(kept, Sample) else None


def _predicted(case: UseCase, model: Model, samples: dict[int, Sample]) -> dict[int, Prediction | str]:
    """A prediction of each sample, else the sentence that says why not: one of another scale stops no other."""
    try:
        run = predict.predict(case, tuple(samples.values()), model, progress=False)
    except (ValueError, OSError) as error:
        if len(samples) <= 1:
            return dict.fromkeys(samples, str(error))
        alone = (_predicted(case, model, {place: one}) for place, one in samples.items())
        return {place: found for one in alone for place, found in one.items()}
    return _sorted(run, samples)


def _sorted(run: Run, samples: dict[int, Sample]) -> dict[int, Prediction | str]:
    said: dict[int, Prediction | str] = {int(one.sample_id): one for one in run.predictions}
    why = {one.where: one.why for one in run.skipped}
    return said | {place: why[one.uri] for place, one in samples.items() if one.uri in why}


if __name__ == "__main__":
    main()
