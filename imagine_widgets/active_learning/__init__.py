"""Which samples are worth a person's time next: those a model is unsure of, unlike one another, and some at random.

>>> batch = next_batch(run.predictions, 100, features=dict(classification.features(classifier, samples)))
>>> [choice.sample_id for choice in batch.choices]
"""

from imagine_widgets.active_learning.batch import Batch, Choice, next_batch

__all__ = ["Batch", "Choice", "next_batch"]
