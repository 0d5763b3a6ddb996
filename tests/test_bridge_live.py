"""Push and pull against a real Label Studio."""

import numpy as np
import pytest
from bridge_world import LABELS, World, make_samples, predict
from label_studio_server import PEOPLE, LabelStudio, template

from hub_config import settings
from imagine_kernels import images
from imagine_kernels.records import Annotation, Box, Prediction, Region, Sample
from imagine_kernels.use_case import Label
from imagine_widgets.label_studio import link, push

pytestmark = pytest.mark.live
HOSTILE = ("<b>bold</b>", 'it\'s "quoted" & co', "عوالق نباتية", "🦠 emoji", "$image", "a/b\\c", "007", "true", " led")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    python = settings.load().folders.python("labelstudio")
    running = LabelStudio(tmp_path_factory.mktemp("label-studio"), python, template(python)).start()
    yield running
    running.stop()


@pytest.fixture
def world(server, tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGINE_WORK", str(tmp_path / "work"))
    return World(server, tmp_path)


def test_a_push_brings_pictures_predictions_and_labels_and_a_second_brings_nothing(world):
    made = [world.label(0, "skeletonema"), world.label(3, "chaetoceros")]
    first, second = world.push(), world.push()
    assert (first.images, first.predictions, first.labels, first.problem) == (6, 6, 2, None)
    assert (second.images, second.predictions, second.labels, second.total) == (0, 0, 0, 6)
    world.check_whole(made)
    guess = world.tasks()[world.samples[1].id]["predictions"][0]
    assert (guess["model_version"], guess["score"]) == ("net@aaaaaaaa", 0.25)
    assert world.project["model_version"] == "net@aaaaaaaa", "the page shows this model's labels first"


def test_the_picture_shown_there_is_the_sample_pixel_for_pixel(world):
    world.push()
    assert np.array_equal(world.picture(4), images.read(world.samples[4]))


def test_the_author_and_the_time_of_a_label_made_here_are_kept_there(world):
    made = world.label(0, "chaetoceros", author="grace")
    world.push()
    item = world.tasks()[made.sample_id]["annotations"][0]["result"][0]
    assert item["id"] == made.regions[0].id
    assert item["meta"]["imagine"] == {
        "annotation": made.id,
        "author": "grace",
        "at": made.at,
        "tool": "notebook",
    }


def test_a_label_made_there_comes_back_once_with_author_and_time(world):
    world.label(0, "skeletonema")
    world.push()
    made = world.annotate(1, "chaetoceros", who="bob")
    pulled, again = world.pull(), world.pull()
    (found,) = pulled.annotations
    assert (found.sample_id, found.author, found.tool) == (world.samples[1].id, "bob", "label studio")
    assert found.regions == (Region("chaetoceros", id=made["result"][0]["id"]),)
    assert found.at[:19] == made["updated_at"][:19]
    assert pulled.new == (found,)
    assert (again.annotations, again.new) == ((found,), ())
    assert world.journal.annotations()[found.sample_id] == found
    assert world.push().labels == 0, "what came from there does not go back"
    assert len(world.tasks()[found.sample_id]["annotations"]) == 1


def test_a_label_of_ours_that_a_person_changes_there_comes_back_as_hers(world):
    ours = world.label(0, "skeletonema")
    world.push()
    assert world.pull().annotations == ()
    world.change(0, "chaetoceros", who="bob")
    (found,) = world.pull().annotations
    assert (found.author, found.regions[0].label, found.regions[0].id) == ("bob", "chaetoceros", ours.regions[0].id)
    world.change(0, "skeletonema", who="bob")
    (back,) = world.pull().new
    assert back.regions[0].label == "skeletonema", "a change of mind back to what we sent is news too"
    assert world.journal.annotations()[ours.sample_id] == back


def test_skipped_images_are_not_labels(world):
    world.push()
    world.annotate(0, "skeletonema", was_cancelled=True)
    world.annotate(1, "skeletonema")
    assert [a.sample_id for a in world.pull().annotations] == [world.samples[1].id]


def test_two_peoples_labels_of_one_image_both_come_back(world):
    world.push()
    world.annotate(0, "skeletonema", who="ada")
    world.annotate(0, "chaetoceros", who="bob")
    found = world.pull()
    assert {(a.author, a.regions[0].label) for a in found.annotations} == {
        ("ada", "skeletonema"),
        ("bob", "chaetoceros"),
    }
    assert world.pull().new == ()


def test_a_newer_label_here_takes_the_place_of_her_older_one_there(world):
    world.label(0, "skeletonema")
    world.push()
    newer = world.label(0, "chaetoceros")
    assert world.push().labels == 1
    world.check_whole([newer])
    assert world.pull().annotations == ()


def test_a_newer_label_here_never_takes_the_place_of_what_a_person_did_there(world):
    world.label(0, "skeletonema")
    world.push()
    world.change(0, "chaetoceros", who="bob")
    world.label(0, "skeletonema")
    world.push()
    said = [a["result"][0]["value"]["choices"] for a in world.tasks()[world.samples[0].id]["annotations"]]
    assert said == [["chaetoceros"], ["skeletonema"]]


def test_an_older_label_there_does_not_undo_a_newer_one_here(world):
    world.push()
    world.annotate(0, "skeletonema")
    newer = world.label(0, "chaetoceros")
    assert len(world.pull().annotations) == 1
    assert world.journal.annotations()[newer.sample_id] == newer


def test_a_label_taken_back_here_goes_there_too_unless_somebody_changed_it(world):
    made = [world.label(0, "skeletonema"), world.label(1, "skeletonema")]
    world.push()
    world.change(1, "chaetoceros", who="bob")
    world.journal.withdraw([a.id for a in made], "ada")
    world.push()
    tasks = world.tasks()
    assert tasks[world.samples[0].id]["annotations"] == []
    assert len(tasks[world.samples[1].id]["annotations"]) == 1
    assert not world.journal.recalled()


def test_hostile_classes_go_there_and_come_back_letter_for_letter(world):
    world.labels = [Label(name, name) for name in HOSTILE]
    world.samples = make_samples(world.folder, len(HOSTILE) * 2)
    world.predictions = [
        Prediction(s.id, (Region(HOSTILE[i % len(HOSTILE)], 0.0),), "net", "a" * 64)
        for i, s in enumerate(world.samples)
    ]
    for i, name in enumerate(HOSTILE):
        world.label(i, name)
    done = world.push()
    assert (done.images, done.predictions, done.labels, done.refused) == (18, 18, 9, ())
    for i, name in enumerate(HOSTILE):
        world.annotate(len(HOSTILE) + i, name)
    assert [a.regions[0].label for a in world.pull().annotations] == list(HOSTILE)


def test_a_class_that_only_label_studio_knows_comes_back_as_it_is(world):
    world.push()
    world.annotate(0, "something nobody listed")
    assert world.pull().annotations[0].regions[0].label == "something nobody listed"


def test_classes_grow_the_page_and_none_that_was_used_goes(world):
    world.label(0, "skeletonema")
    world.push()
    world.labels = [Label("ditylum", "Ditylum brightwellii", 149023, key="d"), LABELS[1]]
    world.label(1, "ditylum")
    assert world.push(predictions=()).problem is None
    for name in ("skeletonema", "chaetoceros", "ditylum"):
        assert f'alias="{name}"' in world.project["label_config"]


def test_a_label_that_is_no_class_of_the_model_gets_its_place_on_the_page(world):
    world.label(0, "jellyfish egg")
    done = world.push()
    assert (done.labels, done.refused) == (1, ())
    assert "jellyfish egg" in world.project["label_config"]


def test_a_page_that_was_changed_behind_our_back_is_told_and_left_alone(world):
    world.push()
    changed = '<View><Image name="picture" value="$image"/></View>'
    world.api("PATCH", f"/api/projects/{world.project['id']}/", json={"label_config": changed})
    world.label(0, "skeletonema")
    done = world.push()
    assert "put them back in its settings there" in done.problem
    assert "your 1 label is safe" in done.problem
    assert world.project["label_config"] == changed


def test_pictures_and_records_that_cannot_go_are_told_and_the_rest_goes(world):
    broken = Sample("broken", str(world.folder / "broken.png"), 10, 10)
    (world.folder / "broken.png").write_bytes(b"%PDF-1.7 no picture")
    gone = Sample("gone", str(world.folder / "gone.png"), 10, 10)
    odd = [
        Prediction(world.samples[0].id, (Region("unheard of", 0.5),), "net", "b" * 64),
        Prediction(world.samples[1].id, (Region("skeletonema", shape=Box(0, 0, 5, 5)),), "net", "b" * 64),
    ]
    two = Annotation(world.samples[2].id, (Region("skeletonema"), Region("chaetoceros")), "ada")
    world.journal.append(two)
    done = world.push(samples=[broken, *world.samples, gone], predictions=[*odd, *world.predictions])
    assert (done.images, done.predictions, done.labels, done.problem) == (6, 6, 0, None)
    why = {skipped.where: skipped.why for skipped in done.refused}
    assert "broken.png" in why["broken"]
    assert "gone.png" in why["gone"]
    assert "'unheard of' is not a class" in why[world.samples[0].id]
    assert "shape" in why[world.samples[1].id]
    assert "2 labels" in why[world.samples[2].id]
    assert (done.waiting, world.journal.unsent()) == (1, (two,))


def test_another_model_adds_its_predictions_beside_the_first(world):
    world.push()
    other = predict(world.samples, "chaetoceros", weights="b" * 64)
    done = world.push(predictions=other)
    assert (done.images, done.predictions) == (0, 6)
    assert world.push(predictions=other).predictions == 0
    assert {len(task["predictions"]) for task in world.tasks().values()} == {2}
    assert world.project["model_version"] == "net@bbbbbbbb"


def test_samples_that_come_later_join_the_same_project(world):
    world.push(samples=world.samples[:2])
    done = world.push()
    assert (done.images, done.total) == (4, 6)
    world.check_whole()


def test_a_label_whose_image_is_not_there_waits_and_is_told(world):
    world.label(5, "skeletonema")
    done = world.push(samples=world.samples[:2])
    assert (done.labels, done.waiting) == (0, 1)
    assert "1 label of the journal not there" in done._repr_markdown_()
    assert world.push().labels == 1


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
    assert found.annotations == ()
    assert "did not come by push" in found.left_out[0].why
    assert world.push().total == 6


def test_without_a_journal_images_and_predictions_go_and_everything_comes_back(world):
    done = world.push(journal=None)
    assert (done.images, done.labels) == (6, 0)
    world.annotate(0, "skeletonema")
    assert len(world.pull(journal=None).new) == len(world.pull(journal=None).annotations) == 1


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


def test_titles_that_contain_each_other_are_different_projects(world):
    world.push()
    longer = push(world.title + " 2", LABELS, world.samples[:1], url=world.server.url, token=PEOPLE["ada"])
    assert (longer.images, longer.total) == (1, 1)
    assert world.push().total == 6
