"""Generates the network configuration inside an instance, which the cloud leaves to its user (guide 4.4, 4.6 and 5).

The functions are pure: they turn a resource and an image into a `GuestConfiguration`, and nothing is run.
`guest_configuration` looks the resources up in a `Cloud`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from ecsnet.domain.subjects.account import type_of
from ecsnet.guest.addresses import configure_addresses
from ecsnet.guest.errors import GuestError
from ecsnet.guest.images import Family, Image, MultiqueueSupport
from ecsnet.guest.interfaces import configure_interface, configure_routes, prepare_restart
from ecsnet.guest.leftovers import remove_interfaces
from ecsnet.guest.multiqueue import configure_multiqueue, configure_rps, rps_mask
from ecsnet.guest.network import gateway, metric_of, name_of, netmask
from ecsnet.guest.script import File, GuestConfiguration

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ecsnet.cloud import Cloud
    from ecsnet.domain.state.records import InstanceState
    from ecsnet.resources import Instance, NetworkInterface
    from ecsnet.values import InstanceType

__all__ = [
    "Family",
    "File",
    "GuestConfiguration",
    "GuestError",
    "Image",
    "MultiqueueSupport",
    "configure_addresses",
    "configure_interface",
    "configure_multiqueue",
    "configure_routes",
    "configure_rps",
    "gateway",
    "guest_configuration",
    "metric_of",
    "name_of",
    "netmask",
    "remove_interfaces",
    "rps_mask",
]

_MOST_ENIS: Final = 32
"""The most ENIs that any of the vendor's types takes."""


def guest_configuration(
    cloud: Cloud, network_interface_id: str, image: Image | str | None = None, *, rps: bool = False
) -> GuestConfiguration:
    """Returns the whole configuration of an attached ENI inside its instance: its file, secondary addresses, routes and
    queues, and with ``rps`` the RPS mask.

    ``image`` is an `Image` or a text that `Image.parse` accepts; by default it is the instance's. The interface is
    named ``eth`` and its number: the primary ENI has 0, and while the instance runs on, a number stays as it is,
    whatever is detached beside it, and an ENI that is attached takes the lowest that is free. A start numbers the ENIs
    anew in the order of attachment.

    The script brings what earlier scripts left to the present state: it removes the addresses, routes and rules that
    the ENI has no more, and the configuration of interfaces that the instance has no more. Where it restarts the
    network, it sets the routes and rules of all other interfaces again that are up, so the scripts of several ENIs run
    in any order, or joined with ``+``.

    Raises `GuestError` if there is no such ENI, if it is not attached, or if the guide does not say how to configure
    it.
    """
    interface = cloud.network_interfaces.get(network_interface_id)
    if interface is None:
        raise GuestError(f"there is no network interface {network_interface_id}")
    if interface.instance_id is None:
        raise GuestError(f"{interface.id} is not attached to an instance: it is {interface.status}")
    instance = cloud.instances[interface.instance_id]
    vswitch = cloud.vswitches[interface.vswitch_id]
    image = _image_of(instance, image)
    state, instance_type = _state_of(cloud, instance)
    numbers = state.interface_numbers
    number = numbers[interface.id]
    name, metric = name_of(number, image), metric_of(number)
    others = [
        (cloud.network_interfaces[other_id], other_number)
        for other_id, other_number in numbers.items()
        if other_id not in (interface.id, instance.primary_network_interface_id)
    ]
    restarts = len(interface.private_ips) > 1 and not image.ready and image.family is not Family.WINDOWS
    configuration = remove_interfaces(_absent(instance_type, numbers.values()), image=image)
    for other, other_number in others if restarts else ():
        configuration += prepare_restart(other, image=image, name=name_of(other_number, image))
    configuration += (
        configure_interface(interface, image=image, name=name, metric=metric)
        + configure_addresses(interface, vswitch, image=image, name=name, metric=metric)
        + configure_routes(interface, vswitch, image=image, name=name, metric=metric)
    )
    for other, other_number in others if restarts else ():
        configuration += _routes_again(cloud, other, other_number, image)
    configuration += configure_multiqueue(instance_type, image=image, names=(name,))
    if rps:
        configuration += configure_rps(instance_type, image=image)
    return attrs.evolve(configuration, files=_once_each(configuration.files))


def _absent(instance_type: InstanceType, numbers: Collection[int]) -> list[int]:
    """Returns the numbers of the interfaces that an instance may have had and has no more."""
    of_type = min(instance_type.eni_quantity, _MOST_ENIS) if instance_type.limits_known else _MOST_ENIS
    most = max(of_type, *(number + 1 for number in numbers))
    return [number for number in range(1, most) if number not in numbers]


def _once_each(files: Iterable[File]) -> tuple[File, ...]:
    """Returns the files with all that goes into one of them together, so that each is written once."""
    by_path: dict[str, File] = {}
    for file in files:
        first = by_path.setdefault(file.path, file)
        if first is not file:
            replaces = first.replaces and (*first.replaces, *file.replaces)
            by_path[file.path] = attrs.evolve(first, content=first.content + file.content, replaces=replaces)
    return tuple(by_path.values())


def _routes_again(cloud: Cloud, interface: NetworkInterface, number: int, image: Image) -> GuestConfiguration:
    """Returns the routes and rules of another ENI of the instance, to be set if its interface is up."""
    return configure_routes(
        interface,
        cloud.vswitches[interface.vswitch_id],
        image=image,
        name=name_of(number, image),
        metric=metric_of(number),
        if_up=True,
    )


def _image_of(instance: Instance, image: Image | str | None) -> Image:
    if isinstance(image, Image):
        return image
    if image is None and instance.image_id is None:
        raise GuestError(f"{instance.id} was created without an image: say which it runs")
    return Image.parse(image or instance.image_id or "")


def _state_of(cloud: Cloud, instance: Instance) -> tuple[InstanceState, InstanceType]:
    """Returns what the history says of an instance, such as the numbers of its interfaces, and its type: as it was when
    the instance was created, or as it was described since if it was not known then."""
    world = cloud.folded_state()
    region = world.region_of("instances", instance.id)
    assert region is not None
    state = region.instances.get_existing(instance.id)
    return state, type_of(world, state)
