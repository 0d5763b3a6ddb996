"""Tiles by the server in a real JupyterLab: a kernel that hears nothing holds none up, nor does a server that fails."""

import contextlib
import itertools

import pytest
from house import until
from playwright.sync_api import expect

pytest_plugins = ["labeler_page"]
pytestmark = pytest.mark.browser
DEAF = """
import ctypes
libc = ctypes.PyDLL(None)  # it keeps Python's lock: no thread of the kernel runs
libc.system(b"touch {folder}/begun; while [ ! -e {folder}/over ]; do sleep 0.05; done")
"""


@contextlib.contextmanager
def deaf(notebook, folder):
    """A cell runs that lets nothing else of the kernel run."""
    notebook.run(2, DEAF.format(folder=folder), wait=False)
    until((folder / "begun").exists)
    try:
        yield
    finally:
        (folder / "over").touch()


@pytest.fixture
def asked(labeler_notebook):
    """What the page asks the server about tiles, and what it answers."""
    answers = []

    def hear(answer):
        if "/imagine-tiles/" in answer.url:
            answers.append((answer.url, answer.status))

    labeler_notebook.page.on("response", hear)
    yield answers
    labeler_notebook.page.remove_listener("response", hear)


def draw_anew(labeling, gamma):
    """All tiles in sight in another look, until they are there."""
    labeling.stage.evaluate("stage => stage.dataset.loaded = 'before'")
    labeling.cell.get_by_label("Gamma").fill(gamma)
    expect(labeling.stage).to_have_attribute("data-loaded", "true")
    expect(labeling.cell.locator(".im-why")).to_be_hidden()
    expect(labeling.cell.locator(".im-failures")).to_be_empty()


def of_tiles(asked):
    return [(url, status) for url, status in asked if "look=" in url]


def wait_for_server(labeling, asked):
    """Until tiles come from it: the page asks once whether it is there, and waits for nothing."""
    gammas = itertools.cycle(["2.5", "2"])
    until(lambda: draw_anew(labeling, next(gammas)) or of_tiles(asked))


def test_tiles_come_while_the_kernel_hears_nothing(labeling, asked, labeler_notebook, tmp_path):
    wait_for_server(labeling, asked)
    with deaf(labeler_notebook, tmp_path):
        draw_anew(labeling, "1.5")
    assert {status for _, status in asked} == {200}
    assert any("1.5" in url for url, _ in asked)
    assert not any("wide" in url for url, _ in asked)


@pytest.mark.parametrize("failing", ["it is gone", "it refuses", "it does not answer"])
def test_the_kernel_sends_what_the_server_does_not(labeling, asked, failing):
    wait_for_server(labeling, asked)
    deeds = {
        "it is gone": lambda route: route.abort(),
        "it refuses": lambda route: route.fulfill(status=403),
        "it does not answer": lambda route: None,
    }
    tried = []
    labeling.page.route("**/imagine-tiles/**", lambda route: tried.append(route.request.url) or deeds[failing](route))
    try:
        draw_anew(labeling, "1.5")
    finally:
        labeling.page.unroute("**/imagine-tiles/**")
    assert tried
