"""Predictions on the spot, in the house as it runs: Label Studio asks its models, for whoever may see the pictures."""

import io
import json
import math
import re
import signal
from dataclasses import dataclass
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

import httpx
import pytest
from browser import Visitor, chromium
from house import until
from neighbours import FORGED, caller
from PIL import Image
from playwright.sync_api import expect

from hub_config import processes
from imagine_kernels import images, predict, use_case
from imagine_kernels.records import Sample, to_json
from imagine_widgets.label_studio import tasks as bridge

pytestmark = [pytest.mark.live, pytest.mark.browser]

CASE = use_case.get("phytoplankton")
GROUP, MINE = "spot-group", "spot-grace"
MODEL = "/services/models/phytoplankton/"


def page(names, part="Choices", item="Choice"):
    offered = "".join(f"<{item} value={quoteattr(name)}/>" for name in names)
    return f'<View><Image name="image" value="$image"/><{part} name="said" toName="image">{offered}</{part}></View>'


def upload(person, project, files):
    """The addresses of pictures, which lie in the project then."""
    sent = [(name, (name, content, "image/png")) for name, content in files.items()]
    path = f"/api/projects/{project}/import?commit_to_project=false"
    ids = json.dumps(person.post(path, files=sent).json()["file_upload_ids"])
    found = person.get(f"/api/projects/{project}/file-uploads", params={"ids": ids}).json()
    by_name = {one["file"].partition("-")[2]: one["file"] for one in found}
    return [f"/services/label-studio/data/{quote(by_name[name])}" for name in files]


@dataclass
class Spot:
    """A project of the group with pictures of the sample maker, its tasks, and what a notebook says of the pictures."""

    project: int
    tasks: list
    data: list
    said: list
    model: int


@pytest.fixture(scope="module")
def spot(house, pictures, tmp_path_factory):
    folder, samples = tmp_path_factory.mktemp("spot"), []
    for number, sample in enumerate(pictures(24).samples[:4]):
        Image.fromarray(images.read(sample)).save(folder / f"{number}.png")
        samples.append(Sample(str(number), str(folder / f"{number}.png"), sample.width, sample.height))
    files = {f"{number}.png": (folder / f"{number}.png").read_bytes() for number in range(4)}
    files["broken.png"] = files["0.png"][:60]
    for name in (MINE, "spot-linus", "spot-bob"):
        house.token(name)
    assert house.api("admin", "POST", f"/groups/{GROUP}").status_code == 201
    house.api("admin", "POST", f"/groups/{GROUP}/users", json={"users": [MINE, "spot-linus"]})
    with caller(house, MINE, "label-studio") as mine:
        said = {"title": "On the spot", "label_config": page(CASE.model().names)}
        project = mine.post("/api/projects/", params={"group": GROUP}, json=said).json()["id"]
        data = [{"data": {"image": address}} for address in upload(mine, project, files)]
        for one, sample in zip(data, samples, strict=False):
            one["meta"] = {"imagine": to_json(sample)}
        made = mine.post(f"/api/projects/{project}/import?return_task_ids=true", json=data).json()["task_ids"]
        connected = mine.post("/api/ml/", json={"project": project, "url": MODEL})
        assert connected.status_code == 201, connected.text
    run = predict.predict(CASE, samples, progress=False)
    return Spot(project, made, data, list(run.predictions), connected.json()["id"])


def retrieve(person, project):
    body = {"selectedItems": {"all": True}, "project": project}
    return person.post(f"/api/dm/actions/?id=retrieve_tasks_predictions&project={project}", json=body)


def agrees(made, said):
    assert [one["value"]["choices"] for one in made["result"]] == [[one.label] for one in said.regions]
    assert math.isclose(made["score"], said.regions[0].score, abs_tol=1e-4)
    assert made["model_version"] == bridge.version(said)


def test_opening_a_task_shows_what_the_notebook_says_to_every_member_of_the_group(house, spot):
    with caller(house, "spot-linus", "label-studio") as linus:
        (made,) = linus.get(f"/api/tasks/{spot.tasks[0]}/").json()["predictions"]
        agrees(made, spot.said[0])
        (model,) = linus.get("/api/ml/", params={"project": spot.project}).json()
        assert (model["readable_state"], model["title"]) == ("Connected", made["model_version"])
        assert linus.get(f"/api/projects/{spot.project}/").json()["model_version"] == made["model_version"]


def test_of_many_tasks_a_broken_picture_is_one_sentence_and_the_rest_is_predicted(house, spot):
    with caller(house, MINE, "label-studio") as mine:
        answer = retrieve(mine, spot.project)
        assert answer.status_code == 200
        assert re.fullmatch(r"\d new predictions for 5 tasks\. \w+-broken\.png [^.]+\..*", answer.json()["detail"])
        for task, said in zip(spot.tasks, spot.said, strict=False):
            (made,) = mine.get(f"/api/tasks/{task}/").json()["predictions"]
            agrees(made, said)
        assert mine.get(f"/api/tasks/{spot.tasks[-1]}/").json()["predictions"] == []


def test_an_outsider_neither_connects_nor_asks_for_the_pictures_of_the_group(house, spot):
    with caller(house, "spot-bob", "label-studio") as bob, caller(house, "spot-bob", "models", **FORGED) as asking:
        assert bob.post("/api/ml/", json={"project": spot.project, "url": MODEL}).status_code == 400
        assert retrieve(bob, spot.project).status_code == 404
        for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/predict/test?random=true")):
            assert bob.request(method, f"/api/ml/{spot.model}{path}").status_code == 404
        files = {one["data"]["image"]: one["data"]["image"].partition("/data/")[2] for one in spot.data}
        own = bob.post("/api/projects/", json={"title": "Of others", "label_config": page(CASE.model().names)}).json()[
            "id"
        ]
        made = bob.post(f"/api/projects/{own}/import?return_task_ids=true", json=spot.data).json()["task_ids"]
        assert bob.post("/api/ml/", json={"project": own, "url": MODEL}).status_code == 201
        assert "or it is somebody else's." in retrieve(bob, own).json()["detail"]
        assert all(bob.get(f"/api/tasks/{task}/").json()["predictions"] == [] for task in made)
        asking.headers.update({"X-Imagine-Sender": "label-studio", "X-Imagine-Groups": GROUP})
        answer = asking.post("/phytoplankton/predict", json={"tasks": spot.data, "files": files}).json()
        assert [one["result"] for one in answer["results"]] == [[]] * 5
        assert all(one["error"].endswith("or it is somebody else's.") for one in answer["results"])


def test_a_member_asks_through_the_door_what_label_studio_asks(house, spot):
    with caller(house, "spot-linus", "models") as linus:
        asked = {"tasks": spot.data, "label_config": page(CASE.model().names)}
        *found, broken = linus.post("/phytoplankton/predict", json=asked).json()["results"]
        for made, said in zip(found, spot.said, strict=True):
            agrees(made, said)
        assert "broken.png" in broken["error"]
        elsewhere = [{"data": {"image": one}} for one in ("http://127.0.0.1:1/x.png", "file:///etc/passwd")]
        for one in linus.post("/phytoplankton/predict", json={"tasks": elsewhere}).json()["results"]:
            assert one["error"].endswith("is no picture that was uploaded to Label Studio here: upload it first.")
        left = linus.post("/phytoplankton/predict", json={**asked, "label_config": page(["another"])}).json()
        assert all(one.endswith("the labelling page has no place for it.") for one in left["left_out"])
        assert len(left["left_out"]) == len({said.regions[0].label for said in spot.said})
        assert {one["model_version"] for one in linus.get("/").json()["models"]} > {bridge.version(spot.said[0])}


def test_nobody_gets_in_past_the_door(house):
    at = house.settings.addresses
    for base in (at.backend(at.models_port), f"{house.url}/services/models"):
        for headers in ({}, FORGED, {**FORGED, "X-Imagine-Sender": "label-studio"}):
            answer = httpx.post(f"{base}/phytoplankton/predict", json={"tasks": []}, headers=headers)
            assert answer.status_code in (401, 403)
            assert answer.json()["detail"].endswith((".", "…"))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:1/", "Only the models of this house"),
        ("https://evil.example/services/models/phytoplankton/", "Only the models of this house"),
        ("/services/models/../label-studio/", "Only the models of this house"),
        ("/services/models/phytoplankto/", "Did you mean 'phytoplankton'?"),
        ("/services/models/zooplankton/", "The labelling page offers none"),
    ],
)
def test_no_other_address_and_no_model_that_the_page_has_no_place_for_is_connected(house, spot, url, why):
    with caller(house, MINE, "label-studio") as mine:
        for answer in (
            mine.post("/api/ml/", json={"project": spot.project, "url": url}),
            mine.patch(f"/api/ml/{spot.model}", json={"url": url}),
        ):
            assert answer.status_code == 400
            assert why in answer.json()["validation_errors"]["url"][0]


def test_a_finder_draws_its_boxes_on_a_page_with_boxes(house, tmp_path):
    from imagine_kernels.sources import open_samples
    from imagine_kernels.use_cases.diatoms import samples as maker

    (sample,) = open_samples(maker.make_fields(tmp_path, 1, seed=77)).samples
    out = io.BytesIO()
    Image.fromarray(images.read(sample)[:400, :400]).save(out, "PNG")
    names = use_case.get("diatoms").model("valves").names
    with caller(house, MINE, "label-studio") as mine:
        said = {"title": "Valves", "label_config": page(names, "RectangleLabels", "Label")}
        project = mine.post("/api/projects/", json=said).json()["id"]
        (address,) = upload(mine, project, {"field.png": out.getvalue()})
        task = {"data": {"image": address}, "meta": {"imagine": to_json(sample)}}
        (number,) = mine.post(f"/api/projects/{project}/import?return_task_ids=true", json=[task]).json()["task_ids"]
        connected = mine.post("/api/ml/", json={"project": project, "url": "/services/models/diatoms/valves/"})
        assert connected.status_code == 201, connected.text
        (made,) = mine.get(f"/api/tasks/{number}/").json()["predictions"]
        assert made["result"], "nothing was found"
        for one in made["result"]:
            assert (one["type"], one["from_name"], one["to_name"]) == ("rectanglelabels", "said", "image")
            assert (one["original_width"], one["original_height"]) == (400, 400)
            assert set(one["value"]["rectanglelabels"]) <= set(names)


def test_while_the_models_are_down_label_studio_says_so_and_later_asks_again(house, spot):
    services = [one for one in processes.ours(house.settings) if "imagine_kernels.serve" in one.cmdline()]
    with caller(house, MINE, "label-studio") as mine:
        for one in services:
            one.send_signal(signal.SIGSTOP)
        try:
            answer = retrieve(mine, spot.project)
            assert (answer.status_code, answer.json()["detail"][:30]) == (503, "The models do not answer just ")
            (model,) = mine.get("/api/ml/", params={"project": spot.project}).json()
            assert model["readable_state"] == "Disconnected"
            assert model["error_message"] == answer.json()["detail"]
        finally:
            for one in services:
                one.send_signal(signal.SIGCONT)
        until(lambda: retrieve(mine, spot.project).status_code == 200, 10)


def test_on_the_page_a_person_asks_for_predictions_and_reads_what_went_wrong(house, spot, tmp_path):
    with chromium() as browser:
        visitor = Visitor(browser, tmp_path / "shots", size=(1400, 900))
        page = visitor.page
        page.goto(f"{house.url}/hub/login?next={quote(f'/services/label-studio/projects/{spot.project}/data')}")
        page.fill("input[name=username]", "spot-linus")
        page.fill("input[name=password]", house.credentials.class_password)
        page.click("[type=submit]")
        page.get_by_role("checkbox").first.check()
        page.get_by_text("5 Tasks", exact=True).click()
        page.get_by_text("Retrieve Predictions").click()
        page.get_by_text("OK", exact=True).click()
        expect(page.get_by_text(re.compile(r"broken\.png is broken")).first).to_be_visible(timeout=60_000)
        visitor.context.close()
