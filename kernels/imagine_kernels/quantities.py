"""Numbers with their unit, and what was searched for the samples: records that say how much. Standard library only."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and its unit as pint spells it: Quantity(17.4, "microliter")."""

    value: float
    unit: str

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError(f"A quantity in {self.unit} needs a finite number, not {self.value}.")
        if not self.unit:
            raise ValueError(f"The quantity {self.value} needs a unit.")


@dataclass(frozen=True, slots=True)
class Effort:
    """What was searched to find the samples of one group: the volume imaged and how the water was prepared.

    `volume` is what the instrument looked at; `dilution` is millilitres of measured fluid per millilitre of original
    water (2.0: diluted to double; 0.01: concentrated a hundred times).
    """

    volume: Quantity | None = None
    dilution: float = 1.0

    def __post_init__(self) -> None:
        if not self.dilution > 0:
            raise ValueError(f"A dilution must be above 0, not {self.dilution}.")
        if self.volume is not None and not self.volume.value > 0:
            raise ValueError(f"A volume must be above 0, not {self.volume}.")
