"""What a person says beside the path of a chain: scale, water, weights; as records, and as they are typed."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from imagine_kernels import units
from imagine_kernels.records import Effort, Quantity, Sample


@dataclass(frozen=True, slots=True)
class Options:
    """What a person says beside the path: what the files do not tell (scale, water), which model, how to go about it.

    `volume` is the water that was looked at, `dilution` as in `Effort`; both go to samples that tell none themselves.
    `table` and `limits` are a person's values of taxa and limits of classes, for an index. With `rescale`
    pictures of another scale than the model's are resampled to it, instead of refused.
    """

    model: str | None = None
    weights: Path | None = None
    pixel_size: Quantity | None = None
    volume: Quantity | None = None
    dilution: float | None = None
    table: Path | None = None
    limits: tuple[float, ...] | None = None
    rescale: bool = False
    progress: bool = True

    @classmethod
    def typed(
        cls,
        *,
        pixel_size: str | None = None,
        volume: str | None = None,
        table: str | None = None,
        **others: Any,  # noqa: ANN401
    ) -> "Options":
        """Options as people type them: "10.58 um", "2.4 m3". Raises ValueError with a sentence for what is none."""
        weights, limits = others.pop("weights", None), others.pop("limits", None)
        return cls(
            pixel_size=None if pixel_size is None else units.parse(pixel_size, "micrometer"),
            volume=None if volume is None else units.parse(volume, "milliliter"),
            table=None if table is None else Path(table),
            weights=None if weights is None else Path(weights),
            limits=None if limits is None else tuple(limits),
            **others,
        )

    def words(self) -> dict[str, str | float | bool | list[float]]:
        """What differs from the default as `typed` takes it, but for the progress."""
        found: dict[str, str | float | bool | list[float]] = {}
        for name, value in ((one.name, getattr(self, one.name)) for one in fields(self) if one.name != "progress"):
            if isinstance(value, Quantity):
                found[name] = f"{value.value!r} {value.unit}"
            elif isinstance(value, Path):
                found[name] = str(value.expanduser().absolute())
            elif value is not None and value is not False:
                found[name] = list(value) if isinstance(value, tuple) else value
        return found


def told(sample: Sample, options: Options) -> Sample:
    """The sample with the scale and the water that a person gave, where it has none itself."""
    effort = sample.effort or Effort()
    if effort.volume is None and options.volume is not None:
        effort = replace(effort, volume=options.volume)
    if options.dilution is not None:
        effort = replace(effort, dilution=options.dilution)
    kept = sample.effort if effort == Effort() else effort
    return replace(sample, pixel_size=sample.pixel_size or options.pixel_size, effort=kept)
