"""Sentences about what was left out while a source was read, gathered so that a lost file is one and not a thousand."""

from dataclasses import dataclass, field

from imagine_kernels.records import Skipped


class LeftOutError(ValueError):
    """One thing that cannot be used: `where` it lies, and `why` as a sentence."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(where, why)
        self.where, self.why = where, why


@dataclass
class Troubles:
    """What was left out, by place and reason, with the things that share both."""

    found: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def add(self, where: str, why: str, thing: str) -> None:
        """One more `thing` (such as "line 12") that is left out for this reason."""
        self.found.setdefault((where, why), []).append(thing)

    def skipped(self) -> list[Skipped]:
        """One sentence for each place and reason; each tells how many and the first of them."""
        return [
            Skipped(where, f"{why} Left out: {len(things):,}, the first is {things[0]}.")
            for (where, why), things in self.found.items()
        ]
