"""A folder `images` and a folder `masks` beside it → samples, and what people painted as regions with masks.

A mask has the name of its picture (or NAME_mask) and a class number for each pixel: grey, palette or black and white;
where all masks hold 0 and 255 only, 255 is class 1. 0 is no class unless a file tells its name; 255 among other numbers
is what nobody judged.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import IO

import numpy as np
import numpy.typing as npt

from imagine_kernels import images
from imagine_kernels.images import decoding, masks, tiff
from imagine_kernels.images.place import Place
from imagine_kernels.images.sentences import naming
from imagine_kernels.records import Annotation, Collection, Region, Sample, Skipped
from imagine_kernels.shapes import Mask
from imagine_kernels.sources import class_names, folder

AUTHOR = "masks"
"""Who made annotations that were painted as masks."""
UNJUDGED = "not judged"
"""What the pixels are called that nobody said anything about: they teach nothing and are in no figure."""
PICTURES, PAINTED = "images", "masks"
_WHITE = 255
_MOST = 64
"""Different numbers. A picture that holds more is no mask of classes."""


@dataclass(frozen=True, slots=True)
class Home:
    """One data set in a place: the path of the folder that holds `images` and `masks`, "" or ending in a slash."""

    path: str
    pictures: tuple[str, ...]
    painted: tuple[str, ...]
    others: tuple[str, ...]


def homes(place: Place) -> Iterator[Home]:
    """Every folder of the place that holds pictures in `images` and pictures in `masks`."""
    found: dict[str, dict[str, list[str]]] = {}
    names = [name for name in place.names() if folder.wanted(name)]
    for name in names:
        parts = PurePosixPath(name).parts
        if len(parts) >= 2 and parts[-2].lower() in {PICTURES, PAINTED}:
            home = "".join(f"{part}/" for part in parts[:-2])
            found.setdefault(home, {}).setdefault(parts[-2].lower(), []).append(name)
    for home, kinds in sorted(found.items()):
        if kinds.keys() >= {PICTURES, PAINTED}:
            beside = [name for name in names if name.startswith(home) and name.count("/") <= home.count("/") + 1]
            others = [name for name in beside if name not in {*kinds[PICTURES], *kinds[PAINTED]}]
            yield Home(home, tuple(kinds[PICTURES]), tuple(kinds[PAINTED]), tuple(others))


def read_every(place: Place, found: Sequence[Home], *, limit: int | None = None) -> Collection:
    """The pictures of several data sets."""
    samples: tuple[Sample, ...] = ()
    made: tuple[Annotation, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    for home in found:
        if limit is None or len(samples) < limit:
            more = read(place, home, limit=None if limit is None else limit - len(samples))
            samples, made, skipped = samples + more.samples, made + more.annotations, skipped + more.skipped
    return Collection(samples, made, skipped)


def read(place: Place, home: Home, *, limit: int | None = None) -> Collection:
    """The pictures of one data set, and the regions of those that have a mask that can be used."""
    skipped: list[Skipped] = []
    names, pixel = None, None
    try:
        names, pixel = class_names.read(place, home.path), class_names.pixel_size(place, home.path)
    except ValueError as error:
        skipped.append(Skipped(home.path or place.name, str(error)))
    samples = [replace(sample, pixel_size=pixel) for sample in _samples(place, home, skipped, limit)]
    painted = dict(_painted(place, home, samples, skipped))
    used = {number for kinds in painted.values() for number in kinds}
    called = _called(used, names)
    made = [
        _annotation(sample, regions, place.changed(sample.id))
        for sample in samples
        if sample.id in painted and (regions := _regions(sample, painted[sample.id], called, skipped)) is not None
    ]
    return Collection(tuple(samples), tuple(made), tuple(skipped + _left(home, limit)))


def _samples(place: Place, home: Home, skipped: list[Skipped], limit: int | None) -> Iterator[Sample]:
    count = 0
    for name in home.pictures:
        if limit is not None and count >= limit:
            return
        try:
            width, height = images.scan_size(place.uri(name))
        except (ValueError, OSError) as error:
            skipped.append(Skipped(name, str(error)))
        else:
            count += 1
            yield Sample(name, place.uri(name), width, height)


_Kinds = Mapping[int, Mask]


def _painted(place: Place, home: Home, samples: list[Sample], skipped: list[Skipped]) -> Iterator[tuple[str, _Kinds]]:
    """What lies where in each sample that has a mask: a mask for each number but 0, and one for 0 too."""
    stems = {_stem(name): name for name in home.painted}
    for sample in samples:
        own = _stem(sample.id)
        name = stems.get(own) or stems.get(f"{own}_mask")
        if name is None:
            why = f"{images.named(sample.id)} has no mask: there is no {PAINTED}/{images.named(own)}.png. Add it."
            skipped.append(Skipped(sample.id, why))
            continue
        try:
            with naming(place.uri(name)), place.open(name) as file:
                yield sample.id, _numbers(file, (sample.width, sample.height))
        except (ValueError, OSError) as error:
            skipped.append(Skipped(name, str(error)))


def _stem(name: str) -> str:
    return PurePosixPath(name).stem


def _numbers(file: IO[bytes], size: tuple[int, int]) -> _Kinds:
    with decoding.broken_as_sentence():
        levels = _decoded(file)
        if levels.shape[::-1] != size:
            told = f"has {levels.shape[1]} × {levels.shape[0]} pixels, and its picture {size[0]} × {size[1]}"
            raise tiff.RefusedError(f"{told}. Give a mask of the picture's size.")
        used = np.unique(levels)
        if len(used) > _MOST:
            told = f"holds {len(used):,} different numbers, which is a picture and no mask of classes"
            raise tiff.RefusedError(f"{told}. Save the class number of each pixel, as PNG.")
        found = {int(number): masks.encode(levels == number) for number in used}
        return {number: mask for number, mask in found.items() if mask is not None}


def _decoded(file: IO[bytes]) -> npt.NDArray[np.integer]:
    """The numbers as they are stored (height, width); of palettes the places in them. Raises RefusedError."""
    head = file.read(4)
    file.seek(0)
    width, height = decoding.size(file)
    file.seek(0)
    if head.startswith(b"\xff\xd8\xff"):
        raise tiff.RefusedError("is a JPEG, which blurs the numbers of classes. Save the mask as PNG.")
    levels = tiff.numbers(file) if head in decoding.TIFF else _stored(file)
    if levels.ndim == 3 and all((levels[:, :, 0] == levels[:, :, band]).all() for band in range(1, 3)):
        levels = levels[:, :, 0]
    if levels.shape != (height, width) or levels.dtype.kind not in "bu":
        raise tiff.RefusedError("is a colour picture. Save the class number of each pixel, as grey or palette PNG.")
    return levels.astype(np.uint8) if levels.dtype == np.bool_ else levels


def _stored(file: IO[bytes]) -> npt.NDArray[np.integer]:
    image = decoding.open_image(file)
    image.load()
    if image.mode == "I":
        return np.asarray(image).astype(np.uint32)
    shown = image.getchannel(0) if image.mode in {"LA", "PA"} else image
    return np.asarray(shown)


@dataclass(frozen=True, slots=True)
class _Called:
    """The name of each number; `strange` are those that have none."""

    names: Mapping[int, str]
    strange: frozenset[int]


def _called(used: set[int], told: Mapping[int, str] | None) -> _Called:
    """Names from the file where there is one, else class_1, class_2 and so on."""
    binary = used <= {0, _WHITE}
    numbers = {number: 1 if binary and number == _WHITE else number for number in used}
    if told is None:
        names = {number: f"class_{plain}" for number, plain in numbers.items() if number != 0}
    else:
        names = {number: told[plain] for number, plain in numbers.items() if plain in told}
        names = {number: name for number, name in names.items() if number != 0 or not class_names.is_nothing(name)}
    if not binary and _WHITE in used and (told is None or _WHITE not in told):
        names[_WHITE] = UNJUDGED
    return _Called(names, frozenset(used - names.keys() - {0}))


def _regions(sample: Sample, kinds: _Kinds, called: _Called, skipped: list[Skipped]) -> tuple[Region, ...] | None:
    if strange := sorted(kinds.keys() & called.strange):
        told = ", ".join(map(str, strange[:6]))
        why = f"The mask of {images.named(sample.id)} holds {told}, which {class_names.FILES[0]} gives no name. Add it."
        skipped.append(Skipped(sample.id, why))
        return None
    found = []
    for number, mask in kinds.items():
        if number in called.names:
            stem = f"{AUTHOR}:{sample.id}:{number}"
            found.append(Region(called.names[number], shape=mask, id=uuid.uuid5(uuid.NAMESPACE_URL, stem).hex))
    return tuple(found)


def _annotation(sample: Sample, regions: tuple[Region, ...], at: str) -> Annotation:
    """Its ids are made of the name, so that opening a folder twice does not make two opinions."""
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{AUTHOR}:{sample.id}").hex
    return Annotation(sample.id, regions, AUTHOR, at, AUTHOR, name)


def _left(home: Home, limit: int | None) -> list[Skipped]:
    """Masks without a picture, and pictures in other folders beside."""
    found = []
    own = {_stem(name) for name in home.pictures}
    alone = [name for name in home.painted if not {_stem(name), _stem(name).removesuffix("_mask")} & own]
    if alone and limit is None:
        why = f"{len(alone):,} mask(s) belong to no picture; the first is {images.named(alone[0])}. Add the pictures."
        found.append(Skipped(home.path + PAINTED, why))
    if home.others:
        first = home.others[0]
        why = f"{len(home.others):,} picture(s) beside {PICTURES} and {PAINTED} were left; the first is {first}."
        found.append(Skipped(home.path or ".", f"{why} Open them by themselves."))
    return found
