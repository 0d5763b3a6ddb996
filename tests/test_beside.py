import os
import signal
import threading
import time

import numpy as np
import pytest
import torch
from torch import nn

from imagine_kernels.tasks import beside, compute, training
from imagine_kernels.use_case import Profile

PROFILE = Profile(16, "grey", (0.0,) * 3, (0.25,) * 3)
PLAN = training.Plan(2, draws=16, batch=8)


@pytest.fixture
def torch_threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def fits(count):
    """As many fits of a small network, each of its own seed."""
    rng = np.random.default_rng(0)
    squares, targets = rng.integers(0, 255, (24, 16, 16, 1), np.uint8), rng.integers(0, 2, 24)

    def one(seed):
        torch.manual_seed(seed)
        network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(784, 2))
        return lambda stopped: training.fit(network, squares, targets, PROFILE, PLAN, seed, lambda *_: None, stopped)

    return [one(seed) for seed in range(count)]


def weights(fitted):
    return torch.cat([value.double().flatten() for value in fitted.network.state_dict().values()])


def test_fits_side_by_side_give_the_very_weights_of_fits_one_by_one(torch_threads):
    torch_threads(1)
    alone = beside.taught(fits(4))
    torch_threads(2)
    together = beside.taught(fits(4))
    assert len(together) == 4
    for one, other in zip(alone, together, strict=True):
        assert torch.equal(weights(one), weights(other))
    assert not torch.equal(weights(together[0]), weights(together[1]))


def test_as_many_go_on_at_a_time_as_there_are_threads_which_they_share(torch_threads):
    torch_threads(4)
    seen, at_once, lock = [], [0], threading.Lock()

    def fit(_):
        with lock:
            at_once[0] += 1
            seen.append((at_once[0], torch.get_num_threads()))
        time.sleep(0.05)
        with lock:
            at_once[0] -= 1
        return training.Fitted(nn.Identity(), stopped=False)

    assert len(beside.taught([fit] * 6)) == 6
    assert max(together for together, _ in seen) == 4
    assert [threads for _, threads in seen] == [1] * 4 + [2] * 2
    assert torch.get_num_threads() == 4


def test_one_left_over_has_all_threads_to_itself(torch_threads):
    torch_threads(2)
    seen = []

    def fit(_):
        seen.append(torch.get_num_threads())
        return training.Fitted(nn.Identity(), stopped=False)

    beside.taught([fit] * 3)
    assert seen == [1, 1, 2]


def test_a_fault_of_one_stops_the_others_and_is_told(torch_threads):
    torch_threads(2)

    def faulty(_):
        raise ValueError("These weights are not finite.")

    def patient(stopped):
        until = time.monotonic() + 60
        while not stopped() and time.monotonic() < until:
            time.sleep(0.01)
        assert stopped()
        return training.Fitted(nn.Identity(), stopped=True)

    with pytest.raises(ValueError, match="not finite"):
        beside.taught([patient, faulty])


def test_interrupt_stops_those_going_on_and_begins_no_more(torch_threads):
    torch_threads(2)
    begun = []

    def fit(stopped):
        begun.append(1)
        if len(begun) == 2:
            time.sleep(0.2)
            os.kill(os.getpid(), signal.SIGINT)
        until = time.monotonic() + 60
        while not stopped() and time.monotonic() < until:
            time.sleep(0.01)
        return training.Fitted(nn.Identity(), stopped=stopped())

    done = beside.taught([fit] * 4)
    assert [fitted.stopped for fitted in done] == [True, True]
    assert len(begun) == 2


def test_graphics_card_takes_one_at_a_time(torch_threads, monkeypatch):
    torch_threads(2)
    monkeypatch.setattr(compute, "device", lambda: torch.device("cuda"))
    seen = []

    def fit(_):
        seen.append(threading.current_thread())
        return training.Fitted(nn.Identity(), stopped=False)

    beside.taught([fit] * 2)
    assert set(seen) == {threading.main_thread()}
