"""Words in people's data → the classes of a model: by name, title, code or taxonomy, and what no class is."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from imagine_kernels.records import Annotation, Region, Sample
from imagine_kernels.shapes import Mask
from imagine_kernels.sources.ecotaxa_categories import Category
from imagine_kernels.sources.masks import UNJUDGED
from imagine_kernels.use_case import Label, Model

WRONG, LEAVE_OUT = "wrong", "leave-out"
"""What a person may say of labels that the model does not know: they count against it, or they are left out."""
_PARENT = re.compile(r"<|__")
_IN_BRACKETS = re.compile(r"(.*?)\s*\((.*)\)")
_NUMBERED = re.compile(r"class (\d+)")
"""What numbers are called in masks and boxes that come without names."""
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Unknown:
    """A word that no class of the model is called by: how many samples carry it, and where the first is."""

    word: str
    count: int
    first: str


@dataclass(frozen=True, slots=True)
class Named:
    """Annotations in the words of a model; `unknown` are those it has none for, which are as they were."""

    annotations: tuple[Annotation, ...]
    unknown: tuple[Unknown, ...]
    renamed: Mapping[str, str]


def translate(
    annotations: Iterable[Annotation],
    model: Model,
    samples: Iterable[Sample],
    categories: Mapping[str, Category] | None = None,
    *,
    taxonomy: bool = True,
) -> Named:
    """Gives every annotation the name of the model's class that its word stands for.

    A word is a class's name or title, its AphiaID or another of its codes; EcoTaxa's "Calanus<Calanidae" is a Calanus,
    and "class_2", of masks without names, the model's second class. A taxon the model lacks is the nearest class above
    it, where `categories` (or the word) tell its taxonomy; words in small letters ("part<Copepoda") are no taxa and
    stand for nothing but themselves. Without `taxonomy` a taxon that the model lacks is none of its classes.
    """
    said, places = tuple(annotations), {sample.id: sample.uri for sample in samples}
    reader = _Reader(model, _vocabulary(model), taxonomy=taxonomy)
    words = Counter(region.label for annotation in said for region in annotation.regions if region.label != UNJUDGED)
    found = {word: reader.read(word, (categories or {}).get(word)) for word in words}
    first: dict[str, str] = {}
    for annotation in said:
        for region in annotation.regions:
            first.setdefault(region.label, places.get(annotation.sample_id, annotation.sample_id))
    unknown = tuple(
        Unknown(word, count, _place(first[word], (categories or {}).get(word)))
        for word, count in words.most_common()
        if found[word] is None
    )
    renamed = {word: name for word, name in found.items() if name is not None and name != word}
    return Named(tuple(_renamed(annotation, renamed) for annotation in said), unknown, renamed)


def settle(named: Named, model: Model, data: Path, unknown: str | None) -> tuple[Annotation, ...]:
    """The annotations that count, once a person has said what becomes of the `unknown` ones.

    Raises ValueError with a sentence where she has not, or where nothing is left.
    """
    if unknown not in {None, WRONG, LEAVE_OUT}:
        raise ValueError(f"--unknown is {WRONG!r} or {LEAVE_OUT!r}, not {unknown!r}.")
    if not named.unknown or unknown == WRONG:
        return named.annotations
    if unknown is None:
        raise ValueError(f"{sentence(named.unknown, model, data)} {_remedy(model)}")
    strange = {one.word for one in named.unknown}
    kept = tuple(left for a in named.annotations if (left := _without(a, strange)) is not None)
    if not any(annotation.regions for annotation in kept):
        raise ValueError(f"{sentence(named.unknown, model, data)} Without them nothing is left to compare.")
    return kept


def _without(annotation: Annotation, strange: set[str]) -> Annotation | None:
    """The annotation without these words: painted pixels are then not judged, and a picture with no other goes."""
    if not any(region.label in strange for region in annotation.regions):
        return annotation
    if any(region.shape is None for region in annotation.regions):
        return None
    masked = (_as(r, UNJUDGED) if r.label in strange and isinstance(r.shape, Mask) else r for r in annotation.regions)
    return replace(annotation, regions=tuple(region for region in masked if region.label not in strange))


def sentence(unknown: Sequence[Unknown], model: Model, data: Path) -> str:
    """Which words of the data the model does not know, how often each is there and where first."""
    told = ", ".join(f"{one.word!r} ({one.count:,}, first {one.first})" for one in unknown[:_SHOWN])
    more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
    classes = "a class" if len(unknown) == 1 else f"{len(unknown)} classes"
    return f"{data.name} holds {classes} that the model {model.name} does not know: {told}{more}."


def _remedy(model: Model) -> str:
    names = ", ".join(model.label_names[:12]) + (", …" if len(model.labels) > 12 else "")
    return (
        f"It knows {names}. Say --unknown {LEAVE_OUT} to leave them out, --unknown {WRONG} to count them against it, or"
        " teach it them with imagine train."
    )


@dataclass(frozen=True)
class _Reader:
    """Reads words as classes of a model."""

    model: Model
    vocabulary: Mapping[str, str]
    taxonomy: bool

    def read(self, word: str, category: Category | None) -> str | None:
        """The class a word stands for."""
        base, *parents = (part.strip() for part in _PARENT.split(word))
        numbers = [f"ecotaxa {category.number}"] if category is not None and category.number else []
        above = category.above if category is not None and category.above else tuple(parents)
        taxa = above if self.taxonomy and base[:1].isupper() else ()
        by_number = word.isdigit() and category is not None
        tried = [*numbers, *taxa] if by_number else [word, *numbers, base, *taxa]
        known = next((self.vocabulary[_plain(one)] for one in tried if _plain(one) in self.vocabulary), None)
        place = _NUMBERED.fullmatch(_plain(word))
        if known is not None or place is None:
            return known
        return dict(enumerate(self.model.label_names, start=1)).get(int(place[1]))


def _vocabulary(model: Model) -> Mapping[str, str]:
    """The class by every word it may be called; names go before titles, and these before codes."""
    classes = (*model.labels, *model.higher)
    kinds = [_names, _titles, _codes]
    found: dict[str, str] = {}
    for words_of in kinds:
        for label in classes:
            for word in words_of(label):
                found.setdefault(_plain(word), label.name)
    return found


def _names(label: Label) -> list[str]:
    return [label.name]


def _titles(label: Label) -> list[str]:
    apart = _IN_BRACKETS.fullmatch(label.title)
    return [label.title, *(apart.groups() if apart else ())]


def _codes(label: Label) -> list[str]:
    numbers = [] if label.aphia_id is None else [str(label.aphia_id), f"AphiaID {label.aphia_id}"]
    numbers += [] if label.aphia_id is None else [f"urn:lsid:marinespecies.org:taxname:{label.aphia_id}"]
    return [*numbers, *(f"{register} {code}" for register, code in label.codes), *(code for _, code in label.codes)]


def _plain(word: str) -> str:
    """A word without what people and programs change in it: case, accents' spelling, underscores, spaces."""
    plain = unicodedata.normalize("NFC", word).casefold().replace("__", "<").replace("_", " ")
    return " ".join(plain.replace("<", " < ").split())


def _place(uri: str, category: Category | None) -> str:
    if category is not None:
        return f"{category.table}, row {category.row}"
    return "/".join(Path(uri).parts[-2:])


def _renamed(annotation: Annotation, names: Mapping[str, str]) -> Annotation:
    if not any(region.label in names for region in annotation.regions):
        return annotation
    regions = tuple(_as(region, names.get(region.label, region.label)) for region in annotation.regions)
    return replace(annotation, regions=regions)


def _as(region: Region, name: str) -> Region:
    return replace(region, label=name)
