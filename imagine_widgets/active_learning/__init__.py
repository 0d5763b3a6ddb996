"""Which samples are worth a person's time next: those a model is unsure of, unlike one another, and some at random.

>>> batch = next_batch(run.predictions, 100, features=dict(classification.features(classifier, samples)))
>>> batch.ids()

To label it in a notebook, each class in the order of the batch, or in Label Studio, the least sure first:

>>> Grid(batch.of(samples), run.predictions, labels, order=batch.ids())
>>> push("Diatoms", labels, batch.of(samples), run.predictions, store=store, unsure_first=True)
"""

from imagine_widgets.active_learning.batch import Batch, Choice, next_batch

__all__ = ["Batch", "Choice", "next_batch"]
