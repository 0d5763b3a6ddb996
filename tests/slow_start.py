"""A kernel provisioner for tests whose starts wait until they are let through or refused, as those for a card do."""

import asyncio

from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

NAME = "slow-start"


class SlowStart(LocalProvisioner):
    """Starts the real kernel once `gate` is open; `waiting` and `gone` count who came to wait and who gave up."""

    gate: asyncio.Event
    refusal = ""
    waiting = gone = 0

    async def pre_launch(self, **kwargs):
        cls = type(self)
        cls.waiting += 1
        try:
            await cls.gate.wait()
        except asyncio.CancelledError:
            cls.gone += 1
            raise
        if cls.refusal:
            raise PermissionError(cls.refusal)
        return await super().pre_launch(**kwargs)


class _Entry:
    """What an installed package's entry point would be."""

    name, value = NAME, f"{__name__}:SlowStart"

    def load(self):
        return SlowStart


def register():
    """Makes the provisioner known under NAME to this process, with nobody waiting and the gate open."""
    KernelProvisionerFactory.instance().provisioners[NAME] = _Entry()
    SlowStart.gate, SlowStart.refusal, SlowStart.waiting, SlowStart.gone = asyncio.Event(), "", 0, 0
    SlowStart.gate.set()
