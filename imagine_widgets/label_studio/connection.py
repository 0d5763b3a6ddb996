"""The line to Label Studio: every request of the bridge goes through `ask`, every failure becomes one sentence."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

CONNECT, READ = 5.0, 30.0
"""Seconds to wait for a connection, and for an answer."""


class LabelStudioError(Exception):
    """Label Studio could not do what was asked of it; the message is a sentence without its full stop."""

    def __init__(self, sentence: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status


class Connection:
    """Label Studio at `url`, as the person whom `token` belongs to, for herself or for a `group` of hers.

    Close it, or use it in a `with`.
    """

    def __init__(self, url: str, token: str, group: str = "") -> None:
        self.url, self.group = url.rstrip("/"), group
        try:
            self.prefix = httpx.URL(self.url).path.rstrip("/")
            self._client = httpx.Client(
                base_url=self.url,
                headers={"Authorization": f"Token {token}"},
                timeout=httpx.Timeout(READ, connect=CONNECT),
            )
        except (httpx.InvalidURL, ValueError) as error:
            raise LabelStudioError(f"{url!r} is no address of a Label Studio, or its token is no token") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        send: object = None,
        files: Sequence[tuple[str, bytes]] = (),
    ) -> Any:  # noqa: ANN401 - JSON; `server` gives it a shape
        """The JSON answer, None for an empty one. Raises LabelStudioError for whatever else comes back, or nothing."""
        parts = [(str(i), one) for i, one in enumerate(files)]
        try:
            asked = {**(query or {}), "group": self.group}  # only what is hers, or this group's, is met
            request = self._client.build_request(method, path, params=asked, json=send, files=parts or None)
            request.read()  # one piece: between many of them each other thread would have its turn
            answer = self._client.send(request)
        except httpx.TimeoutException as error:
            raise LabelStudioError(f"Label Studio at {self.url} does not answer in time") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise LabelStudioError(f"Label Studio at {self.url} does not answer") from error
        return self._content(answer)

    def _content(self, answer: httpx.Response) -> Any:  # noqa: ANN401
        if self.group and answer.status_code == 403 and self.group in (told := _detail(answer)):
            raise LabelStudioError(told.rstrip("."), answer.status_code)
        if answer.status_code in (401, 403):
            raise LabelStudioError(
                f"Label Studio at {self.url} does not know this kernel any more ({answer.status_code}): "
                "stop your server on the hub's page and start it again"
            )
        if answer.status_code in (502, 503, 504):  # the hub's door is there, Label Studio behind it is not
            raise LabelStudioError(f"Label Studio at {self.url} does not answer")
        if answer.status_code >= 500:
            sentence = f"Label Studio at {self.url} has trouble of its own ({answer.status_code})"
            raise LabelStudioError(sentence, answer.status_code)
        if answer.is_success and not answer.content:
            return None
        is_json = "json" in answer.headers.get("content-type", "")
        if answer.is_redirect or (answer.is_success and not is_json):
            raise LabelStudioError(f"{self.url} answers with a page, perhaps a log-in, where Label Studio was expected")
        if not answer.is_success:
            reason = answer.text[:300] if is_json else answer.reason_phrase
            sentence = f"Label Studio at {self.url} refuses this ({answer.status_code}): {reason}"
            raise LabelStudioError(sentence, answer.status_code)
        try:
            return answer.json()
        except ValueError as error:
            raise LabelStudioError(f"The answer of Label Studio at {self.url} broke off") from error


def _detail(answer: httpx.Response) -> str:
    """The sentence of a refusal, where there is one."""
    try:
        said = answer.json()
    except ValueError:
        return ""
    return str(said.get("detail", "")) if isinstance(said, dict) else ""
