"""Samples of a file that may not tell the sizes of its pictures: from it, the pictures themselves, or the labels."""

from dataclasses import dataclass, field
from pathlib import Path

from imagine_kernels import images
from imagine_kernels.records import Sample, Skipped
from imagine_kernels.shapes import Key, Shape, TimeFrequency, Track, bounds


@dataclass
class Pictures:
    """Samples by name, in the order in which they were met."""

    path: Path
    folder: Path | None
    sizes: dict[str, tuple[int, int] | None] = field(default_factory=dict)
    reach: dict[str, tuple[float, float]] = field(default_factory=dict)

    def meet(self, name: str, width: object = None, height: object = None) -> None:
        """One picture, with its size where the file tells one."""
        if not name:
            raise ValueError("it names no picture.")
        told = (width, height)
        if all(isinstance(side, int | float) and 0 < side < 2**31 for side in told):
            self.sizes[name] = (int(width), int(height))  # type: ignore[call-overload]
        else:
            self.sizes.setdefault(name, None)

    def span(self, name: str, shape: Shape | None) -> None:
        """How far its labels reach."""
        flat = [key.shape for key in shape.keys] if isinstance(shape, Track) else [shape]
        for one in flat:
            if one is not None and not isinstance(one, TimeFrequency | Track | Key):
                box, (right, bottom) = bounds(one), self.reach.get(name, (1.0, 1.0))
                self.reach[name] = (max(right, box.x + box.width), max(bottom, box.y + box.height))

    def samples(self) -> tuple[tuple[Sample, ...], list[Skipped]]:
        """Every picture; where no size is to be found it reaches as far as its labels, and that is told."""
        found, unknown = [], []
        for name, size in self.sizes.items():
            sides = size or self._seen(name)
            if sides is None:
                unknown.append(name)
                right, bottom = self.reach.get(name, (1.0, 1.0))
                sides = (min(int(right) + 1, 2**31), min(int(bottom) + 1, 2**31))
            found.append(Sample(name, name if self.folder is None else str(self.folder / name), *sides))
        return tuple(found), [self._told(unknown)] if unknown else []

    def _seen(self, name: str) -> tuple[int, int] | None:
        """The size of the picture itself. A name that leads out of the folder is not followed."""
        if self.folder is None or ".." in Path(name).parts or Path(name).is_absolute():
            return None
        try:
            return images.scan_size(self.folder / name)
        except (OSError, ValueError):
            return None

    def _told(self, unknown: list[str]) -> Skipped:
        return Skipped(
            f"{self.path}, {unknown[0]}",
            f"the sizes of {len(unknown)} pictures or videos are not told: they are taken to reach as far as their "
            "labels do. Name the folder of the pictures to have them exactly.",
        )
