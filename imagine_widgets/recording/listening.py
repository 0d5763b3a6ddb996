"""What somebody wants to hear → a WAV for the browser, or a sentence below the widget and an end of the playing."""

from collections.abc import Callable, Mapping
from typing import Any

from imagine_widgets.failures import show
from imagine_widgets.sound.playback import Heard, wav

Message = Mapping[str, Any]


def answer(message: Message, heard: Callable[[], Heard], send: Callable[..., None]) -> None:
    """Send the stretch that `message` asks for; an empty one ends the playing."""
    answered = {"type": "wave", "to": message["to"], "number": message["number"], "start": message["start"]}
    made = b""
    try:
        low, high = message["band"] or (None, None)
        band = None if low is None or high is None else (float(low), float(high))
        start, end, speed = (float(message[name]) for name in ("start", "end", "speed"))
        made = wav(heard(), start, end, band, int(message["channel"]), speed)
    except Exception as error:  # noqa: BLE001  # the edge: the browser waits for an answer
        show(send, "This cannot be heard", error)
    send(answered, [made])
