"""Several queues for a NIC, whose interrupts then go to several CPUs (guide 5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ecsnet.guest.errors import GuestError
from ecsnet.guest.images import Family, Image, MultiqueueSupport
from ecsnet.guest.network import checked_name
from ecsnet.guest.script import GuestConfiguration
from ecsnet.values import InstanceType

_RPS_FILES: Final = "/sys/class/net/eth*/queues/rx-*/rps_cpus"


def configure_multiqueue(
    instance_type: InstanceType, *, image: Image, names: Sequence[str], queues: int | None = None
) -> GuestConfiguration:
    """The commands that show and set the number of queues of each interface, and start irqbalance: rule
    ``guest.multiqueue.commands``; on Windows the steps that install the driver.

    ``queues`` is as many as the instance type allows, unless it is given. Nothing, and a note, if the type has one
    queue or the image is not listed as supporting more. Raises `GuestError` if the type does not allow ``queues``.
    """
    most = instance_type.nic_queues
    if queues is not None and not 1 <= queues <= most:
        raise GuestError(f"{instance_type.id} allows 1 to {most} queues, not {queues}")
    if most == 1:
        return GuestConfiguration(notes=(f"Multiqueue: {instance_type.id} has one queue for each ENI.",))
    if image.multiqueue is MultiqueueSupport.BY_INVITATION:
        return _windows(image)
    if image.multiqueue is not MultiqueueSupport.SUPPORTED:
        return GuestConfiguration(notes=(f"Multiqueue: {image.multiqueue} for {image}.",))
    commands: list[str] = []
    for name in names:
        checked_name(name, image)
        commands += (f"ethtool -l {name}", f"ethtool -L {name} combined {most if queues is None else queues}")
    # Upstart fails to start what runs already.
    starts = image.service("start", "irqbalance")
    return GuestConfiguration(commands=(*commands, starts.replace("irqbalance start", "irqbalance restart")))


def rps_mask(vcpu: int) -> str:
    """The CPUs that share the work of a receive queue, in hexadecimal: four, or eight from 16 CPUs on. Rule
    ``guest.multiqueue.rps``: ``f``, as often as there are eights in the number of CPUs, but once at least and at most
    twice."""
    return "f" * min(max(vcpu // 8, 1), 2)


def configure_rps(instance_type: InstanceType, *, image: Image) -> GuestConfiguration:
    """The mask for every receive queue of every eth interface (rule ``guest.multiqueue.rps``); for use where several
    queues did not help enough. Raises `GuestError` for Windows."""
    if image.family is Family.WINDOWS:
        raise GuestError(f"RPS is of Linux, and there is none on {image}")
    write = f'echo {rps_mask(instance_type.vcpu)} > "$file"'
    if instance_type.vcpu < 4:  # a kernel that knows of no fourth CPU refuses f
        write += f' 2>/dev/null || echo {(1 << instance_type.vcpu) - 1:x} > "$file"'
    return GuestConfiguration(commands=(f"for file in {_RPS_FILES}; do {write}; done",))


def _windows(image: Image) -> GuestConfiguration:
    """Rule ``guest.multiqueue.windows``."""
    return GuestConfiguration(
        steps=(
            "Open a ticket with Alibaba Cloud and ask for the multiqueue driver.",
            "Unpack the driver; the folder for Windows Server 2012 and 2016 is Win8/amd64.",
            "In Device Manager, open Network adapters.",
            "Right-click Red Hat VirtIO Ethernet Adapter and choose Update driver.",
            "Let it take the driver from the folder Win8/amd64.",
            "Restart Windows.",
        ),
        notes=(f"Multiqueue: {image.multiqueue} for {image}.",),
    )
