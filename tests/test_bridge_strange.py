"""A server that is down, strange or a stranger: one sentence, the labels safe, the notebook goes on."""

import contextlib
import http.server
import socket
import threading

import pytest
from label_studio_server import PEOPLE

from imagine_widgets.label_studio import link

pytestmark = pytest.mark.live


class Strange:
    """A server that answers every request alike, whatever was asked."""

    def __init__(self, status, kind, body, headers=()):
        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                self.send_response(status)
                for name, value in (("Content-Type", kind), *headers):
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(body)

            do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815

            def log_message(self, *_):
                pass

        self.inner = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.inner.server_port}/services/label-studio"

    def __enter__(self):
        self.thread = threading.Thread(target=self.inner.serve_forever, args=(0.05,))
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.inner.shutdown()
        self.inner.server_close()
        self.thread.join()


PAGE = b"<!doctype html><html><form>Sign in</form></html>"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((500, "text/html", PAGE), "has trouble of its own (500)"),
        ((502, "text/html", PAGE), "does not answer"),
        ((503, "application/json", b"{}"), "does not answer"),
        ((200, "text/html; charset=utf-8", PAGE), "answers with a page, perhaps a log-in"),
        ((302, "text/html", b"", (("Location", "/hub/login"),)), "answers with a page, perhaps a log-in"),
        ((401, "application/json", b'{"detail": "who?"}'), "does not know this kernel any more (401)"),
        ((403, "text/html", PAGE), "does not know this kernel any more (403)"),
        ((404, "application/json", b'{"detail": "no"}'), "refuses this (404)"),
        ((429, "text/html", PAGE), "refuses this (429)"),
        ((200, "application/json", b'{"results": [{"id"'), "broke off"),
        ((200, "application/json", b'{"results": ['), "broke off"),
        ((200, "application/json", b"[]"), "answers what Label Studio would not"),
        ((200, "application/json", b'{"results": [{"id": 1}], "next": null}'), "answers what Label Studio would not"),
        ((200, "application/json", b"null"), "answers what Label Studio would not"),
        ((204, "application/json", b""), "answers what Label Studio would not"),
        ((200, "application/json", b"{}", (("Content-Length", "99"),)), "does not answer"),
    ],
)
def test_a_strange_server_is_one_sentence_and_the_notebook_goes_on(world, answer, sentence):
    world.label(0, "skeletonema")
    with Strange(*answer) as strange:
        for done in (world.push(url=strange.url), world.pull(url=strange.url)):
            assert sentence in done.problem
            assert strange.url in done.problem
            assert "\n" not in done.problem
            assert done.problem in str(done)
        where = link(world.title, url=strange.url, token=PEOPLE["ada"])
        assert sentence in str(where)
    assert sum(world.store.agreed.pending("").values()) == 1
    world.push()
    world.check_whole(world.store.current(world.samples[0].id))


def test_a_server_that_is_down_gets_the_labels_once_when_it_is_up_again(world):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        made = [world.label(i, "chaetoceros") for i in range(3)]
        for _ in range(2):
            done = world.push(url=url)
            assert done.problem == (
                f"Label Studio at {url} does not answer; your 3 labels are safe in {world.store.path} "
                "and go out with the next push."
            )
        assert done.waiting == 3
        assert "3 labels are safe" in done._repr_markdown_()
    assert world.push().labels == 3
    assert world.push().labels == 0
    assert world.push(url=url).problem.endswith("does not answer. Nothing is lost: push again.")
    world.check_whole(made)


def test_outside_the_hub_push_and_pull_say_what_to_do(world, monkeypatch):
    for name in ("IMAGINE_LABEL_STUDIO_URL", "JUPYTERHUB_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for done in (world.push(url=None, token=None), world.pull(url=None, token=None)):
        assert "open this notebook from the start page" in done.problem


@pytest.mark.parametrize("url", ["", "nonsense", "http://", "http://[::1", "ftp://127.0.0.1/", "http://\x00/"])
def test_an_address_that_is_none_is_told(world, url):
    if url:
        assert world.push(url=url).problem
        assert world.pull(url=url).problem


@pytest.mark.parametrize("token", ["ü" * 40, "two\nlines", "wrong" * 8])
def test_a_token_that_opens_nothing_is_told(world, token):
    done = world.push(token=token)
    assert done.problem
    assert token not in done.problem
