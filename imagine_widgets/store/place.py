"""Where the labels of a set of samples lie: the same place, the same file."""

import hashlib
import os
import re
from collections.abc import Iterable

from imagine_kernels.environment import work_folder
from imagine_kernels.records import Sample
from imagine_widgets.store.store import Store


def store_of(samples: Iterable[Sample]) -> Store:
    """The store of the folder, zip or run that `samples` come from.

    It lies in the person's work folder; two folders of one name have two stores, for their samples have equal ids.
    """
    places = sorted({_place(sample) for sample in samples}) or [""]
    name = re.sub(r"[^\w.-]+", "-", places[0].rpartition("/")[2])[:60] or "samples"
    mark = hashlib.sha256("\0".join(places).encode(errors="surrogateescape")).hexdigest()[:8]
    return Store(work_folder() / "labels" / f"{name}-{mark}.labels")


def _place(sample: Sample) -> str:
    inside = sample.uri.endswith(f"/{sample.id}")
    place = sample.uri[: -len(sample.id)].rstrip("/!") if inside else sample.uri.partition("!/")[0].rpartition("/")[0]
    return place if "://" in place else os.path.abspath(place)  # noqa: PTH100  # a link is another place
