"""How much water an IFCB looked at: the time it was ready to look, times the flow of its syringe.

Sosik and Olson (2007), Limnol. Oceanogr. Methods 5:204-216 (doi:10.4319/lom.2007.5.204), as WHOI computes it for its
dashboard (ml_analyzed; https://github.com/hsosik/ifcb-analysis, https://github.com/joefutrelle/pyifcb):
volume = 0.25 mL/min x (run time - inhibit time). While a picture is taken the instrument sees no other particle; that
time is "inhibited". Instruments 1 to 6 do not report it: there it is the time from taking a picture to the next
trigger, at least 73 ms.
"""

import itertools
import statistics
from collections.abc import Mapping, Sequence

from imagine_kernels.records import Quantity
from imagine_kernels.sources.ifcb_tables import Name, Row

FLOW = 0.25
"""Millilitres per minute of the sample syringe."""
_LEAST_PROCESSING = 0.073
_LEAST_PROCESSING_5 = 0.05
"""Seconds that a picture takes at least; instrument 5 was made faster in June 2015."""
_DAY = 86_400.0
_CLOCK_OFF = 10.0
"""Seconds by which the run's clock may be ahead of the table's; more means that it was not set to zero at the start."""
_AGREE = 0.02


def analysed(rows: Sequence[Row], told: Mapping[str, str], name: Name) -> Quantity | None:
    """The volume looked at, in millilitres; None where header and table do not tell it."""
    seconds = _looked_old(rows, name) if name.old else _looked(rows, told)
    return None if seconds is None or seconds <= 0 else Quantity(FLOW * seconds / 60, "milliliter")


def doubt(told: Mapping[str, str]) -> str | None:
    """Why the formula may not hold for this bin, as a sentence; None where nothing speaks against it."""
    if told.get("runsamplefast", "").lower() in {"true", "1"}:
        return "The sample was run fast, for which the formula of the volume (0.25 mL per minute) does not hold."
    size, minutes = _number(told, "syringesize"), _number(told, "syringesamplingspeed")
    if size and minutes and abs(size / minutes / FLOW - 1) > 0.01:
        return (
            f"The header tells a syringe of {size:g} mL emptied in {minutes:g} minutes, which is not the"
            f" {FLOW} mL per minute of the formula."
        )
    return None


def _looked(rows: Sequence[Row], told: Mapping[str, str]) -> float | None:
    """The header counts, unless the table contradicts it: a header may be of a run that was restarted."""
    run, inhibited = _number(told, "runtime"), _number(told, "inhibittime")
    seen = _from_table(rows)
    if seen is not None:
        run = seen[0] if run is None or not _near(run, seen[0]) else run
        inhibited = seen[1] if inhibited is None or not _near(inhibited, seen[1]) else inhibited
    return None if run is None or inhibited is None else run - inhibited


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= _AGREE * abs(other)


def _from_table(rows: Sequence[Row]) -> tuple[float, float] | None:
    """Run and inhibit time in seconds by the table: those of its last line, where its clocks are sound."""
    timed = [row for row in rows if {"runtime", "inhibittime", "adctime"} <= row.keys()]
    if len(timed) < 2 or not any(row["inhibittime"] for row in timed):
        return None
    inhibits = [row["inhibittime"] for row in timed]
    good = [0, *(i for i in range(1, len(timed)) if inhibits[i] > 0 and -0.1 < inhibits[i] - inhibits[i - 1] < 5)]
    steps = [round(later - earlier, 4) for earlier, later in itertools.pairwise(inhibits[i] for i in good)]
    usual = statistics.mode(steps) if steps else 0.0
    ahead = timed[1]["runtime"] - timed[1]["adctime"]
    ahead, lost = (ahead, inhibits[1] + 2 * usual) if ahead > _CLOCK_OFF else (0.0, 0.0)
    inhibited = inhibits[good[-1]] + (len(timed) - len(good)) * usual - lost
    run = timed[-1]["runtime"] - ahead
    by_adc = timed[-1]["adctime"] + statistics.median(r["runtime"] - r["adctime"] for r in timed[:50]) - ahead
    return (by_adc if abs(run - by_adc) > 0.2 else run), inhibited


def _looked_old(rows: Sequence[Row], name: Name) -> float | None:
    """Times past midnight are negative there, and begin again at each trigger's first line."""
    seen: dict[float, tuple[float, float]] = {}
    for row in rows:
        if {"triggeropen", "framegrab"} <= row.keys():
            opened, grabbed = (time + _DAY * (time < 0) for time in (row["triggeropen"], row["framegrab"]))
            seen.setdefault(row["trigger"], (opened, grabbed))
    if not seen:
        return None
    faster = name.instrument == 5 and (name.time or "") >= "2015-06-01"
    least = _LEAST_PROCESSING_5 if faster else _LEAST_PROCESSING
    pairs = itertools.pairwise(seen.values())
    busy = sum(max(later[0] - earlier[1], least) for earlier, later in pairs)
    return list(seen.values())[-1][1] - busy - least


def _number(told: Mapping[str, str], key: str) -> float | None:
    try:
        value = float(told.get(key, ""))
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None
