"""Tells programs that ended for want of memory from those that ended otherwise: part of the rounds of a server."""

from logging import Logger

from hub_config import limits


class Memory:
    """What the control group of this server has counted."""

    def __init__(self, log: Logger) -> None:
        self._log, self._group = log, limits.own_group()
        if self._group is None:
            log.info("Memory and cores of this server are not limited on this machine.")
        self._seen = limits.ended_for_memory(self._group)
        self.ended = 0
        """How many programs of this server were ended for memory since it started."""

    def look(self) -> None:
        """One round: says so in the log when there is one more."""
        now = limits.ended_for_memory(self._group)
        if now > self._seen:
            self._log.warning("%d more program(s) ended: all memory of this server was in use.", now - self._seen)
            self.ended += now - self._seen
            self._seen = now
