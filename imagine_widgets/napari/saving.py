"""What changed in napari's layers since the last look → edits in the store: nothing waits for a person to save."""

from collections.abc import Iterable, Iterator
from typing import Any

from imagine_kernels.records import Region
from imagine_widgets.napari.coming import TOOL, from_napari
from imagine_widgets.store import Drop, Edit, Put, Store


class Saving:
    """Keeps `store` as the layers are; `layers` are those that were just made, before anybody touched them."""

    def __init__(self, store: Store, author: str, layers: Iterable[Any]) -> None:
        self._store, self._author = store, author
        self._known = self._look(layers)

    def save(self, layers: Iterable[Any]) -> int:
        """Write what changed; how many regions that were. Raises OSError or ValueError with a sentence, then nothing is
        written.
        """
        now = self._look(layers)
        edits = [edit for sample, regions in now.items() for edit in self._edits(sample, regions)]
        if edits:
            self._store.write(edits)
        self._known = now
        return len(edits)

    def _look(self, layers: Iterable[Any]) -> dict[str, dict[str, Region]]:
        return {one.sample_id: {r.id: r for r in one.regions} for one in from_napari(layers, self._author)}

    def _edits(self, sample: str, regions: dict[str, Region]) -> Iterator[Edit]:
        before = self._known.get(sample, {})
        for identity, region in regions.items():
            if before.get(identity) != region:
                yield Put(sample, region, self._author, TOOL)
        for identity in before.keys() - regions.keys():
            yield Drop(sample, identity, self._author, TOOL)
