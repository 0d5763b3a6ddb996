"""What is strange about a file that can be shown nevertheless → a sentence below the widget, for each who looks."""

from collections.abc import Callable

Send = Callable[[dict[str, object]], None]


class Notices:
    """Sentences about one file, each told once to all who look and to those who come later."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._said: list[str] = []

    def say(self, sentence: str) -> None:
        """Tell all who look."""
        if sentence not in self._said:
            self._said.append(sentence)
            self._send({"type": "failure", "sentence": sentence, "detail": ""})

    def repeat(self, to: object) -> None:
        """Tell one who came later."""
        for sentence in self._said:
            self._send({"type": "failure", "to": to, "sentence": sentence, "detail": ""})
