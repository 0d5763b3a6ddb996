"""The program of the desktop: napari with the samples that a notebook laid there; every change is kept at once."""

import sys
from collections.abc import Sequence
from typing import Any

from imagine_kernels import environment
from imagine_widgets.napari import classes_dock, desk
from imagine_widgets.napari.going import to_napari
from imagine_widgets.napari.saving import Saving

LOOK = 1000
"""Milliseconds between two looks whether something changed here, or another choice lies on the desktop."""
EMPTY = "Choose samples in a notebook: imagine_widgets.napari.on_desktop(samples)"
_TITLE, _BAR = 28, 30
"""Pixels for the window's title, and for the desktop's bar below."""
_CHANGES = ("data", "features", "paint", "labels_update")


class Desk:
    """One window: shows the choice, keeps what is drawn, and shows the next choice when there is one."""

    def __init__(self, viewer: Any) -> None:  # noqa: ANN401 - napari is imported when the program runs
        self.viewer = viewer
        self.saving: Saving | None = None
        self.shown = 0
        self.changed = False
        self.chooser: Any = None

    def look(self) -> None:
        """Save what changed, then show another choice where there is one."""
        try:
            self._save()
            self._show()
        except (OSError, ValueError) as error:
            self._say(str(error))

    def _save(self) -> None:
        if self.changed and self.saving is not None:
            count = self.saving.save(self._ours())
            self.changed = False
            self._say(f"{count} saved" if count else "saved")

    def _show(self) -> None:
        written = desk.place().stat().st_mtime_ns if desk.place().exists() else -1
        if written == self.shown:
            return
        self.shown = written
        found = desk.choice()
        if found is None:
            self._say(EMPTY)
            return
        layers = to_napari(found.samples, found.regions(), labels=found.labels)
        self._fill(layers)
        self._offer(found.labels)
        self.saving = Saving(found.store, environment.user(), self._ours())
        self.changed = False
        self._say(f"{len(found.samples):,} {'sample' if len(found.samples) == 1 else 'samples'}")

    def _fill(self, layers: list[Any]) -> None:
        from napari.layers import Layer

        self.viewer.layers.clear()
        for layer in layers:
            made = self.viewer.add_layer(Layer.create(*layer))
            for name in _CHANGES:
                if name in made.events.emitters:
                    made.events.emitters[name].connect(self._note)
        self.viewer.reset_view()

    def _offer(self, labels: Sequence[str]) -> None:
        if self.chooser is not None:
            self.viewer.window.remove_dock_widget(self.chooser)
        self.chooser = classes_dock.add(self.viewer, labels)

    def _ours(self) -> list[Any]:
        return list(self.viewer.layers)

    def _note(self, event: object = None) -> None:
        del event
        self.changed = True

    def _say(self, words: str) -> None:
        self.viewer.title = f"napari · {words}"
        self.viewer.text_overlay.text = words
        self.viewer.text_overlay.visible = self.saving is None or not words.endswith(("saved", "sample", "samples"))


def main() -> int:
    """Open the window; returns when it is closed."""
    import napari
    from qtpy.QtCore import QTimer
    from qtpy.QtGui import QGuiApplication

    desktop = Desk(napari.Viewer(title="napari"))
    screen = QGuiApplication.primaryScreen().availableGeometry()
    desktop.viewer.window.set_geometry(0, _TITLE, screen.width(), screen.height() - _TITLE - _BAR)
    desktop.look()
    timer = QTimer()
    timer.timeout.connect(desktop.look)
    timer.start(LOOK)
    napari.run()
    desktop.look()
    return 0


if __name__ == "__main__":
    sys.exit(main())
