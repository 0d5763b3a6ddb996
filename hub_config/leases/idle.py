"""When an idle kernel is warned, and when it loses its card. Pure: reports and the clock come from outside."""

from dataclasses import dataclass

FRESH = 150.0
"""Seconds for which a word about a kernel counts: what nobody tells of any more may well be at work."""


@dataclass(frozen=True)
class Report:
    """What a person's server told of a kernel, and when; moments in seconds since 1970."""

    busy: bool
    last_activity: float
    told: float


def works(report: Report | None, now: float) -> bool | None:
    """Whether the kernel works; None where nobody tells."""
    if report is None or now - report.told > FRESH:
        return None
    return report.busy


@dataclass(frozen=True)
class Rule:
    """A kernel may hold its card for `idle` seconds without work, and is warned `warning` seconds before that ends."""

    idle: float
    warning: float

    def to_warn(self, report: Report | None, now: float) -> bool:
        """Whether it has been idle for so long that it is to be warned."""
        if report is None or works(report, now) is not False:
            return False
        return now - report.last_activity >= max(0.0, self.idle - self.warning)

    def ends(self, report: Report, warned: float) -> float:
        """When a kernel that was warned at `warned` loses its card: not sooner after it than was promised."""
        return max(report.last_activity + self.idle, warned + min(self.warning, self.idle))
