"""What a step of training does: pictures out of focus, and the running average of the weights."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import nn
from torch.optim.swa_utils import AveragedModel

from imagine_kernels.tasks import augment, training


def test_a_third_of_the_pictures_lose_or_gain_sharpness_and_the_others_stay():
    draw = torch.Generator().manual_seed(3)
    before = torch.randn(300, 2, 16, 16, generator=draw)
    after, changed = augment._focus(before, draw, 0.5), []
    for sharp, made in zip(before.numpy(), after.numpy(), strict=True):
        soft = ndimage.uniform_filter(sharp, (0, 3, 3), mode="nearest") - sharp
        amount = float((soft * (made - sharp)).sum() / (soft * soft).sum())
        assert made == pytest.approx(sharp + amount * soft, abs=1e-5)
        if not np.array_equal(sharp, made):
            changed.append(amount)
    assert 70 < len(changed) < 130
    assert -0.3001 < min(changed) < -0.2
    assert 0.4 < max(changed) < 0.5001


def test_average_of_the_weights_forgets_quickly_at_first_and_slowly_later():
    network = nn.BatchNorm1d(1)
    averaged = AveragedModel(network, multi_avg_fn=training.ramp(0.9), use_buffers=True)
    expected, kept = None, []
    for step in range(200):
        with torch.no_grad():
            network.weight.fill_(float(step % 7))
        network.num_batches_tracked.fill_(step)
        averaged.update_parameters(network)
        keep = min(0.9, (1 + step) / (10 + step))
        expected = step % 7 if expected is None else keep * expected + (1 - keep) * (step % 7)
        kept.append(averaged.module.weight.item())
        assert kept[-1] == pytest.approx(expected, abs=1e-4)
        assert int(averaged.module.num_batches_tracked) == step
    assert kept[0] == 0
    assert kept[1] > 0.5
