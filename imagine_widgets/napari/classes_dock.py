"""The list of classes beside napari's picture: what is drawn next is of the chosen one, and so is what is selected."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qtpy.QtWidgets import QComboBox

_WIDTH = 180
DRAWN = ("shapes", "points")
"""Layers in which each thing has a class of its own."""


def add(viewer: Any, labels: Sequence[str]) -> "QComboBox":  # noqa: ANN401 - napari's viewer
    """Put the list into the window; one may type into it, to find a class or to name a new one."""
    from qtpy.QtWidgets import QComboBox, QCompleter

    chooser = QComboBox()
    chooser.setEditable(True)
    chooser.setMinimumWidth(_WIDTH)
    chooser.addItems([*labels])
    completer = chooser.completer()
    if completer is not None:
        completer.setFilterMode(_anywhere())
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
    chooser.currentTextChanged.connect(lambda label: choose(viewer, label))
    viewer.window.add_dock_widget(chooser, name="class", area="right", allowed_areas=["left", "right"])
    return chooser


def choose(viewer: Any, label: str) -> None:  # noqa: ANN401
    """Make `label` the class of what is drawn next, and of what is selected now."""
    for name in DRAWN:
        if not label or name not in viewer.layers:
            continue
        layer = viewer.layers[name]
        layer.feature_defaults = {
            **{c: layer.feature_defaults[c].iloc[0] for c in layer.feature_defaults},
            "label": label,
        }
        rows = sorted(layer.selected_data)
        if rows:
            table = layer.features.copy()
            table.loc[rows, "label"] = label
            layer.features = table


def _anywhere() -> Any:  # noqa: ANN401 - an enumeration of Qt
    from qtpy.QtCore import Qt

    return Qt.MatchFlag.MatchContains
