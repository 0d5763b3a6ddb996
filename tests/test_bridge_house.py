"""Push and pull as a notebook does them: through the hub's door, with the hub's token, each person in her own part."""

import numpy as np
import pytest
from bridge_world import LABELS, make_samples, predict

from imagine_kernels import images
from imagine_kernels.records import Box, Region
from imagine_widgets.label_studio import link, pull, push
from imagine_widgets.store import Put, Store

pytestmark = pytest.mark.live
TITLE = "FlowCam, autumn"


@pytest.fixture
def as_person(house, monkeypatch, tmp_path):
    """What the hub gives a person's kernel: where Label Studio is, and her token."""

    def become(name):
        monkeypatch.setenv("IMAGINE_WORK", str(tmp_path / name))
        monkeypatch.setenv("JUPYTERHUB_USER", name)
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", house.token(name))
        monkeypatch.setenv("IMAGINE_LABEL_STUDIO_URL", f"{house.url}/services/label-studio")
        return Store(tmp_path / name / "own.labels")

    return become


def test_two_people_push_the_same_title_at_the_same_time_and_see_only_their_own(house, as_person, tmp_path):
    samples = {"bridge-ada": make_samples(tmp_path / "a", 5), "bridge-grace": make_samples(tmp_path / "g", 3)}
    for _ in range(2):
        for name, own in samples.items():
            as_person(name)
            done = push(TITLE, LABELS, own, predict(own))
            assert (done.problem, done.total) == (None, len(own))
    as_person("bridge-ada")
    more = make_samples(tmp_path / "more", 4, group="run2")
    done = push(TITLE, LABELS, more, predict(more))
    assert (done.problem, done.images, done.total) == (None, 4, 9)


@pytest.mark.parametrize("name", ["bridge-linus", "maria.o_neill-2"])
def test_a_label_made_there_in_the_browser_comes_back_as_the_hub_user(house, as_person, tmp_path, name):
    store = as_person(name)
    samples = make_samples(tmp_path / "samples", 3)
    done = push(TITLE, LABELS, samples, predict(samples), store=store)
    assert (done.problem, done.images, done.predictions) == (None, 3, 3)

    browser = house.sign_in(name)
    assert browser.get(str(link(TITLE))).status_code == 200
    project = done.address.removesuffix("/data").rpartition("/")[2]
    query = {"project": project, "fields": "all"}
    tasks = browser.get("/services/label-studio/api/tasks/", params=query).json()["tasks"]
    shown = browser.get(tasks[0]["data"]["image"])
    assert shown.headers["content-type"] == "image/png"
    sample = next(s for s in samples if s.id == tasks[0]["data"]["sample"])
    (tmp_path / "shown.png").write_bytes(shown.content)
    from imagine_kernels.records import Sample

    assert np.array_equal(images.read(Sample("shown", str(tmp_path / "shown.png"), 40, 30)), images.read(sample))

    said = {
        "id": "abc",
        "type": "choices",
        "from_name": "label",
        "to_name": "image",
        "value": {"choices": ["chaetoceros"]},
    }
    made = browser.post(
        f"/services/label-studio/api/tasks/{tasks[0]['id']}/annotations/",
        json={"result": [said]},
        headers={"Origin": house.url, "Referer": done.address},
    )
    assert made.status_code == 201, made.text
    found = pull(TITLE, store=store)
    assert [(a.sample_id, a.author, a.regions[0].label) for a in found.new] == [(sample.id, name, "chaetoceros")]
    assert pull(TITLE, store=store).new == ()


def test_a_token_the_hub_does_not_know_is_a_sentence(house, as_person, tmp_path, monkeypatch):
    store = as_person("bridge-ada")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "0" * 32)
    samples = make_samples(tmp_path / "samples", 2)
    done = push(TITLE, LABELS, samples, store=store)
    assert "start it again" in done.problem
    assert "0" * 32 not in done.problem


def test_a_project_of_a_group_is_shared_by_its_members_and_refused_to_others(house, as_person, tmp_path):
    samples = make_samples(tmp_path / "samples", 2)
    assert house.api("admin", "POST", "/groups/bridge-reef").status_code == 201
    for name in ("bridge-ada", "bridge-grace"):
        as_person(name)
    added = house.api("admin", "POST", "/groups/bridge-reef/users", json={"users": ["bridge-ada", "bridge-grace"]})
    assert added.status_code == 200
    store = as_person("bridge-ada")
    store.write([Put(samples[0].id, Region("skeletonema", shape=Box(1, 2, 3, 4)), "bridge-ada")])
    done = push("Reef", LABELS, samples, store=store, group="bridge-reef")
    assert (done.problem, done.labels) == (None, 1)
    store = as_person("bridge-grace")
    assert [a.author for a in pull("Reef", store=store, group="bridge-reef").new] == ["bridge-ada"]
    assert "push to it first" in pull("Reef", store=store).problem, "her own projects are others"
    as_person("bridge-linus")
    refused = push("Reef", LABELS, samples, group="bridge-reef")
    assert "You are not in the group 'bridge-reef' at the hub" in refused.problem
