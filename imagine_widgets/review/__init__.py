"""The review: a model's regions one after the other, across samples, by one key each; its Python and its page."""

from imagine_widgets.review.widget import Review

__all__ = ["Review"]
