"""Numbers with units → the same in other units, by pint; litres and cubic metres are never mixed."""

import functools
from typing import TYPE_CHECKING

from imagine_kernels.records import Quantity

if TYPE_CHECKING:
    import pint


@functools.cache
def units() -> "pint.UnitRegistry[float]":
    """The one registry of units of this process."""
    import pint

    return pint.UnitRegistry()


def convert(quantity: Quantity, unit: str) -> Quantity:
    """The quantity in another unit. Raises ValueError with a sentence where the two do not measure the same."""
    import pint

    try:
        value = units().Quantity(quantity.value, quantity.unit).to(unit).magnitude
    except (pint.UndefinedUnitError, pint.DimensionalityError) as error:
        raise ValueError(f"{quantity.value:g} {quantity.unit} cannot be told in {unit}: {error}.") from error
    return Quantity(float(value), unit)
