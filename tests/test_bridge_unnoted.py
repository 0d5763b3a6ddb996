"""What no note tells of: regions that a killed push had sent, deleted here since; an image deleted before a pull."""

import pytest

from imagine_kernels.records import Box, Region
from imagine_widgets.label_studio import conflicts
from imagine_widgets.label_studio.server import Server

pytestmark = pytest.mark.live


def box(x, label="chaetoceros"):
    return Region(label, shape=Box(x, 2, 10, 10))


def said(world):
    """The regions that lie there."""
    return {one["id"] for one in world.annotation(0)["result"]}


@pytest.fixture
def pair(world):
    """Two regions of one sample that both sides agree on."""
    world.one, world.two = box(1), box(20)
    world.draw(0, world.one)
    world.draw(0, world.two)
    world.push()
    return world


@pytest.fixture
def unnoted(pair, monkeypatch):
    """A third region, which was sent by a push that was killed before its note."""
    pair.third = box(12)
    pair.draw(0, pair.third)

    def killed(_, __, agreements):
        if agreements:
            raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr(type(pair.store.agreed), "agree", killed)
        with pytest.raises(KeyboardInterrupt):
            pair.push()
    assert pair.third.id in said(pair)
    return pair


@pytest.mark.parametrize("ways", [("pull", "push"), ("push",)])
def test_a_region_that_was_sent_unnoted_and_then_deleted_here_goes_there_too(unnoted, ways):
    unnoted.drop(0, unnoted.third)
    done = [getattr(unnoted, way)() for way in ways]
    assert done[-1].labels == 1
    assert said(unnoted) == {unnoted.one.id, unnoted.two.id}
    assert (unnoted.push().labels, unnoted.pull().new, unnoted.waiting, conflicts(unnoted.store)) == (0, (), 0, ())


def test_a_region_that_was_sent_unnoted_changed_there_and_deleted_here_is_put_before_a_person(unnoted):
    there = unnoted.annotation(0)
    (third,) = (one for one in there["result"] if one["id"] == unnoted.third.id)
    third["value"]["rectanglelabels"] = ["skeletonema"]
    unnoted.update(there, there["result"])
    unnoted.drop(0, unnoted.third)
    unnoted.push()
    assert [one.theirs.label for one in conflicts(unnoted.store)] == ["skeletonema"]
    assert unnoted.third.id in said(unnoted)


def test_what_was_drawn_and_deleted_here_before_it_was_sent_is_looked_for_once(pair, monkeypatch):
    brief = box(12)
    for number in (0, 1):
        pair.draw(number, brief)
        pair.drop(number, brief)
    asked, whole = [], Server.task
    monkeypatch.setattr(Server, "task", lambda server, number: asked.append(number) or whole(server, number))
    assert [pair.push().labels, len(asked), pair.push().labels, len(asked)] == [0, 2, 0, 2]
    pair.draw(0, brief)
    assert (pair.push().labels, said(pair)) == (1, {pair.one.id, pair.two.id, brief.id})


def test_an_image_deleted_there_between_a_push_and_the_first_pull_is_told(pair):
    task = pair.tasks()[pair.samples[0].id]["id"]
    pair.api("DELETE", f"/api/tasks/{task}/")
    done = pair.pull()
    assert [one.where for one in done.left_out] == [pair.samples[0].id]
    assert "was deleted there; they stay here (2)" in done.left_out[0].why
    assert str(done) == "Nothing new was made in Label Studio. 1 left out: see left_out."
    assert pair.pull().left_out == ()
    assert (pair.push().images, pair.pull().left_out) == (1, ())
