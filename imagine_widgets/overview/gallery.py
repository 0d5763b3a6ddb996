"""Regions → their pictures, a bounded number of bytes in all; of those that cannot be shown the reason is kept."""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from imagine_kernels.records import Sample
from imagine_widgets.failures import sentence
from imagine_widgets.overview import drawing
from imagine_widgets.overview.drawing import Stroke
from imagine_widgets.overview.sets import Set
from imagine_widgets.thumbnails import Thumbnail

BYTES = 12_000_000
"""Most bytes of pictures on one page: what a mail takes, and a phone opens."""


@dataclass
class Gallery:
    """Pictures of a set, made one by one; `missing` counts those without one by the reason."""

    given: Set
    room: int = BYTES
    missing: Counter[str] = field(default_factory=Counter)
    left_out: int = 0
    _samples: dict[str, Sample] = field(init=False)

    def __post_init__(self) -> None:
        self._samples = {sample.id: sample for sample in self.given.samples}

    def picture(self, sample_id: str, strokes: Sequence[Stroke], title: str) -> str | None:
        """The place of some regions in a sample as SVG; None where it cannot be shown."""
        if self.room <= 0:
            self.left_out += 1
            return None
        try:
            sample = self._found(sample_id)
            seen = drawing.view(sample, [stroke.region for stroke in strokes])
            from imagine_kernels.images import thumbnail

            made = Thumbnail(thumbnail(drawing.part(sample, seen), drawing.SIDE))
        except (ValueError, OSError) as error:
            self.missing[_reason(error)] += 1
            return None
        self.room -= len(made.data)
        return drawing.svg(seen, made, strokes, title)

    def _found(self, sample_id: str) -> Sample:
        """The sample with its file where it is. Raises OSError or ValueError with the reason it is not shown."""
        sample = self._samples.get(sample_id)
        if sample is None:
            raise FileNotFoundError("the labels do not tell where the picture lies")
        if self.given.folders is None:
            return sample
        path, mark, member = sample.uri.partition("!/")
        inside = [name for folder in self.given.folders if (name := _within(folder, path)) is not None]
        places = itertools.product(self.given.folders, dict.fromkeys([path, *inside]))
        file = next((file for folder, name in places if (file := _below(folder, name)) is not None), None)
        if file is None:
            raise FileNotFoundError("there is no such file beside the labels: name the folder of the pictures")
        return _sized(replace(sample, uri=f"{file}{mark}{member}"))


def _within(folder: Path, path: str) -> str | None:
    """How a file is called in the folder, where a reader put the folder in front of its name."""
    return str(Path(path).relative_to(folder)) if Path(path).is_relative_to(folder) else None


def _below(folder: Path, name: str) -> Path | None:
    """The file called `name` in a folder; None where there is none, or the name leads out of the folder."""
    root = folder.resolve()
    file = (root / name).resolve()
    return file if file.is_relative_to(root) and file.is_file() else None


def _sized(sample: Sample) -> Sample:
    """With the size of the file itself: labels that do not know it tell how far they reach."""
    if sample.crop is not None:
        return sample
    from imagine_kernels.images import scan_size

    width, height = scan_size(sample.uri)
    return replace(sample, width=width, height=height)


def _reason(error: Exception) -> str:
    """Alike for files that fail alike: they are counted by it."""
    if isinstance(error, FileNotFoundError):
        return str(error) if error.errno is None else "the file is not there any more"
    return sentence(error)
