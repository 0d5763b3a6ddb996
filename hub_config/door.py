"""The one way to Label Studio and MLflow: signs people in at the hub and passes their requests on as themselves."""

import asyncio
import hashlib
import hmac
import json
import logging
import signal
import string
from collections.abc import AsyncIterator
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import aiohttp
from jupyterhub.services.auth import HubOAuth, HubOAuthCallbackHandler, HubOAuthenticated
from tornado import web
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPHeaders
from yarl import URL

from hub_config import credentials, door_rules
from hub_config.settings import Settings, load

_MINUTES = 60.0
_BODY = 1 << 40  # bytes; bodies pass through in pieces, so only the backends limit them
_SAFE = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "SAMEORIGIN", "Referrer-Policy": "same-origin"}
_log = logging.getLogger("door")


@cache
def _page() -> string.Template:
    return string.Template(Path(__file__).with_name("waiting.html").read_text(encoding="utf-8"))


class _Room(HubOAuthenticated, web.RequestHandler):  # type: ignore[misc]
    """What every address behind the door has: a service, its sign-on at the hub, and one way to say no."""

    def initialize(self, service: door_rules.Service, auth: HubOAuth, secret: str, session: Any) -> None:  # noqa: ANN401
        self.service, self.hub_auth, self.secret, self.session = service, auth, secret, session

    @property
    def api(self) -> bool:
        """Whether a program asks rather than a browser's page."""
        return door_rules.is_api(self.request.path, self.request.headers.get("Accept", ""), self.service.prefix)

    def refuse(self, status: int, sentence: str, title: str = "", *, again: bool = False) -> None:
        """Ends the request with a sentence: JSON for programs, a calm page for people."""
        self.clear()
        self.set_status(status)
        for name, value in _SAFE.items():
            self.set_header(name, value)
        self.set_header("Cache-Control", "no-store")
        if again:
            self.set_header("Retry-After", "3")
        if self.api:
            self.set_header("Content-Type", "application/json")
            self.finish(json.dumps({"detail": sentence, "message": sentence}))
            return
        words = {"title": escape(title or self.service.title), "sentence": escape(sentence)}
        refresh, waiting = ('<meta http-equiv="refresh" content="3">', "<i></i>") if again else ("", "")
        self.finish(_page().substitute(words, refresh=refresh, waiting=waiting))

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ANN401
        error = kwargs.get("exc_info", (None, None))[1]
        said = error.log_message % error.args if isinstance(error, web.HTTPError) and error.log_message else ""
        self.refuse(status_code, said or "Something went wrong at the door; its log says what.")

    def compute_etag(self) -> None:
        """Tags of the backends pass as they are."""


class _Callback(_Room, HubOAuthCallbackHandler):  # type: ignore[misc]
    """Where the hub sends a browser back to after the log-in."""


@web.stream_request_body
class _Passage(_Room):
    """Passes one request on, piece by piece in both directions."""

    _answer: asyncio.Task[aiohttp.ClientResponse] | None = None
    _no: tuple[int, str] | None = None

    async def prepare(self) -> None:
        """Finds out who is asking. A refusal waits until the body is read: an early answer would cut the connection."""
        try:
            person = await self._person()
        except web.HTTPError:
            _log.exception("the hub did not answer")
            self._no = 503, "The hub does not answer just now; try again in a moment."
        if self._no is None and person is not None:
            self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=4)
            self._answer = asyncio.create_task(self._ask(person))

    async def _person(self) -> door_rules.Person | None:
        """Who is asking, by token or else by cookie; None where nobody is signed in."""
        if not door_rules.is_plain(self.request.path):
            self._no = 400, "This address is not one a browser makes; go back and follow the page's own links."
            return None
        token, session_id = self.hub_auth.get_token(self, in_cookie=False), ""
        if not token and not self.request.headers.get("Authorization"):
            token = (self.get_secure_cookie(self.hub_auth.cookie_name) or b"").decode("ascii", "replace")
            session_id = self.hub_auth.get_session_id(self)
            why = door_rules.refusal(self.request.method, self.request.headers, self.service.prefix, api=self.api)
            self._no = (403, why) if token and why else None
        if not token or self._no:
            return None
        person = await self.hub_auth.user_for_token(token, session_id=session_id, sync=False)
        if person is None or person["kind"] != "user":
            return None
        if not self.hub_auth.check_scopes(self.hub_auth.access_scopes, person):
            self._no = 403, f"Your account may not use {self.service.title}; ask who runs this hub."
        return door_rules.Person(str(person["name"]), tuple(person.get("groups", ())))

    async def _ask(self, person: door_rules.Person) -> aiohttp.ClientResponse:
        sent = self.request.headers
        headers = door_rules.backend_headers(sent.get_all(), person, self.secret, self.service.prefix)
        has_body = "Content-Length" in sent or "Transfer-Encoding" in sent
        answer: aiohttp.ClientResponse = await self.session.request(
            self.request.method,
            URL(self.service.target(self.request.uri), encoded=True),
            headers=headers,
            data=self._body() if has_body and sent.get("Content-Length") != "0" else None,
            allow_redirects=False,
        )
        return answer

    async def _body(self) -> AsyncIterator[bytes]:
        while (piece := await self._pieces.get()) is not None:
            yield piece

    async def data_received(self, chunk: bytes) -> None:
        await self._hand_on(chunk)

    async def _hand_on(self, piece: bytes | None) -> None:
        """Waits until the backend takes `piece`, or has answered and wants no more."""
        if self._answer is None or self._answer.done():
            return
        put = asyncio.ensure_future(self._pieces.put(piece))
        await asyncio.wait({put, self._answer}, return_when=asyncio.FIRST_COMPLETED)
        put.cancel()

    async def _pass(self) -> None:
        if self._no is not None:
            return self.refuse(*self._no, again=self._no[0] == 503)
        if self._answer is None and not self.api and self.request.method in ("GET", "HEAD"):
            return self.redirect(self.get_login_url())
        if self._answer is None:
            return self.refuse(403, "Sign in at the hub first, or send your hub token: Authorization: token ….")
        await self._hand_on(None)
        try:
            answer = await self._answer
        except aiohttp.ClientConnectionError:
            sentence = "It will be here in a moment; this page looks again by itself."
            return self.refuse(503, sentence, f"{self.service.title} is starting…", again=True)
        async with answer:
            await self._give(answer)
        return None

    async def _give(self, answer: aiohttp.ClientResponse) -> None:
        self.set_status(answer.status, answer.reason)
        self._headers = HTTPHeaders()
        decoded = [(key.decode("latin-1"), value.decode("latin-1")) for key, value in answer.raw_headers]
        for name, value in door_rules.answer_headers(decoded):
            self.add_header(name, value)
        for name, value in {**_SAFE, **self.service.guards(self.request.path)}.items():
            self.set_header(name, value)
        await self.flush()
        async for piece in answer.content.iter_any():
            self.write(piece)
            await self.flush()
        await self.finish()

    def on_connection_close(self) -> None:
        if self._answer is not None:
            self._answer.cancel()

    get = head = post = put = patch = delete = options = _pass


def _sign_on(service: door_rules.Service, settings: Settings, token: str) -> HubOAuth:
    """The service's own client at the hub; its answers are remembered for a short while only."""
    return HubOAuth(
        api_token=token,
        api_url=f"{settings.addresses.backend(settings.addresses.hub_port)}/hub/api",
        base_url=service.prefix,
        hub_prefix="/hub/",
        oauth_client_id=f"service-{service.name}",
        oauth_redirect_uri=f"{service.prefix}oauth_callback",
        access_scopes={"access:services", f"access:services!service={service.name}"},
        cache_max_age=service.remembers,
    )


def application(settings: Settings, session: aiohttp.ClientSession) -> web.Application:
    """Both services behind one door; `session` reaches the backends."""
    kept = credentials.load(settings)
    handlers: list[Any] = []
    for service in door_rules.services(settings):
        room = {"service": service, "secret": kept.door_secret, "session": session}
        room["auth"] = _sign_on(service, settings, kept.service_tokens[service.name])
        handlers += [
            (f"{service.prefix}oauth_callback", _Callback, room),
            (f"{service.prefix}.*", _Passage, room),
            (service.prefix.rstrip("/"), web.RedirectHandler, {"url": service.prefix}),
        ]
    cookies = hmac.new(kept.door_secret.encode(), b"cookies of the door", hashlib.sha256).digest()
    return web.Application(handlers, cookie_secret=cookies, log_function=_note)


def _note(handler: web.RequestHandler) -> None:
    """Only what went wrong is logged, and never a query: it may hold a code of the log-in."""
    if handler.get_status() >= 500:
        _log.warning("%s %s %s", handler.get_status(), handler.request.method, handler.request.path)


async def serve(settings: Settings) -> None:
    """Listens until the process is asked to end."""
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=10 * _MINUTES),
        auto_decompress=False,
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
    ) as session:
        server = HTTPServer(application(settings, session), max_body_size=_BODY)
        server.listen(settings.addresses.door_port, settings.addresses.ip)
        await ended.wait()
        server.stop()
        await server.close_all_connections()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s door %(levelname)s %(message)s")
    asyncio.run(serve(load()))
