"""The values of an EcoTaxa table: numbers, dates, times and states as people and spreadsheets write them.

Every function raises ValueError with the rest of a sentence, which says what the value should be.
"""

import math
import re
from datetime import date, datetime, time

STATES = {
    "validated": "validated", "v": "validated", "predicted": "predicted", "p": "predicted",
    "dubious": "dubious", "d": "dubious", "unclassified": "", "u": "", "": "",
}  # fmt: skip
MISSING = {"", "nan", "na", "n/a", "none", "null"}
_DEGREES = re.compile(r"(?P<sign>[-+]?)(?P<degrees>\d{1,3})\s*°\s*(?P<minutes>\d{1,2}(?:[.,]\d+)?)['′]?")
_PADDED = re.compile(r"\d+[.,]0+")


def number(text: str) -> float | None:
    """A finite number, with a point or a decimal comma; None where there is none."""
    if not text or text.lower() in MISSING:
        return None
    try:
        value = float(text.replace(",", ".") if "," in text and text.count(",") == 1 and "." not in text else text)
    except ValueError:
        raise ValueError("is no number: write digits with a decimal point") from None
    if not math.isfinite(value):
        raise ValueError("is no finite number: leave the cell empty where there is no value")
    return value


def known(text: str) -> float | None:
    """The number in a cell, None where there is none or it is no number."""
    try:
        return number(text.strip())
    except ValueError:
        return None


def degrees(text: str, limit: float) -> float | None:
    """Decimal degrees within ±limit; degrees and minutes ("45°24.5") are understood."""
    found = _DEGREES.fullmatch(text)
    if found is None:
        value = number(text)
    else:
        value = float(found["degrees"]) + float(found["minutes"].replace(",", ".")) / 60
        value = -value if found["sign"] == "-" else value
    if value is not None and abs(value) > limit:
        raise ValueError(
            f"lies outside −{limit:g} to {limit:g} degrees: write decimal degrees, south and west negative"
        )
    return value


def day(text: str) -> date | None:
    """A date: YYYYMMDD as EcoTaxa asks for, or YYYY-MM-DD as some of its exports have it."""
    if text.lower() in MISSING:
        return None
    plain = _whole(text)
    for form in ("%Y%m%d", "%Y-%m-%d", "%Y/%m/%d"):
        if form != "%Y%m%d" or re.fullmatch(r"\d{8}", plain):
            try:
                return datetime.strptime(plain, form).date()  # noqa: DTZ007
            except ValueError:
                continue
    raise ValueError("is no date: write it as YYYYMMDD, such as 20140420")


def hour(text: str) -> time | None:
    """A time: HHMMSS or HHMM with or without colons and fractions; zeros lost at its beginning are put back."""
    if text.lower() in MISSING:
        return None
    parts = [_whole(part) for part in text.split(":")]
    if len(parts) == 1:
        digits = parts[0].zfill(4 if len(parts[0]) <= 4 else 6)
        parts = [digits[i : i + 2] for i in range(0, len(digits), 2)]
    try:
        hours, minutes, seconds = (int(part.partition(".")[0]) for part in [*parts, "0"][: max(3, len(parts))])
        return time(hours, minutes, seconds)
    except ValueError:
        raise ValueError("is no time: write it as HHMMSS, such as 042000") from None


def state(text: str) -> str:
    """validated, predicted, dubious, or "" for what nobody has named yet."""
    if text.lower() not in STATES:
        raise ValueError("is no state: write predicted, validated or dubious")
    return STATES[text.lower()]


def _whole(text: str) -> str:
    """A spreadsheet turns 20140420 into 20140420.0."""
    return re.split("[.,]", text)[0] if _PADDED.fullmatch(text) else text
