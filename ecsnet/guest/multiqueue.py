"""Several queues for a NIC, so that its interrupts are handled by several CPUs (guide 5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ecsnet.guest import checks
from ecsnet.guest.errors import GuestError
from ecsnet.guest.images import Family, Image, MultiqueueSupport
from ecsnet.guest.network import checked_name
from ecsnet.guest.script import GuestConfiguration
from ecsnet.values import InstanceType

_RPS_FILES: Final = "/sys/class/net/eth*/queues/rx-*/rps_cpus"
_MOST_QUEUES: Final = 0xFFFF
_MOST_CPUS: Final = 0xFFFF


def configure_multiqueue(
    instance_type: InstanceType, *, image: Image, names: Sequence[str], queues: int | None = None
) -> GuestConfiguration:
    """Returns the commands that show and set the number of queues of each interface and start irqbalance: rule
    ``guest.multiqueue.commands``. On Windows it returns the steps that install the driver.

    ``queues`` defaults to the number that the instance type allows. If the type has one queue, or if it is not known
    how many it has and ``queues`` does not say it, or if the image is not listed as supporting more, the configuration
    has only a note. Raises `GuestError` if the type does not allow ``queues``, and for a value that is not allowed in a
    command.
    """
    type_id = checks.line("the id of the instance type", instance_type.id)
    most = instance_type.nic_queues
    if most is not None:
        most = checks.number("nic_queues", most, 1, _MOST_QUEUES)
    wanted = most if queues is None else checks.number("queues", queues, 0, _MOST_QUEUES)
    if wanted is None:
        return GuestConfiguration(notes=(f"Multiqueue: how many queues an ENI of {type_id} has is not known.",))
    allowed = _MOST_QUEUES if most is None else most
    if not 1 <= wanted <= allowed:
        raise GuestError(f"{type_id} allows 1 to {allowed} queues, not {wanted}")
    if most == 1:
        return GuestConfiguration(notes=(f"Multiqueue: {type_id} has one queue for each ENI.",))
    if image.multiqueue is MultiqueueSupport.BY_INVITATION:
        return _windows(image)
    if image.multiqueue is not MultiqueueSupport.SUPPORTED:
        return GuestConfiguration(notes=(f"Multiqueue: {image.multiqueue} for {image}.",))
    commands: list[str] = []
    for name in (checked_name(one, image) for one in names):
        commands += (f"ethtool -l {name}", f"ethtool -L {name} combined {wanted}")
    # Upstart fails to start a service that runs already.
    starts = image.service("start", "irqbalance")
    return GuestConfiguration(commands=(*commands, starts.replace("irqbalance start", "irqbalance restart")))


def rps_mask(vcpu: int) -> str:
    """Returns the mask of the CPUs that share the work of a receive queue, in hexadecimal: rule
    ``guest.multiqueue.rps``.

    The mask is ``f`` (four CPUs) below 16 CPUs and ``ff`` (eight CPUs) from 16 on. Raises `GuestError` for an invalid
    number of CPUs.
    """
    return "f" * min(max(_cpus(vcpu) // 8, 1), 2)


def _cpus(vcpu: Any) -> int:
    return checks.number("vcpu", vcpu, 1, _MOST_CPUS)


def configure_rps(instance_type: InstanceType, *, image: Image) -> GuestConfiguration:
    """Returns the command that sets the mask for every receive queue of every eth interface (rule
    ``guest.multiqueue.rps``), for use where several queues did not help enough. Raises `GuestError` for Windows."""
    if image.family is Family.WINDOWS:
        raise GuestError(f"RPS is of Linux, and there is none on {image}")
    vcpu = _cpus(instance_type.vcpu)
    write = f'echo {rps_mask(vcpu)} > "$file"'
    if vcpu < 4:  # a kernel without a fourth CPU refuses f
        write += f' 2>/dev/null || echo {(1 << vcpu) - 1:x} > "$file"'
    return GuestConfiguration(commands=(f"for file in {_RPS_FILES}; do {write}; done",))


def _windows(image: Image) -> GuestConfiguration:
    """Returns the steps that install the driver: rule ``guest.multiqueue.windows``."""
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
