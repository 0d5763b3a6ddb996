"""Pull from a real Label Studio: what people made and changed there, once, with author and time."""

import pytest
from label_studio_server import PEOPLE

from imagine_kernels.records import Region
from imagine_widgets.label_studio import link

pytestmark = pytest.mark.live


def test_a_label_made_there_comes_back_once_with_author_and_time(world):
    world.label(0, "skeletonema")
    world.push()
    made = world.annotate(1, "chaetoceros", who="bob")
    pulled, again = world.pull(), world.pull()
    (found,) = pulled.new
    assert (found.sample_id, found.author, found.tool) == (world.samples[1].id, "bob", "label studio")
    assert found.regions == (Region("chaetoceros", id=made["result"][0]["id"]),)
    assert found.at[:19] == made["updated_at"][:19]
    assert again.new == ()
    assert world.row(1, found.regions[0].id, "bob").region == found.regions[0]
    assert world.push().labels == 0, "what came from there does not go back"
    assert len(world.tasks()[found.sample_id]["annotations"]) == 1


def test_a_label_of_ours_that_a_person_changes_there_comes_back_as_hers(world):
    ours = world.label(0, "skeletonema")
    world.push()
    assert world.pull().new == ()
    world.change(0, "chaetoceros", who="bob")
    (found,) = world.pull().new
    assert (found.author, found.regions[0].label, found.regions[0].id) == ("bob", "chaetoceros", ours.id)
    world.change(0, "skeletonema", who="bob")
    (back,) = world.pull().new
    assert back.regions[0].label == "skeletonema", "a change of mind back to what we sent is news too"
    (holds,) = world.store.current(ours.sample_id)
    assert (holds.author, holds.region) == ("bob", back.regions[0])
    assert world.row(0, ours.id) == ours, "what she said before stays hers"
    assert world.push().labels == 0
    assert len(world.tasks()[ours.sample_id]["annotations"]) == 1


def test_skipped_images_are_not_labels(world):
    world.push()
    world.annotate(0, "skeletonema", was_cancelled=True)
    world.annotate(1, "skeletonema")
    assert [a.sample_id for a in world.pull().new] == [world.samples[1].id]


def test_two_peoples_labels_of_one_image_both_come_back(world):
    world.push()
    world.annotate(0, "skeletonema", who="ada")
    world.annotate(0, "chaetoceros", who="bob")
    found = world.pull()
    assert {(a.author, a.regions[0].label) for a in found.new} == {
        ("ada", "skeletonema"),
        ("bob", "chaetoceros"),
    }
    assert world.pull().new == ()


def test_an_older_label_there_does_not_undo_a_newer_one_here(world):
    world.push()
    world.annotate(0, "skeletonema")
    newer = world.label(0, "chaetoceros", author="grace")
    assert len(world.pull().new) == 1
    assert world.store.current(newer.sample_id) == (newer,)


def test_a_class_that_only_label_studio_knows_comes_back_as_it_is(world):
    world.push()
    world.annotate(0, "something nobody listed")
    assert world.pull().new[0].regions[0].label == "something nobody listed"


def test_an_image_uploaded_there_by_hand_is_no_sample_and_is_told(world):
    world.push()
    project = world.project["id"]
    send = [{"data": {"image": "/static/x.png"}}]
    task = world.api("POST", f"/api/projects/{project}/import?return_task_ids=true", json=send).json()["task_ids"][0]
    said = {
        "id": "x",
        "type": "choices",
        "from_name": "label",
        "to_name": "image",
        "value": {"choices": ["skeletonema"]},
    }
    world.api("POST", f"/api/tasks/{task}/annotations/", json={"result": [said]})
    found = world.pull()
    assert found.new == ()
    assert "did not come by push" in found.left_out[0].why
    assert world.push().total == 6


def test_without_a_store_images_and_predictions_go_and_everything_comes_back(world):
    done = world.push(store=None)
    assert (done.images, done.labels) == (6, 0)
    world.annotate(0, "skeletonema")
    assert len(world.pull(store=None).new) == len(world.pull(store=None).new) == 1


def test_the_link_opens_the_project_and_holds_no_token(world):
    done = world.push()
    found = link(world.title, url=world.server.url, token=PEOPLE["ada"])
    assert str(found) == done.address == f"{world.server.url}/projects/{world.project['id']}/data"
    assert done.address in done._repr_markdown_()
    shown = f"{done!r}{done._repr_markdown_()}{found!r}{world.pull()!r}"
    assert PEOPLE["ada"] not in shown


def test_a_title_that_was_never_pushed_is_told(world):
    assert "push to it first" in world.pull().problem
    assert "push to it first" in str(link("Never pushed", url=world.server.url, token=PEOPLE["ada"]))
