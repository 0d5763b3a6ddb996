"""What a person did in the browser → the store, in its order, and what every browser is told of it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from imagine_widgets.failures import sentence, show
from imagine_widgets.grid.favourites import favourites, lay, lift
from imagine_widgets.scenes import Scenes

Message = Mapping[str, Any]
Send = Callable[[dict[str, object]], None]


def enter(edits: Iterable[Message], scenes: Scenes, send: Send) -> list[int]:
    """Do edits and tell what changed; the rows whose regions have to be told as a whole.

    One that the disk has no room for waits in the browser, and all after it do.
    """
    news: dict[str, Any] = {"type": "changes", "batches": [], "failed": None, "changed": [], "done": [], "undone": []}
    rows: list[int] = []
    for edit in edits:
        try:
            rows += _do(edit, scenes, news)
        except OSError as error:
            news["failed"] = {"batch": edit["batch"], "why": sentence(error)}
            break
        except Exception as error:  # noqa: BLE001  # the edge: a wrong edit must not hold up those after it
            show(send, "A region was refused", error)
            rows.append(int(edit.get("row", 0)))
        news["batches"].append(edit["batch"])
    send(news)
    return [*dict.fromkeys(rows)]


def lay_label(message: Message, scenes: Scenes, send: Send) -> None:
    """Lay a label on a key, or take what lies there off it, and tell what lies where."""
    label = int(message["label"])
    if label < 0:
        lift(str(message["key"]), scenes.classes)
    else:
        lay(str(message["key"]), scenes.classes[label].name)
    send({"type": "favourites", "favourites": favourites(scenes.classes)})


def _do(edit: Message, scenes: Scenes, news: dict[str, Any]) -> list[int]:
    """Rows that have to be told as a whole."""
    if edit["kind"] == "edit":
        step, put = scenes.edit(edit)
        news["done"].append(scenes.step(step))
        news["changed"].append({"row": edit["row"], "put": put, "drop": list(edit["drop"])})
        return []
    row = scenes.step(scenes.undo(edit))["row"]
    if edit["kind"] == "redo":
        news["done"].append({"id": edit["root"], "row": row})
    else:
        news["undone"].append(edit["of"])
    return [] if row is None else [row]
