"""The rows of a COCO file → samples, labels and classes, in whichever order they come, one at a time."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any

from imagine_kernels.records import NOTHING, Annotation, Prediction, Region, Sample, Skipped
from imagine_kernels.shapes import Box, MultiPolygon, Polygon, Shape
from imagine_widgets.formats import coco_masks, json_stream
from imagine_widgets.formats.labels import IMPORTED, LONG_AGO, Labels, Term

_PARTS = ("images", "annotations", "categories")


_Row = tuple[int, Any, Any, bool, float | None, str, Shape, tuple[int, int] | None]
"""One annotation until all pictures and classes are known: its number, picture, class, whether a model made it, score,
id, shape, and the size of the picture where the shape tells it."""


@dataclass
class Reading:
    """What the entries of one file add up to."""

    path: Path
    images: Path | None
    pictures: dict[Any, Sample] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    terms: dict[Any, Term] = field(default_factory=dict)
    rows: list[_Row] = field(default_factory=list)
    skipped: list[tuple[int, Skipped]] = field(default_factory=list)

    def all(self) -> Labels:
        """The whole file. Raises OSError or ValueError with a sentence."""
        take = {"images": self._picture, "categories": self._term, "annotations": self._annotation}
        seen: set[str] = set()
        for member, key, value in json_stream.entries(self.path, _PARTS):
            if type(key) is not int:
                seen |= {member} if isinstance(value, list) else set()
            elif member:
                try:
                    take[member](value, key + 1)
                except (KeyError, TypeError, ValueError, OverflowError) as error:
                    self._skip(member, key + 1, error)
        if not seen.issuperset(_PARTS):
            raise ValueError(
                f"{self.path} is no COCO file of labels: it needs lists of images, annotations and categories."
            )
        return self._labels()

    def _skip(self, member: str, number: int, error: Exception) -> None:
        told = f"it has no {error.args[0]!r}." if isinstance(error, KeyError) else str(error)
        self.skipped.append((number, Skipped(f"{self.path}, number {number:,} of {member}", told)))

    def _picture(self, row: object, number: int) -> None:
        del number
        facts = _table(row)
        key, name = _key(facts, "id"), _text(facts, "file_name")
        if key in self.pictures or name in self.names:
            raise ValueError(f"the id {key!r} or the file_name {name!r} is that of another image, too.")
        self.names.add(name)
        uri = name if self.images is None else str(self.images / name)
        self.pictures[key] = Sample(name, uri, _side(facts, "width"), _side(facts, "height"))

    def _term(self, row: object, number: int) -> None:
        del number
        facts = _table(row)
        above = facts.get("supercategory")
        self.terms[_key(facts, "id")] = Term(_text(facts, "name"), str(above) if above else None)

    def _annotation(self, row: object, number: int) -> None:
        facts = row if type(row) is dict else _table(row)
        score = facts.get("score")
        if score is not None and not isinstance(score, int | float):
            raise ValueError(f"its score {score!r} is no number.")
        shape, size = _shape(facts)
        name = str(facts["region_id" if "region_id" in facts else "id"])
        image, category = facts["image_id"], facts["category_id"]
        self.rows.append((number, image, category, "score" in facts, score, name, shape, size))

    def _labels(self) -> Labels:
        said: dict[bool, dict[str, list[Region]]] = {True: {}, False: {}}
        pictures, terms = self.pictures, self.terms
        for number, image, category, guessed, score, name, shape, size in self._emptied():
            try:
                sample = pictures[image]
                if size is not None:
                    _fit(size, sample)
                region = Region(terms[category].name, score, shape, name, NOTHING, "", (), NOTHING)
            except (KeyError, TypeError):
                self._skip("annotations", number, self._unknown(image, category))
            except ValueError as error:
                self._skip("annotations", number, error)
            else:
                said[guessed].setdefault(sample.id, []).append(region)
        people = (_said(sample_id, regions) for sample_id, regions in said[False].items())
        models = (Prediction(sample_id, tuple(regions), IMPORTED, "") for sample_id, regions in said[True].items())
        skipped = (one for _, one in sorted(self.skipped, key=itemgetter(0)))
        return Labels(
            tuple(self.pictures.values()), tuple(people), tuple(models), tuple(self.terms.values()), tuple(skipped)
        )

    def _unknown(self, image: object, category: object) -> ValueError:
        lost, name, where = image, "image_id", "images"
        if isinstance(image, Hashable) and image in self.pictures:
            lost, name, where = category, "category_id", "categories"
        return ValueError(f"its {name} {lost!r:.40} is not among the {where} of the file.")

    def _emptied(self) -> Iterator[_Row]:
        """The rows in turn; each is let go as soon as it is a region."""
        self.rows.reverse()
        while self.rows:
            yield self.rows.pop()


def _fit(size: tuple[int, int], sample: Sample) -> None:
    if size != (sample.width, sample.height):
        width, height = size
        raise ValueError(
            f"its mask is of {width} x {height} pixels, and the picture has {sample.width} x {sample.height}."
        )


def _said(sample_id: str, regions: list[Region]) -> Annotation:
    return Annotation(sample_id, tuple(regions), IMPORTED, LONG_AGO, IMPORTED, f"{sample_id}/{IMPORTED}")


def _table(row: object) -> Mapping[str, Any]:
    if not isinstance(row, dict):
        raise TypeError("it is no table of fields.")
    return row


def _key(row: Mapping[str, Any], name: str) -> int | float | str:
    found = row[name]
    if not isinstance(found, int | float | str):
        raise ValueError(f"its {name} {found!r:.40} is no number.")  # noqa: TRY004 - the file's fault
    return found


def _text(row: Mapping[str, Any], name: str) -> str:
    found = str(row[name])
    if not found:
        raise ValueError(f"its {name} is empty.")
    return found


def _side(row: Mapping[str, Any], name: str) -> int:
    found = row[name]
    if not isinstance(found, int | float) or not 1 <= found < 2**31:
        raise ValueError(f"its {name} {found!r:.40} is no number of pixels.")
    return int(found)


def _shape(row: Mapping[str, Any]) -> tuple[Shape, tuple[int, int] | None]:
    """The shape; of a mask the size of its picture, too."""
    drawn = row.get("segmentation")
    if isinstance(drawn, dict):
        return coco_masks.read(drawn)
    if drawn:
        parts = tuple(map(_polygon, drawn)) if isinstance(drawn, list) else ()
        return parts[0] if len(parts) == 1 else MultiPolygon(parts), None
    sides = row["bbox"]
    try:
        x, y, width, height = sides
        return Box(float(x), float(y), float(width), float(height)), None
    except TypeError as error:
        raise ValueError(f"its bbox {sides!r:.60} is not four numbers.") from error


def _polygon(ring: object) -> Polygon:
    if not isinstance(ring, list):
        raise TypeError(f"its segmentation holds {ring!r:.40}, which is no outline.")
    if len(ring) % 2:
        raise ValueError(f"its outline has {len(ring)} numbers, and x and y come in pairs.")
    try:
        return Polygon(tuple(zip(ring[::2], ring[1::2], strict=True)))
    except TypeError as error:
        raise ValueError(f"its outline {ring!r:.60} holds something that is no number.") from error
