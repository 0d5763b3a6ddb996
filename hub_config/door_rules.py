"""What the door lets through: rules on plain values, without a server, so that each of them can be read and tested."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from hub_config.services import PREFIXES, TITLES
from hub_config.settings import Settings

USER, GROUPS, SECRET = "X-Imagine-User", "X-Imagine-Groups", "X-Imagine-Secret"
"""How the door tells a backend who is asking, of which groups of the hub, and proves that it is the door who tells."""

_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"}
    | {"transfer-encoding", "upgrade", "expect", "http2-settings"}
)
# Whoever comes through the door is who the hub says: no cookie, token or origin of theirs means anything behind it.
_KEPT_HERE = frozenset({"authorization", "cookie", "origin", "referer", "x-api-key", "x-mlflow-workspace", "forwarded"})
_KEPT_BY_PREFIX = ("x-imagine-", "x-forwarded-", "x-real-", "sec-fetch-", "x-http-method", "x-method-override")
_ANSWERS_KEPT = frozenset({"set-cookie", "server", "date", "content-security-policy-report-only"})
_PAGE_POLICY = (
    "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; frame-ancestors 'self'; form-action 'self'"
)
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Service:
    """One service behind the door: where people see it, where it really is."""

    name: str
    backend: str
    keeps_prefix: bool
    remembers: int
    """Seconds for which it is remembered who has a token and in which groups they are."""

    @property
    def prefix(self) -> str:
        """Its address below the hub's."""
        return PREFIXES[self.name]

    @property
    def title(self) -> str:
        """Its name on a page."""
        return TITLES[self.name]

    def target(self, uri: str) -> str:
        """The backend's address for what a person asked for, still encoded as it came."""
        return self.backend + (uri if self.keeps_prefix else "/" + uri.removeprefix(self.prefix).lstrip("/"))

    def guards(self, path: str) -> dict[str, str]:
        """Headers for a browser: pages call no outside address, and a file that people put there is never a page."""
        files = ("api/", "ajax-api/", "data/", "storage-data/", "get-artifact", "model-versions/get-artifact")
        is_file = path.removeprefix(self.prefix).startswith(files)
        return {"Content-Security-Policy": "sandbox" if is_file else _PAGE_POLICY}


def services(settings: Settings) -> tuple[Service, ...]:
    """All services: the servers of Label Studio and models know nothing of their prefix in requests, MLflow's does."""
    addresses = settings.addresses
    return (
        Service("label-studio", addresses.backend(addresses.label_studio_port), keeps_prefix=False, remembers=1),
        Service("mlflow", addresses.backend(addresses.mlflow_port), keeps_prefix=True, remembers=30),
        Service("models", addresses.backend(addresses.models_port), keeps_prefix=False, remembers=1),
    )


def is_api(path: str, accept: str, prefix: str) -> bool:
    """Whether a program asks, which wants a status; a browser's page wants to be led to the log-in."""
    return path.removeprefix(prefix).startswith(("api/", "ajax-api/")) or "text/html" not in accept.lower()


def is_plain(path: str) -> bool:
    """Whether a path means the same to every server: no way up, no backslash, no control character."""
    read = unquote(path)
    return not re.search(r"[\x00-\x1f\x7f\\]", read) and not {".", ".."} & set(re.split(r"/", read))


@dataclass(frozen=True)
class Person:
    """Who is asking, and the groups they are in at the hub now."""

    name: str
    groups: tuple[str, ...] = ()

    def headers(self, secret: str) -> list[tuple[str, str]]:
        """How a backend is told; names of groups may hold any letter and any comma."""
        groups = ",".join(quote(group, safe="") for group in self.groups)
        return [(USER, self.name), (GROUPS, groups), (SECRET, secret)]


def read_groups(header: str) -> tuple[str, ...]:
    """The groups that `Person.headers` wrote."""
    return tuple(unquote(group) for group in header.split(",") if group)


def backend_headers(
    headers: Iterable[tuple[str, str]], person: Person, secret: str, prefix: str
) -> list[tuple[str, str]]:
    """What the backend sees of a request: no hub cookie, no token, nothing that claims to be the door."""
    sent = list(headers)
    named = {name.strip().lower() for key, value in sent if key.lower() == "connection" for name in value.split(",")}
    kept = [
        (key, value)
        for key, value in sent
        if key.lower().replace("_", "-") not in _HOP_BY_HOP | _KEPT_HERE | named
        and not key.lower().replace("_", "-").startswith(_KEPT_BY_PREFIX)
    ]
    return [*kept, *person.headers(secret), ("X-Forwarded-Prefix", prefix.rstrip("/"))]


def answer_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """What the person sees of an answer: the backends hold no sessions, so their cookies stay behind the door."""
    return [
        (key, value)
        for key, value in headers
        if key.lower() not in _HOP_BY_HOP | _ANSWERS_KEPT and not key.lower().startswith("access-control-")
    ]


def refusal(method: str, headers: Mapping[str, str], prefix: str, *, api: bool) -> str:
    """Why a request that comes with a browser's cookie is refused; empty where it is not.

    Every page of the hub shares one origin, people's own servers too: a page there could otherwise write, or read
    answers, in the name of whoever looks at it. `headers` are asked for by their usual names, in any case.
    """
    write = method.upper() not in _READS
    if not write and not api:
        return ""
    if headers.get("Sec-Fetch-Site", "same-origin").lower() not in ("same-origin", "none"):
        return "Another web site asked for this in your name; open the page itself and try again."
    host, origin, referer = headers.get("Host", ""), headers.get("Origin", ""), headers.get("Referer", "")
    if origin and urlsplit(origin).netloc.lower() != host.lower():
        return "Another web site asked for this in your name; open the page itself and try again."
    if not referer:
        return "Your browser does not say which page asks for this; allow it to send the Referer." if write else ""
    asking = urlsplit(referer)
    if asking.netloc.lower() != host.lower() or not f"{asking.path.rstrip('/')}/".startswith(prefix):
        return "A page outside this service asked for this in your name; open the service's own page and try again."
    return ""
