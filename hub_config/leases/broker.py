"""The broker itself: what becomes of a server, of a kernel's process and of its lease, whoever tells of it."""

import time

from hub_config.leases import register
from hub_config.leases.ending import Endings
from hub_config.leases.figures import Figures
from hub_config.leases.idle import Report
from hub_config.leases.inventory import Card
from hub_config.leases.lending import Lending
from hub_config.leases.meter import Meter
from hub_config.leases.people import Kernel, Refusal, Server, Taken, Tally
from hub_config.leases.store import Store
from hub_config.leases.watch import Process
from hub_config.settings import Settings

TOLD = 3600.0
"""Seconds for which it is told that a card was taken back."""
SHY = 15.0
"""Seconds in which a kernel that lost its card for being idle, and is restarted by its server, starts without one."""


class Broker:
    """Who may ask, and what each kernel does; one event loop, no threads."""

    def __init__(self, settings: Settings, store: Store, cards: tuple[Card, ...]) -> None:
        self.settings, self.store = settings, store
        self.figures = Figures.of(store)
        self.meter = Meter(max(1, settings.gpus.shares))
        self.lending = Lending(settings, store, cards, self.figures)
        self.endings = Endings(self)
        self.servers: dict[str, Server] = {}
        self.kernels: dict[tuple[str, str], Kernel] = {}
        self.taken: list[Taken] = []
        self._closed = False

    def close(self) -> None:
        """Lets go of driver and database; what is lent stays lent, and who waits may come back."""
        self._closed = True
        self.meter.close()
        self.store.close()

    # what the hub says

    def welcome(self, server: Server) -> None:
        """A server that was introduced or found again; introduced again it is the same, perhaps in other groups."""
        if (known := self.servers.get(server.token_sha256)) is not None:
            known.process.let_go()
            known.user, known.groups, known.uid = server.user, server.groups, server.uid
            known.profile, known.process = server.profile, server.process
            server = known
        self.servers[server.token_sha256] = server
        process = server.process
        process.when_ended(lambda: self._farewell(server, process))

    def _farewell(self, server: Server, process: Process) -> None:
        if server.process is process:
            self.servers.pop(server.token_sha256, None)
            self.store.change("servers", {"token_sha256": server.token_sha256}, ended=time.time())

    # what an asker says

    def arrive(self, server: Server, kernel_id: str, use_case: str) -> Kernel:
        """The kernel `kernel_id` of `server`, as it was known or new."""
        key = (server.token_sha256, kernel_id)
        if key not in self.kernels:
            self.kernels[key] = Kernel(server, kernel_id, use_case)
        return self.kernels[key]

    def ask(self, kernel: Kernel, count: int) -> None:
        """Grants, or puts in the line. Raises Refusal."""
        if time.time() - kernel.taken_back < SHY:
            self._start_on_cpu(kernel, "its card was just taken back")
        elif kernel.lease is not None and len(kernel.lease.cards) == count:
            self.endings.put_off(kernel)
            self.lending.hand_over(kernel, kernel.lease)
        else:
            self.endings.end(kernel, "ended")
            self.lending.line_up(kernel, count)

    def began(self, kernel: Kernel, process: Process, lease: int, *, kind: str, seconds: float, reason: str) -> None:
        """Ties the kernel, and the lease it says it holds (0: none), to `process`. Raises Refusal."""
        if lease and (kernel.lease is None or kernel.lease.number != lease):
            raise Refusal("The lease of the graphics card ended before the kernel had started: start the kernel again.")
        self.endings.forget_process(kernel)
        kernel.final, kernel.report, kernel.warned, kernel.taken_back = False, None, 0.0, 0.0
        kernel.cpu = Tally()
        self.bind(kernel, process)
        self.figures.start(kind, reason, seconds)
        kernel.row = register.keep_kernel(self.store, kernel, kind, reason, seconds)
        how = f"{kind} ({reason})" if reason else kind
        self.store.event("start", kernel, f"{how} in {seconds:.2f} s, process {process.pid}")

    def bind(self, kernel: Kernel, process: Process) -> None:
        """From now on `process` is the kernel."""
        self.endings.put_off(kernel)
        kernel.process, kernel.session = process, process.pid
        process.when_ended(lambda: self.endings.process_ended(kernel, process))

    def over(self, kernel: Kernel, code: object) -> None:
        """Its asker says that it ended for good; as long as its process lives the lease stays with that."""
        kernel.final = True
        self.store.event("over", kernel, f"exit status {code}" if isinstance(code, int) else "")
        if kernel.process is None:
            self.endings.end(kernel, "ended")

    def depart(self, kernel: Kernel) -> None:
        """Its asker's connection closed."""
        kernel.say = None
        if self._closed:
            return
        if self.lending.leave(kernel):
            self.store.event("gave up", kernel)
            self.lending.grant()
        if kernel.process is None:
            self.endings.end(kernel, "ended" if kernel.session else "gave up")
        self.forget_if_gone(kernel)

    def stop_waiting_for_the_absent(self) -> None:
        """Who waited before the broker was started anew, and did not come back, loses the place."""
        for kernel in self.lending.dismiss_absent():
            self.depart(kernel)
        self.lending.grant()

    def instead_on_cpu(self, server: Server, kernel_id: str) -> bool:
        """Lets a waiting kernel start without a card."""
        kernel = self.kernels.get((server.token_sha256, kernel_id))
        if kernel is None or not self.lending.leave(kernel):
            return False
        self._start_on_cpu(kernel, "as the person chose")
        self.lending.grant()
        return True

    def _start_on_cpu(self, kernel: Kernel, why: str) -> None:
        self.store.event("cpu", kernel, why)
        kernel.hear({"cpu": True})

    def activity(self, server: Server, kernel_id: str, report: Report) -> None:
        """Takes note of what a server tells of one of its kernels."""
        kernel = self.kernels.get((server.token_sha256, kernel_id))
        if kernel is not None:
            self.meter.count(kernel)
            kernel.report = report

    def forget_if_gone(self, kernel: Kernel) -> None:
        """A kernel that neither asks, holds nor runs."""
        if kernel.say is None and kernel.lease is None and kernel.process is None and not kernel.key:
            self.kernels.pop((kernel.server.token_sha256, kernel.kernel), None)

    def remember_taken(self, kernel: Kernel, why: str) -> None:
        """For the pages: whose card was taken back in the last hour."""
        now = time.time()
        self.taken = [one for one in self.taken if now - one.when < TOLD] + [Taken(kernel, now, why)]
