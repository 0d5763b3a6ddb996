"""What is in a set of labels: counts, agreement, disputes, as values for a table and as one page with pictures.

>>> found = overview(of_file("instances.json"))
>>> write(found, "labels.html")
"""

from imagine_widgets.overview.page import write
from imagine_widgets.overview.sets import Set, is_store, of_collection, of_file, of_store, stores_in
from imagine_widgets.overview.tally import Overview, kinds, overview

__all__ = [
    "Overview", "Set", "is_store", "kinds", "of_collection", "of_file", "of_store", "overview", "stores_in", "write",
]  # fmt: skip
