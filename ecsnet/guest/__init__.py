"""Generates the network configuration inside an instance, which the cloud leaves to its user (guide 4.4, 4.6 and 5).

The functions are pure: they turn a resource and an image into a `GuestConfiguration`, and nothing is run.
`guest_configuration` looks the resources up in a `Cloud`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecsnet.guest.addresses import configure_addresses
from ecsnet.guest.errors import GuestError
from ecsnet.guest.images import Family, Image, MultiqueueSupport
from ecsnet.guest.interfaces import configure_interface, configure_routes
from ecsnet.guest.multiqueue import configure_multiqueue, configure_rps, rps_mask
from ecsnet.guest.network import gateway, metric_of, name_of, netmask
from ecsnet.guest.script import File, GuestConfiguration

if TYPE_CHECKING:
    from ecsnet.cloud import Cloud
    from ecsnet.resources import Instance
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
    "rps_mask",
]


def guest_configuration(
    cloud: Cloud, network_interface_id: str, image: Image | str | None = None, *, rps: bool = False
) -> GuestConfiguration:
    """Returns the whole configuration of an attached ENI inside its instance: its file, secondary addresses, routes and
    queues, and with ``rps`` the RPS mask.

    ``image`` is an `Image` or a text that `Image.parse` accepts; by default it is the instance's. The interface is
    named after its place on the instance: ``eth0`` is the primary ENI, ``eth1`` the next.

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
    position = instance.network_interface_ids.index(interface.id)
    name, metric = name_of(position, image), metric_of(position)
    instance_type = _type_of(cloud, instance)
    # A restart of the network removes the routes, so they are added after it.
    configuration = (
        configure_interface(interface, image=image, name=name, metric=metric)
        + configure_addresses(interface, vswitch, image=image, name=name, metric=metric)
        + configure_routes(interface, vswitch, image=image, name=name, metric=metric)
        + configure_multiqueue(instance_type, image=image, names=(name,))
    )
    return configuration + configure_rps(instance_type, image=image) if rps else configuration


def _image_of(instance: Instance, image: Image | str | None) -> Image:
    if isinstance(image, Image):
        return image
    if image is None and instance.image_id is None:
        raise GuestError(f"{instance.id} was created without an image: say which it runs")
    return Image.parse(image or instance.image_id or "")


def _type_of(cloud: Cloud, instance: Instance) -> InstanceType:
    """Returns the instance type as it was when the instance was created, whatever the catalogue is today."""
    region = cloud.folded_state().region_of("instances", instance.id)
    assert region is not None
    return region.instances.get_existing(instance.id).instance_type
