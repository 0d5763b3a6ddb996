"""The review grid: thousands of pictures by predicted class, corrected by keyboard; its Python and its page."""

from imagine_widgets.grid.widget import Grid

__all__ = ["Grid"]
