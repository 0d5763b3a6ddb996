"""What teaching to draw boxes and teaching to tell pixels have in common: options refused, epochs shown and kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

from imagine_kernels.practice import bar
from imagine_kernels.use_case import Model

if TYPE_CHECKING:
    from imagine_kernels.tasks.course import Progress
    from imagine_kernels.tasks.training import Epoch
    from imagine_kernels.train import Options

_OTHERS = ("drawn", "folds", "networks", "forest", "machine", "texture", "reject", "back_off")
"""Options of `train` that only classifiers know."""


def refuse_others(known: Model, wanted: "Options", what_it_does: str) -> None:
    """Raises ValueError with a sentence where an option is given that only classifiers know."""
    plain = asdict(type(wanted)())
    if strange := [name for name in _OTHERS if getattr(wanted, name) != plain[name]]:
        told = ", ".join(f"--{name.replace('_', '-')}" for name in strange)
        raise ValueError(f"{known.name} {what_it_does}: {told} cannot be used to train it.")


@contextmanager
def shown_epochs(count: int, *, progress: bool) -> "Iterator[tuple[Callable[[Epoch], None], list[Progress]]]":
    """What to call after each of `count` epochs, and the list that it fills; a bar is shown with `progress`."""
    from imagine_kernels.tasks.course import Progress

    history: list[Progress] = []
    with bar(count, "train", show=progress) as shown:

        def after(epoch: "Epoch") -> None:
            history.append(Progress(epoch.number, epoch.loss, epoch.seconds, None))
            shown.update()
            shown.set_postfix(loss=f"{epoch.loss:.2f}")

        yield after, history
