"""The labeler: one sample of any size at a time, its regions drawn and corrected by hand; its Python and its page."""

from imagine_widgets.labeler.widget import Labeler

__all__ = ["Labeler"]
