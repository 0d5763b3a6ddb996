"""Which file of a place a row of an EcoTaxa table means: names come from other computers, cases and folders."""

import ntpath
from collections import defaultdict
from collections.abc import Iterable, Mapping

from imagine_kernels import images
from imagine_kernels.ecotaxa_tables import Row
from imagine_kernels.ecotaxa_tables.values import known
from imagine_kernels.images.place import PICTURES, Place


class Pictures:
    """The files of a place; whether one is a picture is seen when it is opened."""

    def __init__(self, place: Place, names: Iterable[str] | None = None) -> None:
        self.place = place
        self._exact: dict[str, str] = {}
        self._by_name: Mapping[str, list[str]] = defaultdict(list)
        for name in place.names() if names is None else names:
            last = name.rpartition("/")[2].lower()
            self._exact.setdefault(name.lower(), name)
            self._by_name[last].append(name)

    def find(self, given: str, folder: str, row: Row) -> str | None:
        """The file that a row calls `given` in a table of `folder`; None where it is not there.

        It may lie where the row says, beside the table, or, where only one file is called so, anywhere in the place;
        ZooProcess names the crop of an object by its corner in the scan.
        """
        said = given.strip().replace("\\", "/").lower().removeprefix("./")
        last = ntpath.basename(said)
        for name in (folder.lower() + said, folder.lower() + last):
            if name in self._exact:
                return self._exact[name]
        return self.alone(last) or self.crop(row.get("object_bx", ""), row.get("object_by", ""), _size(row))

    def alone(self, last: str) -> str | None:
        """The only file of that name, whatever its folder."""
        found = self._by_name.get(last.lower(), [])
        return found[0] if len(found) == 1 else None

    def crop(self, x: str, y: str, size: tuple[int, int] | None) -> str | None:
        """ZooProcess's crop of the object whose corner in the scan is at x, y: only where its size is the object's."""
        left, top = known(x), known(y)
        if left is None or top is None or size is None:
            return None
        for suffix in sorted(PICTURES):
            name = self.alone(f"crop_{left:.0f}_{top:.0f}{suffix}")
            if name is not None and self._size(name) == size:
                return name
        return None

    def _size(self, name: str) -> tuple[int, int] | None:
        try:
            return images.size(self.place.uri(name))
        except (ValueError, OSError):
            return None


def _size(row: Row) -> tuple[int, int] | None:
    width, height = known(row.get("object_width", "")), known(row.get("object_height", ""))
    return None if width is None or height is None else (round(width), round(height))
