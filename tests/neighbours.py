"""Two people of one hub: what one of them keeps bears a mark, and nobody else may ever meet it."""

import io
from urllib.parse import quote

import httpx
from PIL import Image, ImageDraw

MARK = "amphipod"
"""Is in everything that alice keeps; an answer to anybody else never holds it."""
FORGED = {
    "X-Imagine-Secret": "0" * 64,
    "X-Imagine-User": "alice",
    "X-MLFLOW-WORKSPACE": "alice",
    "X_Imagine_User": "alice",
    "X-Forwarded-User": "alice",
}
CONFIG = (
    f'<View><Image name="image" value="$image"/><Choices name="choice" toName="image"><Choice value="{MARK}"/>'
    '<Choice value="other"/></Choices></View>'
)
RESULT = [{"from_name": "choice", "to_name": "image", "type": "choices", "value": {"choices": [MARK]}}]


def caller(house, user, service, **headers):
    headers = {**headers, "Authorization": f"Token {house.token(user)}"}
    return httpx.Client(base_url=f"{house.url}/services/{service}", headers=headers, timeout=120)


def picture():
    """A particle on a light ground, as PNG."""
    out, drawn = io.BytesIO(), Image.new("RGB", (160, 120), (232, 240, 241))
    ImageDraw.Draw(drawn).ellipse((40, 30, 120, 90), fill=(70, 110, 120), outline=(20, 60, 70), width=3)
    drawn.save(out, "PNG")
    return out.getvalue()


def keep_project(person, title, **query):
    """A project in Label Studio with a picture, a prediction, an annotation, a draft, an export and a view."""
    made = person.post("/api/projects/", params=query, json={"title": title, "label_config": CONFIG})
    assert made.status_code == 201, made.text
    number = made.json()["id"]
    sent = {"file0": (f"{MARK}.png", picture(), "image/png")}
    (upload,) = person.post(f"/api/projects/{number}/import?commit_to_project=false", files=sent).json()[
        "file_upload_ids"
    ]
    file = person.get(f"/api/projects/{number}/file-uploads", params={"ids": f"[{upload}]"}).json()[0]["file"]
    task = {
        "data": {"image": f"/services/label-studio/data/{quote(file)}", "sample": MARK},
        "predictions": [{"model_version": MARK, "score": 0.0, "result": RESULT}],
    }
    made = person.post(f"/api/projects/{number}/import?return_task_ids=true", json=[task]).json()["task_ids"][0]
    annotation = person.post(f"/api/tasks/{made}/annotations/", json={"result": RESULT}).json()["id"]
    draft = person.post(f"/api/tasks/{made}/drafts", json={"result": RESULT, "lead_time": 1.0}).json()["id"]
    export = person.post(f"/api/projects/{number}/exports/", json={"title": MARK}).json()["id"]
    view = person.post("/api/dm/views/", json={"project": number, "data": {"title": MARK}}).json()["id"]
    prediction = person.get(f"/api/predictions/?task={made}").json()[0]["id"]
    whole = person.get(f"/api/projects/{number}/export?exportType=JSON")
    assert whole.json()[0]["annotations"][0]["result"][0]["value"]["choices"] == [MARK]
    numbers = {number, upload, made, annotation, draft, export, view, prediction}
    return {"project": number, "task": made, "annotation": annotation, "file": file, "numbers": numbers}
