"""Push to a real Label Studio: everything once, letter for letter, and what cannot go is told."""

import numpy as np
import pytest
from bridge_world import HOSTILE, LABELS, make_samples, predict
from label_studio_server import PEOPLE

from imagine_kernels import images
from imagine_kernels.records import Prediction, Region, Sample
from imagine_kernels.shapes import TimeFrequency
from imagine_kernels.use_case import Label
from imagine_widgets.active_learning import next_batch
from imagine_widgets.label_studio import push

pytestmark = pytest.mark.live
SOUND = TimeFrequency(0.0, 1.0)


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
    item = world.annotation(0)["result"][0]
    assert item["id"] == made.id
    kept = item["meta"]["imagine"]
    assert (kept["author"], kept["at"]) == ("grace", made.at)


def test_a_newer_label_here_takes_the_place_of_her_older_one_there(world):
    world.label(0, "skeletonema")
    world.push()
    newer = world.label(0, "chaetoceros")
    assert world.push().labels == 1
    world.check_whole([newer])
    assert world.pull().new == ()


def test_a_newer_label_here_never_takes_the_place_of_what_a_person_did_there(world):
    made = world.label(0, "skeletonema")
    world.push()
    world.change(0, "chaetoceros", who="bob")
    world.draw(0, Region("skeletonema", id=made.id, state="accepted"))
    assert world.push().labels == 0
    assert world.annotation(0)["result"][0]["value"]["choices"] == ["chaetoceros"]
    assert [one.theirs.label for one in world.pull().conflicts] == ["chaetoceros"]


def test_a_label_taken_back_here_goes_there_too_unless_somebody_changed_it(world):
    made = [world.label(0, "skeletonema"), world.label(1, "skeletonema")]
    world.push()
    world.change(1, "chaetoceros", who="bob")
    for number, row in enumerate(made):
        world.drop(number, row.region)
    world.push()
    tasks = world.tasks()
    assert tasks[world.samples[0].id]["annotations"] == []
    assert len(tasks[world.samples[1].id]["annotations"]) == 1
    assert world.waiting == 0
    assert [one.sample_id for one in world.pull().conflicts] == [world.samples[1].id]


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
    assert (done.images, done.predictions, done.labels, done.refused) == (
        2 * len(HOSTILE),
        2 * len(HOSTILE),
        len(HOSTILE),
        (),
    )
    for i, name in enumerate(HOSTILE):
        world.annotate(len(HOSTILE) + i, name)
    assert [a.regions[0].label for a in world.pull().new] == list(HOSTILE)


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
        Prediction(world.samples[1].id, (Region("skeletonema", shape=SOUND),), "net", "b" * 64),
    ]
    world.draw(2, Region("skeletonema", shape=SOUND))
    done = world.push(samples=[broken, *world.samples, gone], predictions=[*odd, *world.predictions])
    assert (done.images, done.predictions, done.labels, done.problem) == (6, 6, 0, None)
    why = {skipped.where: skipped.why for skipped in done.refused}
    assert "broken.png" in why["broken"]
    assert "gone.png" in why["gone"]
    assert "'unheard of' is not a class" in why[world.samples[0].id]
    assert "TimeFrequency cannot be shown" in why[world.samples[1].id]
    assert "TimeFrequency cannot be shown" in why[world.samples[2].id]
    assert done.waiting == world.waiting == 1


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
    assert "1 label of yours not there" in done._repr_markdown_()
    assert world.push().labels == 1


def test_titles_that_contain_each_other_are_different_projects(world):
    world.push()
    longer = push(world.title + " 2", LABELS, world.samples[:1], url=world.server.url, token=PEOPLE["ada"])
    assert (longer.images, longer.total) == (1, 1)
    assert world.push().total == 6


def test_a_project_whose_description_a_person_rewrote_is_still_the_one(world):
    world.push()
    number = world.project["id"]
    world.api("PATCH", f"/api/projects/{number}/", json={"description": "Autumn cruise, station 130"})
    assert world.push().total == 6
    assert world.project["id"] == number
    assert world.project["description"] == "Autumn cruise, station 130"


def test_the_next_batch_goes_there_in_one_call_and_the_least_sure_is_offered_first(world):
    scores = (0.9, 0.7, 0.55, 0.8, 0.99, 0.6)
    told = [
        Prediction(one.id, (Region("skeletonema", score),), "net", "")
        for one, score in zip(world.samples, scores, strict=True)
    ]
    batch = next_batch(told, 4, random_share=0.0)
    for name in ("a title, labels and samples", "again"):
        done = world.push(samples=batch.of(world.samples), predictions=told, unsure_first=True)
        assert (done.total, done.problem) == (4, None), name
    offered = []
    for _ in range(4):
        task = world.api("GET", f"/api/projects/{world.project['id']}/next").json()
        offered.append(task["data"]["sample"])
        world.api("POST", f"/api/tasks/{task['id']}/annotations/", json={"result": []})
    assert offered == [f"run1/{number}" for number in (2, 5, 1, 3)]
    assert sorted(offered) == sorted(batch.ids())
    world.push(samples=(), predictions=(), unsure_first=False)
    assert world.api("GET", f"/api/projects/{world.project['id']}").json()["sampling"] == "Sequential sampling"
