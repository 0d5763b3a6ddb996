"""The line of kernels before the cards: who joins it, who gets what, and what each of them is told."""

import itertools
import time
import uuid

from hub_config.leases import register
from hub_config.leases.figures import Figures
from hub_config.leases.inventory import Card
from hub_config.leases.people import Kernel, Lease, Refusal, Server
from hub_config.leases.queue import Ask, Limits, Queue
from hub_config.leases.store import Store
from hub_config.settings import Settings
from imagine_kernels.launch.leases import MARK, MEMORY_CAP

MOST_WAITING = 20
"""Kernels of one person that may wait at the same time."""


class Lending:
    """The queue, and the kernels behind its names."""

    def __init__(self, settings: Settings, store: Store, cards: tuple[Card, ...], figures: Figures) -> None:
        self._settings, self._store, self._figures = settings, store, figures
        self.cards = {card.device: card for card in cards}
        self.shares = max(1, settings.gpus.shares)
        limits = Limits(settings.gpus.per_user, settings.gpus.per_group)
        self.queue = Queue(dict.fromkeys(self.cards, self.shares), limits)
        self._waiting: dict[str, Kernel] = {}
        self._absent: set[str] = set()
        self._numbers = itertools.count(store.next_number("leases"))

    def line_up(self, kernel: Kernel, count: int) -> None:
        """Grants, or puts in the line; who stood there before the broker was started anew keeps the place.

        Raises Refusal.
        """
        waiting = self.queue.waiting.get(kernel.key)
        if waiting is not None and waiting.count == count:
            self._absent.discard(kernel.key)
            kernel.told_place = 0
            self.grant()
            return
        self.leave(kernel)
        ask = self._ask(kernel, count)
        if refusal := self._refusal(kernel.server, ask):
            self._store.event("refusal", kernel, refusal)
            self._figures.refusals += 1
            raise Refusal(refusal)
        self._join(kernel, ask, time.time())
        self.grant()
        if kernel.lease is None:
            why = self.queue.limit_reached(ask)
            self._store.event("wait", kernel, f"place {self.queue.place(ask.key)}" + (f": {why}" if why else ""))
            register.keep_waiting(self._store, kernel, count)

    def _ask(self, kernel: Kernel, count: int) -> Ask:
        return Ask(uuid.uuid4().hex, kernel.server.user, kernel.server.groups, count)

    def _join(self, kernel: Kernel, ask: Ask, since: float) -> None:
        kernel.key, kernel.asked, kernel.told_place = ask.key, since, 0
        self._waiting[ask.key] = kernel
        self.queue.join(ask)

    def _refusal(self, server: Server, ask: Ask) -> str:
        profile = self._settings.profiles.get(server.profile)
        most = profile.gpus if profile else 0
        if not most:
            return "This server was started without a graphics card: choose a size with one on the start page."
        if not 0 < ask.count <= most:
            return f"Kernels of this server may hold {most} shares of graphics cards, not {ask.count}."
        if sum(one.user == server.user for one in self.queue.waiting.values()) >= MOST_WAITING:
            return f"{MOST_WAITING} kernels of yours wait for a graphics card already: end some of them first."
        return self.queue.refusal(ask)

    def stand_in(self, kernel: Kernel, count: int, since: float) -> None:
        """Keeps the place of a kernel whose asker has yet to come back; nobody gets a card before that."""
        ask = self._ask(kernel, count)
        if not self.queue.refusal(ask):
            self._join(kernel, ask, since)
            self._absent.add(ask.key)
            register.keep_waiting(self._store, kernel, count)

    def dismiss_absent(self) -> list[Kernel]:
        """Waits no longer for those who did not come back, and returns them."""
        left = [self._waiting[key] for key in self._absent if key in self._waiting]
        self._absent.clear()
        return left

    def take_up(self, kernel: Kernel, lease: Lease) -> None:
        """A lease that was granted before the broker was started anew."""
        kernel.lease = lease
        ask = Ask(lease.key, kernel.server.user, kernel.server.groups, len(lease.cards))
        self.queue.hold(ask, lease.cards)

    def leave(self, kernel: Kernel) -> bool:
        """Takes `kernel` out of the line; False where it was not in it."""
        key, kernel.key = kernel.key, ""
        self._waiting.pop(key, None)
        self._absent.discard(key)
        if not self.queue.leave(key):
            return False
        self._not_waiting(kernel)
        return True

    def free(self, lease: Lease) -> None:
        """Its cards can be lent again."""
        self.queue.release(lease.key)
        self.grant()

    def grant(self) -> None:
        """Gives out what is free, and tells those who wait their places."""
        for ask, cards in self.queue.grant() if not self._absent else ():
            kernel, now = self._waiting.pop(ask.key), time.time()
            lease = Lease(next(self._numbers), uuid.uuid4().hex, ask.key, cards, now, now, time.monotonic())
            kernel.lease, kernel.key, kernel.warned = lease, "", 0.0
            register.keep_lease(self._store, kernel, lease)
            self._not_waiting(kernel)
            self._figures.waits.see(now - kernel.asked)
            self._store.event("grant", kernel, f"{', '.join(self.names(lease))} after {now - kernel.asked:.1f} s")
            self.hand_over(kernel, lease)
        for place, kernel in enumerate(self.line(), 1):
            if kernel.told_place != place:
                kernel.told_place = place
                kernel.hear({"place": place})

    def hand_over(self, kernel: Kernel, lease: Lease) -> None:
        """Tells `kernel` what it got."""
        kernel.hear({"granted": {"number": lease.number, "env": environment(lease, self.shares)}})

    def line(self) -> list[Kernel]:
        """Who waits, in order."""
        return [self._waiting[key] for key in self.queue.waiting]

    def names(self, lease: Lease) -> list[str]:
        """What people call its cards."""
        return [self.cards[card].name if card in self.cards else card for card in lease.cards]

    def _not_waiting(self, kernel: Kernel) -> None:
        self._store.remove("waiting", token_sha256=kernel.server.token_sha256, kernel=kernel.kernel)


def environment(lease: Lease, shares: int) -> dict[str, str]:
    """What makes a process see its cards and no others, and torch keep to its share of their memory.

    The cap holds for all its cards alike: the smallest share of any.
    """
    cards = list(dict.fromkeys(lease.cards))
    found = {"CUDA_VISIBLE_DEVICES": ",".join(cards), MARK: lease.mark}
    part = min(lease.cards.count(card) for card in cards) / shares
    return found if part >= 1 else {**found, MEMORY_CAP: f"per_process_memory_fraction:{part:.4f}"}
