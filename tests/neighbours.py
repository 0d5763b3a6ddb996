"""Two people of one hub: what one of them keeps bears a mark, and nobody else may ever meet it."""

import io

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


def caller(house, user, service, **headers):
    headers = {**headers, "Authorization": f"Token {house.token(user)}"}
    return httpx.Client(base_url=f"{house.url}/services/{service}", headers=headers, timeout=120)


def picture():
    """A particle on a light ground, as PNG."""
    out, drawn = io.BytesIO(), Image.new("RGB", (160, 120), (232, 240, 241))
    ImageDraw.Draw(drawn).ellipse((40, 30, 120, 90), fill=(70, 110, 120), outline=(20, 60, 70), width=3)
    drawn.save(out, "PNG")
    return out.getvalue()
