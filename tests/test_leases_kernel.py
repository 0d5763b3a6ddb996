"""A notebook's kernel, started as Jupyter starts it, and the card it is lent: from its first cell to its end."""

import tempfile
import time
from pathlib import Path

import pytest
from broker_alone import Alone, lending
from house import until
from warm_kernels import Kernel

from hub_config.leases import client
from imagine_kernels import environment
from imagine_kernels.launch import kernelspec

SEES = "import os; print(os.environ['CUDA_VISIBLE_DEVICES'], os.environ.get('PYTORCH_CUDA_ALLOC_CONF'))"


@pytest.fixture
def broker(tmp_path):
    alone = Alone(lending(tmp_path, cards=("A:1",), gpus="shares = 2\nper_user = 0"))
    alone.start()
    yield alone
    alone.end()


def test_a_kernel_sees_its_card_and_its_share_of_memory_through_a_restart_until_it_ends(broker, monkeypatch):
    ada = broker.person("ada", groups=["class"])
    monkeypatch.setenv(environment.LEASES, ada.socket)
    monkeypatch.setenv(environment.HUB_TOKEN, ada.token)
    with tempfile.TemporaryDirectory() as name:
        kernelspec.write(Path(name))
        kernel = Kernel(Path(name), **{environment.GPUS: "1"})
        try:
            assert kernel.say(SEES) == "PRETEND-0 per_process_memory_fraction:0.5000"
            (held,) = broker.state()["leases"]
            assert (held["user"], held["use_case"], held["cards"]) == ("ada", "phytoplankton", ["A"])
            before = kernel.pid
            kernel.client.stop_channels()
            kernel.manager.restart_kernel(now=True)
            kernel.listen()
            assert kernel.pid != before
            assert kernel.say(SEES).startswith("PRETEND-0")
            time.sleep(1.2)  # past the second in which a lease without a process would end
            assert [one["number"] for one in broker.state()["leases"]] == [held["number"]]
        finally:
            kernel.end()
    until(lambda: not broker.holders(), 2, 0.02)
    assert [what for what, *_ in broker.events("grant", "start", "end")] == ["grant", "start", "start", "end"]
    stats = client.stats(broker.settings)
    assert [(one["kind"], one["count"]) for one in stats["starts"]] == [("cold", 2)]
