"""The desktop in the browser: napari with what a notebook laid there, behind the sign-in; nothing left at the end."""

from pathlib import Path

import httpx
import numpy as np
import pytest
from browser import Visitor, chromium
from house import until
from kernel_run import run
from PIL import Image

from hub_config import processes, server_environment

pytestmark = [pytest.mark.live, pytest.mark.browser]
PERSON = "irma"
SHOTS = Path(__file__).parents[1] / ".imagine" / "desktop"
SEA, FISH = (180, 20, 160), "fish"
LAY = f"""
import json
import numpy as np
from pathlib import Path
from PIL import Image
from imagine_kernels.records import Box, Prediction, Region, Sample
from imagine_widgets.napari import on_desktop
Image.fromarray(np.full((300, 400, 3), {SEA}, np.uint8)).save("sea.png")
sample = Sample("sea.png", str(Path("sea.png").resolve()), 400, 300)
fish = Region("{FISH}", 0.5, Box(50, 60, 120, 90), "r1")
print(on_desktop([sample], [Prediction("sea.png", (fish,), "model", "0" * 64)], labels=["{FISH}"]))
"""


@pytest.fixture(scope="module")
def person(house):
    house.start_server(PERSON)
    said = run(house, PERSON, LAY)
    assert f"1 samples lie on the desktop: /user/{PERSON}/desktop/" in said
    yield house
    house.stop_server(PERSON)


@pytest.fixture(scope="module")
def visitor(person):
    with chromium() as browser:
        visitor = Visitor(browser, SHOTS)
        page = visitor.page
        page.goto(f"{person.url}/hub/login")
        page.fill("input[name=username]", PERSON)
        page.fill("input[name=password]", person.credentials.class_password)
        page.click("#login_submit, input[type=submit], button[type=submit]")
        page.wait_for_url(lambda address: "/login" not in address)
        yield visitor


def shown(visitor):
    """What the desktop shows, as pixels."""
    visitor.shoot("desktop")
    return np.asarray(Image.open(SHOTS / f"{visitor.shots:02d}-desktop.png").convert("RGB")).astype(int)


def running(house):
    """The programs of the person's server."""
    mark = server_environment.mark(house.settings, PERSON, "")
    return [" ".join(one.cmdline()) for one in processes.family(server_environment.SERVER, mark)]


def test_nobody_else_gets_to_the_desktop(person):
    assert httpx.get(f"{person.url}/user/{PERSON}/desktop/").status_code in (302, 401, 403)
    other = person.sign_in("jorun").get(f"/user/{PERSON}/desktop/", follow_redirects=False)
    assert other.status_code in (302, 403)


def test_it_shows_napari_with_the_samples_that_the_notebook_laid_there(person, visitor):
    visitor.page.goto(f"{person.url}/user/{PERSON}/desktop/")

    def is_there():
        return (np.abs(shown(visitor) - SEA).max(axis=2) < 12).mean() > 0.03

    until(is_there, 60, 1)
    assert visitor.outside == []


def test_stopping_the_server_leaves_no_process_of_the_desktop(person, visitor):
    programs = running(person)
    assert any("Xtigervnc" in program for program in programs)
    assert any("imagine_widgets.napari" in program for program in programs)
    person.stop_server(PERSON)
    assert running(person) == []
