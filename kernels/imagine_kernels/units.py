"""Numbers with units → the same in other units, by pint; litres and cubic metres are never mixed."""

import functools
import re
from typing import TYPE_CHECKING

from imagine_kernels.records import Quantity

if TYPE_CHECKING:
    import pint

_TYPED = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([^\W\d_].*?)\s*", re.IGNORECASE)
_PER_PIXEL = re.compile(r"\s*(/|per)\s*(px|pixels?)", re.IGNORECASE)
_PER = {"1 / milliliter": "per mL", "1 / liter": "per L", "1 / meter ** 3": "per m³"}
_POWER = re.compile(r"(?<=[a-zµμ])\s*\^?([23])(?!\d)", re.IGNORECASE)


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


def parse(text: str, like: str) -> Quantity:
    """The quantity that a person typed: "10.58 um", "2.4 m3", "500 mL"; `like` is a unit that measures the same.

    Raises ValueError with a sentence where it has no unit, measures something else or is not above 0.
    """
    import pint

    wrong = f"{text!r} is no quantity that can be used here"
    found = _TYPED.fullmatch(text)
    if found is None:
        raise ValueError(f"{wrong}: write a number with a point and its unit, such as '10.58 {like}'.")
    try:
        unit = units().Unit(_POWER.sub(r"**\1", _PER_PIXEL.sub("", found[2])))
        value = float(found[1])
        units().Quantity(value, unit).to(like)
    except (pint.UndefinedUnitError, pint.DimensionalityError, pint.DefinitionSyntaxError, ValueError) as error:
        raise ValueError(f"{wrong}: {found[2]!r} is no unit that can be told in {like}.") from error
    if not value > 0:
        raise ValueError(f"{wrong}: it must be above 0.")
    return Quantity(value, str(unit))


def spoken(quantity: Quantity | None) -> str:
    """The quantity as people write it: "25 m³", "10.6 µm"; "unknown" where there is none."""
    if quantity is None:
        return "unknown"
    import pint

    try:
        return f"{quantity.value:.4g} {units().Unit(quantity.unit):~P}"
    except pint.UndefinedUnitError:  # an instrument's own
        return f"{quantity.value:.4g} {quantity.unit}"


def spelled(column: str) -> str:
    """A column's title as people say it: "1 / milliliter, 95 % from" is "per mL, 95 % from"."""
    unit, comma, rest = column.partition(",")
    return f"{_PER.get(unit, unit)}{comma}{rest}"
