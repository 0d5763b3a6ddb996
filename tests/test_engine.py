"""Compiled networks: torch's scores, in every batch; when they are made, what becomes of one that is no good, and that
nothing is told to anybody.
"""

import dataclasses
import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from imagine_kernels import environment, images, use_case
from imagine_kernels.predict import load, predict
from imagine_kernels.tasks import classification, engine, networks, pace
from imagine_kernels.tasks.forest import grow
from imagine_kernels.use_case import FOREST, NETWORK, Profile

CASE = use_case.get("phytoplankton")
SMALL = dataclasses.replace(CASE.model(), architecture="resnet10t", profile=Profile(32, "grey"))


def untaught(model=SMALL):
    """A classifier of its own, so that no other test has compiled it."""
    torch.manual_seed(3)
    network = networks.build(model).eval().requires_grad_(requires_grad=False)
    return classification.Classifier(
        model, "untaught", network.to(memory_format=torch.channels_last), torch.device("cpu")
    )


def seen_by(classifier, pictures, count=11):
    return [classifier.prepare(images.read(sample)) for sample in pictures(24).samples[:count]]


@pytest.mark.parametrize("name", [model.name for model in CASE.models])
def test_compiled_scores_are_those_of_torch_in_every_batch(name, pictures):
    classifier = load(CASE, name)
    seen = seen_by(classifier, pictures)
    quick = pace.quick(classifier, seen)
    assert isinstance(quick, pace.Quick)
    found = quick.scores(seen)
    assert found == pytest.approx(classifier.scores(seen), abs=1e-5)
    assert np.concatenate([quick.scores([one]) for one in seen]) == pytest.approx(found, abs=1e-5)
    assert [r[0].label for r in quick.regions(seen)] == [r[0].label for r in classifier.regions(seen)]


def test_networks_in_eight_positions_and_a_forest_stay_one_model(pictures):
    model = dataclasses.replace(SMALL, parts=(NETWORK, NETWORK, FOREST), turns=8, temperature=0.7)
    classifier = untaught(model)
    seen = seen_by(classifier, pictures)
    features = np.stack([one.features for one in seen])
    classifier.network.forest.load_state_dict(grow(features, np.arange(len(seen)) % 6, 6, seed=0).state_dict())
    quick = pace.quick(classifier, seen)
    assert all(isinstance(network, engine.Compiled) for network in quick.network.networks)
    assert quick.scores(seen) == pytest.approx(classifier.scores(seen), abs=1e-5)


def test_compiled_once_for_its_weights_and_used_from_then_on(pictures):
    classifier = untaught()
    seen = seen_by(classifier, pictures)
    assert pace.kept(classifier) is classifier
    quick = pace.quick(classifier, seen)
    assert pace.quick(classifier, seen) is quick is pace.kept(classifier)


def test_scores_that_differ_are_told_and_torch_goes_on(pictures, monkeypatch, caplog):
    classifier = untaught()
    seen = seen_by(classifier, pictures)
    right = engine.Compiled.forward
    monkeypatch.setattr(engine.Compiled, "forward", lambda self, squares: right(self, squares) * 1.5 + torch.arange(6))
    assert pace.quick(classifier, seen) is classifier
    assert "runs on torch" in caplog.text
    assert "differ" in caplog.text
    caplog.clear()
    assert pace.quick(classifier, seen) is classifier
    assert not caplog.text  # told once


class Unfit(torch.nn.Module):
    """What no compiler can know: it asks Python how many dark pixels there are."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, squares):
        return torch.from_numpy(np.sort(self.network(squares).detach().numpy() * 1.0)) + float(squares.mean())


def test_network_that_cannot_be_compiled_is_told_and_torch_goes_on(pictures, caplog):
    classifier = untaught()
    classifier = dataclasses.replace(classifier, network=Unfit(classifier.network))
    with caplog.at_level(logging.WARNING):
        assert pace.quick(classifier, seen_by(classifier, pictures)) is classifier
    assert "runs on torch" in caplog.text


def test_made_when_enough_pictures_are_left_to_pay_for_it(pictures):
    seen = seen_by(untaught(), pictures)
    for seconds, total, worth in ((1.0, 40, False), (1.0, 61, True), (1.0, None, False), (9.0, None, True)):
        classifier = untaught()
        going = pace.Pace(total)
        with going.counted(10):
            pass
        going._seconds = seconds
        assert (going.quicker(classifier, seen) is not classifier) == worth


def test_warm_process_compiles_nothing_and_kernels_forked_from_it_only_what_pays(pictures):
    code = (
        "import os, sys, threading\n"
        "from imagine_kernels.launch import preload\n"
        "preload.everything()\n"
        "assert 'openvino' not in sys.modules and threading.active_count() == 1\n"
        "if child := os.fork():\n"
        "    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
        "from imagine_kernels import images, use_case\n"
        "from imagine_kernels.predict import load, predict\n"
        "from imagine_kernels.sources import open_samples\n"
        "from imagine_kernels.tasks import pace\n"
        "case, samples = use_case.get('phytoplankton'), open_samples(sys.argv[1]).samples\n"
        "assert len(predict(case, samples, progress=False).predictions) == 24\n"
        "assert 'openvino' not in sys.modules\n"
        "classifier = load(case)\n"
        "seen = [classifier.prepare(images.read(sample)) for sample in samples]\n"
        "quick = pace.quick(classifier, seen)\n"
        "assert isinstance(quick, pace.Quick) and abs(quick.scores(seen) - classifier.scores(seen)).max() < 1e-5\n"
    )
    told = os.environ | dict.fromkeys(environment.THREADS, "1")  # as the hub starts it
    command = [sys.executable, "-c", code, str(images_folder(pictures))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=told, timeout=300)
    assert done.returncode == 0, done.stderr


def images_folder(pictures):
    return Path(pictures(24).samples[0].uri).parents[1]


def test_nothing_is_told_to_anybody(pictures, tmp_path):
    """OpenVINO's makers would be told of the import: every look-up and connection is refused, and seen."""
    code = (
        "import sys, threading\n"
        "seen = []\n"
        "def hook(event, args):\n"
        "    if event in {'socket.connect', 'socket.getaddrinfo', 'socket.sendto', 'socket.gethostbyname'}:\n"
        "        seen.append(event)\n"
        "        raise OSError(event)\n"
        "sys.addaudithook(hook)\n"
        "from imagine_kernels import images, use_case\n"
        "from imagine_kernels.predict import load\n"
        "from imagine_kernels.sources import open_samples\n"
        "from imagine_kernels.tasks import pace\n"
        "classifier = load(use_case.get('phytoplankton'))\n"
        "some = [classifier.prepare(images.read(s)) for s in open_samples(sys.argv[1]).samples]\n"
        "assert isinstance(pace.quick(classifier, some), pace.Quick)\n"
        "import openvino\n"
        "assert callable(openvino.convert_model)\n"
        "for thread in threading.enumerate():\n"
        "    thread is threading.main_thread() or thread.join(5)\n"
        "assert not seen, seen\n"
        "assert sys.modules['openvino_telemetry'] is None\n"
    )
    told = {k: v for k, v in os.environ.items() if k not in {"CI", "DO_NOT_TRACK"}} | {"HOME": str(tmp_path)}
    command = [sys.executable, "-c", code, str(images_folder(pictures))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=told)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "intel").exists()


def test_child_of_a_process_that_compiled_goes_on_with_torch(pictures):
    classifier = untaught()
    seen = seen_by(classifier, pictures)
    quick = pace.quick(classifier, seen)
    assert quick is not classifier
    child = os.fork()
    if child == 0:
        os._exit(0 if pace.kept(classifier) is classifier else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_prediction_says_the_same_before_and_after(pictures):
    """The whole way, on a model nobody compiled yet."""
    samples = pictures(24).samples
    before = predict(CASE, samples, "culture", progress=False)
    classifier = load(CASE, "culture")
    pace.quick(classifier, [classifier.prepare(images.read(sample)) for sample in samples])
    after = predict(CASE, samples, "culture", progress=False, batch_size=7)
    for one, other in zip(before.predictions, after.predictions, strict=True):
        assert one.regions[0].label == other.regions[0].label
        assert dict(one.regions[0].scores) == pytest.approx(dict(other.regions[0].scores), abs=1e-5)
