"""What every use case must keep, driven by the registry: the list of folders is the list of tests."""

import ast
import hashlib
import importlib
import json
import math
import shlex
from pathlib import Path

import numpy as np
import pytest
import torch

from imagine_kernels import environment, measure, shapes, use_case
from imagine_kernels.predict import predict
from imagine_kernels.records import Prediction, Region, from_json, to_json
from imagine_kernels.sources import open_samples
from imagine_kernels.tasks import classification, facts, inputs, training

NAMES = use_case.names()
MODELS = [(case, model) for case in use_case.every() for model in case.models]
IDS = [f"{case.name}-{model.name}" for case, model in MODELS]
SORTING = [(case, model) for case, model in MODELS if model.task == use_case.CLASSIFICATION]
SORTING_IDS = [f"{case.name}-{model.name}" for case, model in SORTING]
FINDING = [(case, model) for case, model in MODELS if model.task != use_case.CLASSIFICATION]
FINDING_IDS = [f"{case.name}-{model.name}" for case, model in FINDING]
PERMISSIVE = {"Apache-2.0", "MIT", "BSD-3-Clause", "CC-BY-4.0", "CC0-1.0"}


@pytest.fixture(scope="module", params=NAMES)
def case(request):
    return use_case.get(request.param)


@pytest.fixture(scope="module")
def drawn(case, tmp_path_factory):
    """Pictures of the use case's own sample maker."""
    maker = importlib.import_module(f"imagine_kernels.use_cases.{case.name}.samples")
    return open_samples(maker.make_images(tmp_path_factory.mktemp("samples"), count=30, seed=5))


@pytest.fixture(scope="module")
def fields(tmp_path_factory):
    """Gives small fields with several things each, of the sample maker of a use case that finds."""
    made = {}

    def draw(case):
        if case.name not in made:
            maker = importlib.import_module(f"imagine_kernels.use_cases.{case.name}.samples")
            folder = tmp_path_factory.mktemp("fields")
            made[case.name] = open_samples(maker.make_fields(folder, count=2, seed=5, size=(600, 400), valves=4))
        return made[case.name]

    return draw


def test_folder_holds_facts_data_sheet_and_picture(case):
    sheet = ast.get_docstring(ast.parse((case.folder / "__init__.py").read_text(encoding="utf-8")))
    assert case.name == case.folder.name
    assert sheet is not None
    for model in case.models:
        assert f"`{model.name}`" in sheet
    for word in ("Data", "Licence", "Citation", "Limits"):
        assert word in sheet
    assert (case.folder / case.picture).is_file()
    assert (environment.notebooks_folder() / "use_cases" / case.notebook).is_file()


def test_licence_and_citation_are_there_and_permit(case):
    assert case.licence in PERMISSIVE
    assert len(case.citation) > 40
    for model in case.models:
        assert model.source.licence in PERMISSIVE
        assert model.source.citation
        assert model.source.url.startswith("https://")


def test_classes_have_titles_and_keys_of_their_own(case):
    for model in case.models:
        keys = [label.key for label in model.labels]
        assert None not in keys
        assert len(set(keys)) == len(keys) == len(set(model.label_names))
        assert all(label.title and label.about for label in model.labels)
        assert all(label.rank for label in model.labels if label.aphia_id is not None)


def test_figures_say_how_they_were_measured(case):
    for model in case.models:
        assert model.figures
        for figure in model.figures:
            assert 0.0 < figure.value <= 1.0
            assert figure.count > 0
            assert figure.split
        assert model.command.startswith(f"imagine train {case.name} ")


def test_command_of_the_data_sheet_is_one_that_exists(case):
    import typer

    from imagine_kernels import cli

    known = typer.main.get_command(cli.app).commands["train"]
    for model in case.models:
        words = shlex.split(model.command)[2:]
        given = known.make_context("train", words).params
        assert (given["name"], given["model"]) == (case.name, model.name)


@pytest.mark.parametrize(("case", "model"), MODELS, ids=IDS)
def test_weights_are_small_and_those_of_the_facts(case, model):
    data = (case.folder / model.weights).read_bytes()
    assert hashlib.sha256(data).hexdigest() == model.sha256
    assert len(data) < 6 * 2**20


@pytest.mark.parametrize(("case", "model"), MODELS, ids=IDS)
def test_facts_are_such_as_a_file_beside_weights_may_hold(case, model, tmp_path):
    facts.check(model)
    facts.write(model, tmp_path / "facts.json")
    assert facts.read(tmp_path / "facts.json") == model


def test_first_model_names_samples_and_everything_it_may_say_has_a_title(case):
    assert case.models[0].task == use_case.CLASSIFICATION
    titles = case.titles()
    for model in case.models:
        assert all(titles[name] for name in model.names)
        assert all(label.rank for label in model.taxa if label.counted)
        above = {parent for label in model.labels for parent in label.parents}
        assert {label.name for label in model.taxa} <= above


@pytest.mark.parametrize(("case", "model"), SORTING, ids=SORTING_IDS)
def test_what_a_model_confuses_is_known_and_so_counts_can_be_corrected(case, model):
    assert measure.known(model), "train stores `confusion` in the facts beside the weights: keep it"
    held = np.array(model.confusion)
    assert held.sum() == model.figures[0].count
    right = np.trace(held[:, : len(model.labels)]) / held.sum()
    forced = next(figure.value for figure in model.figures if figure.name == "accuracy")
    assert right <= forced + 0.02  # a model that falls back names fewer classes, and never more of them right


def test_every_file_of_weights_belongs_to_a_model(case):
    assert {p.name for p in case.folder.glob("*.safetensors")} == {model.weights for model in case.models}


def test_labels_and_scores_are_of_the_models_classes(case, drawn):
    for model in (model for one, model in SORTING if one.name == case.name):
        run = predict(case, drawn.samples, model.name, progress=False)
        assert len(run.predictions) == len(drawn.samples)
        for region in (region for prediction in run.predictions for region in prediction.regions):
            assert region.label in model.names
            assert set(region.scores) <= set(model.label_names)


def test_batch_of_one_equals_the_same_picture_in_a_batch_of_five(case, drawn):
    for model in (model for one, model in SORTING if one.name == case.name):
        alone = predict(case, drawn.samples[:1], model.name, progress=False).predictions[0].regions[0]
        among = predict(case, drawn.samples[:5], model.name, batch_size=5, progress=False).predictions[0].regions[0]
        assert alone.label == among.label
        assert [alone.scores[n] for n in model.label_names] == pytest.approx(
            [among.scores[n] for n in model.label_names], abs=1e-4
        )


@pytest.mark.parametrize(("case", "model"), FINDING, ids=FINDING_IDS)
def test_what_is_found_is_named_by_the_models_classes_and_lies_inside_the_sample(case, model, fields):
    samples = fields(case).samples
    run = predict(case, samples, model.name, progress=False)
    assert not run.skipped
    assert [p.sample_id for p in run.predictions] == [sample.id for sample in samples]
    regions = [(sample, region) for sample, p in zip(samples, run.predictions, strict=True) for region in p.regions]
    assert regions, "nothing was found on the use case's own fields"
    for sample, region in regions:
        box = shapes.bounds(region.shape)
        assert region.label in model.names
        # the corners of a box along a thing that an edge cuts may lie beyond it; its middle never does
        beyond = math.hypot(box.width, box.height) / 2 if isinstance(region.shape, shapes.RotatedBox) else 1
        assert -beyond <= box.x < box.x + box.width <= sample.width + beyond
        assert -beyond <= box.y < box.y + box.height <= sample.height + beyond
        assert 0 <= box.x + box.width / 2 <= sample.width
        assert 0 <= box.y + box.height / 2 <= sample.height
    assert from_json(json.loads(json.dumps(to_json(run.predictions[0])))) == run.predictions[0]


def test_json_keeps_a_score_of_zero(case):
    name = case.labels()[0].name
    prediction = Prediction("s", (Region(name, 0.0, scores={name: 0.0}),), case.model().name, case.model().sha256)
    back = from_json(json.loads(json.dumps(to_json(prediction))))
    assert back == prediction
    assert back.regions[0].score == 0.0
    assert back.regions[0].scores[name] == 0.0


@pytest.mark.parametrize(("case", "model"), SORTING, ids=SORTING_IDS)
def test_one_step_of_training_lowers_the_loss(case, model):
    rng = np.random.default_rng(0)
    channels = model.profile.channels
    squares = rng.integers(0, 255, (8, model.profile.size, model.profile.size, channels), dtype=np.uint8)
    network = classification.begin(model, seed=0).train()
    batch = inputs.tensor(squares, model.profile)
    targets = torch.arange(8) % len(model.labels)

    def loss():
        return torch.nn.functional.cross_entropy(network(batch), targets)

    optimizer = torch.optim.SGD(network.parameters(), lr=0.02)
    before = loss()
    before.backward()
    optimizer.step()
    assert float(loss().detach()) < float(before.detach())


def test_a_short_training_learns_two_kinds_of_picture(case):
    model = case.models[0]
    size, channels = model.profile.size, model.profile.channels
    squares = np.full((16, size, size, channels), inputs.WATER, np.uint8)
    squares[:8, size // 4 : -size // 4, size // 4 : -size // 4] = 20
    squares[8:, size // 2 - 2 : size // 2 + 2, :] = 20
    targets = np.repeat([0, 1], 8)
    losses = []
    plan = training.Plan(6, draws=64, batch=16, mix=0.0)
    fitted = training.fit(
        classification.begin(model, 0), squares, targets, model.profile, plan, 0, lambda e, _: losses.append(e.loss)
    )
    assert losses[-1] < losses[0]
    with torch.inference_mode():
        called = fitted.network(inputs.tensor(squares, model.profile))[:, :2].argmax(1).numpy()
    assert (called == targets).mean() >= 0.9


def test_every_class_is_on_the_labelling_page(case):
    from imagine_widgets.label_studio import page

    assert page.choices_of(page.page(case.labels())) == {label.name for label in case.labels()}


def test_real_pictures_reach_the_figures_told(real_data):
    """The shipped weights on the half they were trained on: far from proof, but wrong weights or squares show."""
    from imagine_kernels.evaluate import evaluate

    case = use_case.get("phytoplankton")
    folder = Path(real_data) / "05_flowcam_phytoplankton"
    for model, name in (("north_sea", "vliz_flowcam"), ("culture", "flowcam_culture_crops")):
        collection = open_samples(folder / name)
        run = predict(case, collection.samples, model, progress=False)
        found = evaluate(run.predictions, collection.annotations, case.model(model).label_names)
        assert found.macro_f1.value >= case.model(model).figures[0].value
