"""Leases from ask to end: the real broker and real processes, with pretend cards."""

import asyncio
import signal
import threading
import time

import pytest
from broker_alone import Alone, lending
from house import until

from imagine_kernels.launch import leases


@pytest.fixture
def broker(tmp_path):
    alone = Alone(lending(tmp_path))
    alone.start()
    yield alone
    alone.end()


def got(asking, count=1):
    return asyncio.run(asyncio.wait_for(asking.gpus(count), 20))


def waits(asking, count=1):
    """Asks in a thread; the answer is in `.lease` once it has come."""
    thread = threading.Thread(target=lambda: setattr(thread, "lease", got(asking, count)), daemon=True)
    thread.lease = "none yet"
    thread.start()
    return thread


def test_a_kernel_gets_a_card_of_its_own_and_the_next_one_the_other(broker):
    first, second = broker.person("ada").asking("a"), broker.person("bea").asking("b")
    cards = {got(first).env["CUDA_VISIBLE_DEVICES"], got(second).env["CUDA_VISIBLE_DEVICES"]}
    assert cards == {"PRETEND-0", "PRETEND-1"}
    assert [one["cards"] for one in broker.state()["leases"]] == [["Pretend A"], ["Pretend B"]]
    first.close()
    second.close()
    until(lambda: not broker.holders(), 5, 0.02)
    assert [what for what, *_ in broker.events("grant", "end")] == ["grant", "grant", "end", "end"]


def test_the_lease_lives_as_long_as_the_process_and_no_longer_whatever_ended_it(broker):
    asking = broker.person("ada").asking("a")
    lease = got(asking)
    kernel = broker.process(**lease.env)
    asking.began(kernel.pid, kind="cold", seconds=0.5, reason="no warm process")
    asking.close()  # the asker goes, the kernel stays
    time.sleep(0.3)
    assert broker.holders() == [("ada", "a")]
    kernel.kill()
    until(lambda: not broker.holders(), 2, 0.01)
    assert broker.events("end")[0][3].startswith("ended")


def test_what_a_kernel_started_does_not_keep_the_card_after_it(broker):
    asking = broker.person("ada").asking("a")
    lease = got(asking)
    kernel = broker.process(**lease.env)
    # a worker that left the kernel's session, as a training in the background does; only its environment tells
    worker = broker.process(**lease.env)
    stranger = broker.process()
    asking.began(kernel.pid, kind="warm", seconds=0.1)
    kernel.kill()
    asking.ended(-9)
    until(lambda: not broker.holders(), 5, 0.02)
    assert worker.wait(5) == -signal.SIGKILL
    assert stranger.poll() is None


def test_a_restart_keeps_the_lease_although_others_wait(broker):
    ada, bea, cleo = (broker.person(name) for name in ("ada", "bea", "cleo"))
    asking, other = ada.asking("a"), bea.asking("b")
    first = got(asking)
    got(other)
    kernel = broker.process(**first.env)
    asking.began(kernel.pid, kind="warm", seconds=0.1)
    waiting = waits(cleo.asking("c"))
    until(lambda: broker.queue() == [("cleo", "c")], 5, 0.02)
    kernel.kill()
    kernel.wait()
    time.sleep(0.2)
    again = got(asking)
    assert again == first
    asking.began(broker.process(**again.env).pid, kind="warm", seconds=0.1)
    time.sleep(1.2)  # longer than the grace: the new process holds it now
    assert broker.holders() == [("ada", "a"), ("bea", "b")]
    assert waiting.lease == "none yet"
    other.close()
    waiting.join(5)
    assert waiting.lease.env == {**waiting.lease.env, "CUDA_VISIBLE_DEVICES": "PRETEND-1"}


def test_a_lease_that_ended_meanwhile_refuses_the_late_process(broker):
    asking = broker.person("ada").asking("a")
    kernel = broker.process(**got(asking).env)
    asking.began(kernel.pid, kind="warm", seconds=0.1)
    kernel.kill()
    until(lambda: not broker.holders(), 5, 0.05)
    with pytest.raises(leases.LeaseRefused, match="ended before the kernel had started"):
        asking.began(broker.process().pid, kind="warm", seconds=0.1)


def test_a_process_that_ended_before_it_could_be_watched_leaves_no_lease_behind(broker):
    asking = broker.person("ada").asking("a")
    kernel = broker.process(**got(asking).env)
    kernel.kill()
    kernel.wait()
    with pytest.raises(leases.LeaseRefused, match="ended as soon as it had begun"):
        asking.began(kernel.pid, kind="warm", seconds=0.1)
    until(lambda: not broker.holders(), 5, 0.05)


def test_who_starts_on_the_cpu_instead_leaves_the_line_to_the_others(broker):
    people = [broker.person(name) for name in ("ada", "bea", "cleo", "dora")]
    held = [people[0].asking("a"), people[1].asking("b")]
    for asking in held:
        got(asking)
    cleo, dora = waits(people[2].asking("c")), waits(people[3].asking("d"))
    until(lambda: len(broker.queue()) == 2, 5, 0.02)
    first = next(person for person in people if (person.user, "x") == (broker.queue()[0][0], "x"))
    seen = people[2].call(leases.state)
    assert [(one["user"], one["place"], one["mine"]) for one in seen["queue"]] == [
        (user, place, user == "cleo") for place, (user, _) in enumerate(broker.queue(), 1)
    ]
    assert "kernel" not in next(one for one in seen["queue"] if not one["mine"])
    assert not people[3].call(leases.instead_on_cpu, "c"), "of another person"
    kernel = {"cleo": "c", "dora": "d"}[first.user]
    assert first.call(leases.instead_on_cpu, kernel)
    gone, left = (cleo, dora) if first.user == "cleo" else (dora, cleo)
    gone.join(5)
    assert gone.lease is None
    held[0].close()
    left.join(5)
    assert left.lease.env["CUDA_VISIBLE_DEVICES"] == "PRETEND-0"


def test_a_person_who_gives_up_waiting_leaves_the_line(broker):
    people = [broker.person(name) for name in ("ada", "bea", "cleo")]
    for person in people[:2]:
        got(person.asking(person.user))
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(people[2].asking("c").gpus(1), 0.3))
    until(lambda: not broker.queue(), 5, 0.02)
    assert ("gave up", "cleo", "c") in [row[:3] for row in broker.events("gave up")]


@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_a_broker_that_is_started_anew_finds_leases_and_the_line_again(broker, how, capfd):
    people = [broker.person(name) for name in ("ada", "bea", "cleo", "dora")]
    kernels = []
    for person in people[:2]:
        asking = person.asking(person.user)
        kernels.append(broker.process(**got(asking).env))
        asking.began(kernels[-1].pid, kind="warm", seconds=0.1)
    cleo = waits(people[2].asking("c"))
    until(lambda: len(broker.queue()) == 1, 5, 0.02)
    dora = waits(people[3].asking("d"))
    until(lambda: len(broker.queue()) == 2, 5, 0.02)
    if how == "killed":
        broker.kill()
        kernels[1].kill()
        until(broker.answers, 10, 0.02)
    else:
        broker.stop()
        kernels[1].kill()
        broker.start()
    assert ("ada", "ada") in broker.holders()
    assert ("bea", "bea") not in broker.holders()
    cleo.join(10)
    assert cleo.lease is not None, "the card of the kernel that died meanwhile"
    assert dora.lease == "none yet"
    kernels[0].kill()
    dora.join(10)
    assert [one[1] for one in broker.events("grant")] == ["ada", "bea", "cleo", "dora"]
    assert "lost" in broker.events("end")[0][3]
    assert "Traceback" not in capfd.readouterr().err


def test_an_idle_kernel_is_warned_then_loses_its_card_and_a_busy_one_or_a_script_never(tmp_path):
    rule = {"gpus": "per_user = 0\nwarning_minutes = 0.02", "profile": "idle_minutes = 0.04"}
    broker = Alone(lending(tmp_path, cards=("A:1", "B:1", "C:1"), **rule))
    broker.start()
    try:
        ada = broker.person("ada")
        kernels = {}
        for name in ("idle", "busy", "script"):
            asking = ada.asking(name)
            kernels[name] = broker.process(**got(asking).env)
            asking.began(kernels[name].pid, kind="warm", seconds=0.1)
        begun = time.time()
        ada.call(leases.activity, "idle", False, begun)
        ada.call(leases.activity, "busy", True, begun - 3600)
        warned = until(lambda: [one for one in broker.state()["leases"] if one["warned"]], 10, 0.02)
        assert [one["kernel"] for one in warned] == ["idle"]
        assert begun + 2.4 <= warned[0]["ends"] <= time.time() + 1.2
        assert kernels["idle"].poll() is None
        assert kernels["idle"].wait(10) == -signal.SIGTERM
        until(lambda: len(broker.holders()) == 2, 5, 0.02)
        assert {kernel for _, kernel in broker.holders()} == {"busy", "script"}
        assert ada.call(leases.state)["taken"][0]["kernel"] == "idle"
        assert got(ada.askings[0]) is None, "restarted by its server it goes on without a card"
        assert [row[0] for row in broker.events("warning", "taking back", "end", "cpu")] == [
            "warning", "taking back", "end", "cpu"
        ]  # fmt: skip
    finally:
        broker.end()
