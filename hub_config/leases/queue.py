"""Who gets which shares next: first come, first served, within everybody's limits. Pure: no clock, no process."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Ask:
    """A kernel's wish for `count` shares, all or none; `key` tells it from all others."""

    key: str
    user: str
    groups: frozenset[str]
    count: int


@dataclass(frozen=True)
class Limits:
    """Shares that a person, and the members of a group together, may hold at a time; 0: no limit."""

    per_user: int = 0
    per_group: Mapping[str, int] = field(default_factory=dict)


class Queue:
    """Shares of cards, who holds them and who waits for them."""

    def __init__(self, shares: Mapping[str, int], limits: Limits) -> None:
        """`shares` of each card, by its name."""
        self.shares = dict(shares)
        self.limits = limits
        self.waiting: dict[str, Ask] = {}
        """In order of coming."""
        self.held: dict[str, tuple[Ask, tuple[str, ...]]] = {}
        """What each key holds: its ask, and one card for each share."""

    def refusal(self, ask: Ask) -> str:
        """Why `ask` can never be granted here, as a sentence; empty where waiting makes sense."""
        total = sum(self.shares.values())
        if not total:
            return "This machine has no graphics card to lend: start a server without one."
        if ask.count > total:
            return f"{_shares(ask.count)} asked for, and this machine has {total} in all."
        if 0 < self.limits.per_user < ask.count:
            return f"{_shares(ask.count)} asked for, and a person may hold {self.limits.per_user} at a time."
        for group, most in self._limited(ask):
            if most < ask.count:
                return f"{_shares(ask.count)} asked for, and the group {group} may hold {most} at a time."
        return ""

    def join(self, ask: Ask) -> None:
        """Puts `ask` at the end of the line. Raises ValueError where its key waits or holds already."""
        if ask.key in self.waiting or ask.key in self.held:
            raise ValueError(f"{ask.key} waits or holds already.")
        self.waiting[ask.key] = ask

    def hold(self, ask: Ask, cards: tuple[str, ...]) -> None:
        """Takes note of what was granted before this queue was made, even on cards that are no longer there."""
        self.held[ask.key] = (ask, cards)

    def leave(self, key: str) -> bool:
        """Takes `key` out of the line; False where it does not wait."""
        return self.waiting.pop(key, None) is not None

    def release(self, key: str) -> bool:
        """Takes back what `key` holds; False where it holds nothing."""
        return self.held.pop(key, None) is not None

    def grant(self) -> list[tuple[Ask, tuple[str, ...]]]:
        """Grants what can be granted now, in order.

        A person or group at its limit is passed over and keeps its place. Whoever waits for more shares than are free
        holds up those behind: else small wishes would keep big ones waiting for ever.
        """
        granted = []
        for ask in list(self.waiting.values()):
            if self.limit_reached(ask):
                continue
            if ask.count > self.free():
                break
            cards = self._choose(ask.count)
            del self.waiting[ask.key]
            self.held[ask.key] = (ask, cards)
            granted.append((ask, cards))
        return granted

    def free(self) -> int:
        """Shares that nobody holds."""
        return sum(self.free_shares().values())

    def free_shares(self) -> dict[str, int]:
        """Shares that nobody holds, by card; a card that was cut into fewer shares since may have none."""
        free = dict(self.shares)
        for _, cards in self.held.values():
            for card in cards:
                if card in free:
                    free[card] -= 1
        return {card: max(0, count) for card, count in free.items()}

    def place(self, key: str) -> int:
        """The place in the line, from 1; 0 for who is not in it."""
        return next((place for place, waiting in enumerate(self.waiting, 1) if waiting == key), 0)

    def limit_reached(self, ask: Ask) -> str:
        """Which limit `ask` waits for, as a sentence; empty where it waits for nothing but a free share."""
        if self.limits.per_user and self._held_by(ask.user) + ask.count > self.limits.per_user:
            return f"{ask.user} holds {self._held_by(ask.user)} of at most {self.limits.per_user}"
        for group, most in self._limited(ask):
            if self._held_in(group) + ask.count > most:
                return f"the group {group} holds {self._held_in(group)} of at most {most}"
        return ""

    def _limited(self, ask: Ask) -> list[tuple[str, int]]:
        return [(group, most) for group, most in self.limits.per_group.items() if most and group in ask.groups]

    def _held_by(self, user: str) -> int:
        return sum(len(cards) for ask, cards in self.held.values() if ask.user == user)

    def _held_in(self, group: str) -> int:
        return sum(len(cards) for ask, cards in self.held.values() if group in ask.groups)

    def _choose(self, count: int) -> tuple[str, ...]:
        """One card that has all of them, the emptiest first; else the emptiest cards, as few as possible."""
        free = self.free_shares()
        chosen: list[str] = []
        while len(chosen) < count:
            card = max(free, key=lambda name: free[name])
            taken = min(count - len(chosen), free.pop(card))
            chosen += [card] * taken
        return tuple(chosen)


def _shares(count: int) -> str:
    return "One share of a graphics card is" if count == 1 else f"{count} shares of graphics cards are"
