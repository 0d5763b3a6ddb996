"""Pushes that are killed, hung, doubled or at once: the next one finishes them, nothing is lost or there twice."""

import contextlib
import random
import signal
import subprocess
import sys
import threading
import time

import pytest
from bridge_world import World
from label_studio_server import running

from imagine_widgets.label_studio import connection, outgoing, turns
from imagine_widgets.label_studio.connection import LabelStudioError
from imagine_widgets.label_studio.server import Server

pytestmark = pytest.mark.live
PUSH = "import sys; from bridge_world import push_from; push_from(sys.argv[1])"


@contextlib.contextmanager
def child(world):
    """A process that is about to push this world."""
    pushing = subprocess.Popen(
        [sys.executable, "-c", PUSH, str(world.folder)],
        env=world.for_child(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with pushing:
        assert pushing.stdout.readline() == "ready\n", pushing.stderr.read()
        try:
            yield pushing
        finally:
            pushing.kill()


def test_a_server_that_hangs_is_given_up_and_what_it_did_afterwards_is_not_done_twice(world, monkeypatch):
    made = world.label(0, "skeletonema")
    world.push(samples=world.samples[:2], predictions=world.predictions[:2])
    monkeypatch.setattr(connection, "READ", 1.0)
    world.label(1, "skeletonema")
    for _ in range(3):
        world.server.signal(signal.SIGSTOP)
        done = world.push()
        assert "does not answer in time" in done.problem
        world.server.signal(signal.SIGCONT)
        monkeypatch.setattr(connection, "READ", 60.0)
        assert world.push().problem is None
        monkeypatch.setattr(connection, "READ", 1.0)
    world.check_whole([made, *world.store.current(world.samples[1].id)])


def test_a_push_that_the_server_hears_after_we_gave_up_leaves_nothing_twice(world, monkeypatch):
    """The server stops just when the tasks are on their way: it makes them later, and so does the next push."""
    made = [world.label(i, "chaetoceros") for i in range(4)]
    whole = Server.add_tasks

    def stopped(server, project, tasks):
        server._client.timeout = 1.0
        world.server.signal(signal.SIGSTOP)
        return whole(server, project, tasks)

    monkeypatch.setattr(Server, "add_tasks", stopped)
    assert "does not answer in time" in world.push().problem
    monkeypatch.setattr(Server, "add_tasks", whole)
    world.server.signal(signal.SIGCONT)
    assert world.push().problem is None
    world.push()
    world.check_whole(made)


def test_a_server_that_stumbles_after_it_did_what_was_asked_is_asked_anew_and_does_nothing_twice(world, monkeypatch):
    whole, calls = Server.add_tasks, []

    def stumbling(server, project, tasks):
        whole(server, project, tasks)
        calls.append(1)
        raise LabelStudioError("database is locked", 500)

    monkeypatch.setattr(outgoing, "PAUSES", (0.01, 0.01))
    monkeypatch.setattr(Server, "add_tasks", stumbling)
    made = world.label(0, "skeletonema")
    assert world.push().problem is None
    assert len(calls) == 1
    world.check_whole([made])


def test_a_push_killed_at_any_moment_is_finished_by_the_next(world):
    """Five times, at moments spread over a whole push; the same project goes on."""
    chance = random.Random(20260101)
    world.samples = world.samples[:1]
    world = World(world.server, world.folder / "many", count=60)
    made = [world.label(i, "chaetoceros") for i in range(0, 60, 4)]
    began = time.monotonic()
    scout = World(world.server, world.folder / "scout", count=60)
    scout.push()
    whole = time.monotonic() - began
    ends = []
    for number in range(5):
        with child(world) as pushing:
            time.sleep(whole * chance.uniform(0.0, 1.2) * (number + 1) / 5)
            pushing.send_signal(signal.SIGKILL)
            ends.append("done" in pushing.stdout.read())
        made.append(world.label(number * 4 + 1, "skeletonema"))
    assert not all(ends), "no push was cut off"
    assert world.push().problem is None
    world.check_whole(made)


def test_a_server_killed_at_any_moment_gets_the_rest_when_it_is_back(tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGINE_WORK", str(tmp_path / "work"))
    with running(tmp_path / "label-studio") as own:
        world = World(own, tmp_path, count=60)
        made = [world.label(i, "chaetoceros") for i in range(0, 60, 3)]
        problems = []
        for pause in (0.3, 0.8):
            killer = threading.Timer(pause, own.signal, [signal.SIGKILL])
            killer.start()
            problems.append(world.push().problem)
            killer.join()
            own.stop()
            own.start()
        assert any(problems), "no push was cut off"
        assert world.push().problem is None
        world.check_whole(made)


def test_pushes_of_two_processes_and_two_threads_at_once_leave_everything_once(world):
    made = [world.label(i, "skeletonema") for i in range(3)]
    with child(world) as one, child(world) as two:
        done = []
        threads = [threading.Thread(target=lambda: done.append(world.push())) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for pushing in (one, two):
            out, err = pushing.communicate(timeout=120)
            assert "done" in out, err
    assert [d.problem for d in done] == [None, None]
    world.check_whole(made)


def test_pushes_that_do_not_know_of_each_other_are_put_right_by_the_next(world, tmp_path, monkeypatch):
    """Two machines share no lock: all make the project and the tasks; the next push leaves one of each task."""
    made = world.label(0, "skeletonema")
    done = []
    monkeypatch.setattr(turns, "_taken", lambda _: True)
    threads = [threading.Thread(target=lambda: done.append(world.push())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert world.push().problem is None
    world.check_whole([made])


def test_a_person_who_worked_on_a_task_that_lies_there_twice_loses_nothing(world):
    world.push(samples=world.samples[:1])
    first = world.tasks()[world.samples[0].id]
    twin = [{"data": first["data"], "meta": first["meta"]}]
    query = f"/api/projects/{world.project['id']}/import?return_task_ids=true"
    task = world.api("POST", query, json=twin).json()["task_ids"][0]
    said = {
        "id": "x",
        "type": "choices",
        "from_name": "label",
        "to_name": "image",
        "value": {"choices": ["chaetoceros"]},
    }
    world.api("POST", f"/api/tasks/{task}/annotations/", "bob", json={"result": [said]})
    assert world.push().total == 6
    (found,) = world.pull().new
    assert (found.author, found.regions[0].label) == ("bob", "chaetoceros")
    assert world.tasks()[world.samples[0].id]["id"] == task


def test_a_kernel_killed_between_pulling_and_noting_has_not_pulled_and_the_next_pull_takes_what_holds(
    world, monkeypatch
):
    world.push()
    world.annotate(0, "skeletonema")
    with monkeypatch.context() as cut:
        cut.setattr(type(world.store.agreed), "agree", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            world.pull()
    assert (world.waiting, world.store.regions(world.samples[0].id)) == (0, ())
    world.change(0, "chaetoceros")
    world.push()
    assert len(world.tasks()[world.samples[0].id]["annotations"]) == 1
    done = world.pull()
    assert ([one.regions[0].label for one in done.new], done.conflicts, world.waiting) == (["chaetoceros"], (), 0)


def test_a_push_that_waits_too_long_for_another_says_so(world, monkeypatch):
    monkeypatch.setattr(turns, "PATIENCE", 0.3)
    with turns.turn(world.server.url, world.title):
        assert "Another notebook has been pushing" in world.push().problem
    assert world.push().problem is None


def test_what_a_killed_push_uploaded_is_used_by_the_next(world, monkeypatch):
    with monkeypatch.context() as cut:
        cut.setattr(Server, "add_tasks", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            world.push()
    world.push()
    world.check_whole()
    files = world.api("GET", f"/api/projects/{world.project['id']}/file-uploads?all=true").json()
    assert len(files) == 6
