"""Kernels die in every way there is: no card is lent twice, none is lost, nobody is overtaken."""

import mortality
from broker_alone import Alone, lending
from doomed import FATES


def test_whatever_ends_a_kernel_its_card_goes_to_the_next_in_line(tmp_path):
    broker = Alone(lending(tmp_path, cards=("A:1", "B:1", "C:1"), gpus="per_user = 0"))
    broker.start()
    try:
        cards = [f"PRETEND-{n}" for n in range(3)]
        found = mortality.run("ours", tmp_path / "run", deaths=12, askers=4, cards=cards, settings=broker.settings)
    finally:
        broker.end()
    assert found.deaths == 12
    assert (found.leaked, found.doubles, found.overtaken) == (0, 0, 0)
    assert found.survived, "a kernel died with its zygote"
    assert set(found.releases) == set(FATES)
