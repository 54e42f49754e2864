"""``ecsnet show``: a tree of region, VPC, VSwitch, instance, network interface and addresses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from rich.tree import Tree

from ecsnet.cli.output import Output, text
from ecsnet.cli.wording import described
from ecsnet.cloud import Cloud
from ecsnet.resources import Instance, NetworkInterface


def show(cloud: Cloud, output: Output) -> None:
    """Prints the tree, or in JSON one resource a line with its kind, in the order of creation within a kind."""
    inventory = _Inventory(cloud)
    if output.as_json:
        for resource in inventory.everything:
            output.value(resource)
        return
    regions = inventory.regions()
    if not regions:
        output.line("nothing there")
    for region_id in regions:
        output.tree(inventory.region(region_id))


class _Inventory:
    """The resources of a cloud by region, VPC, VSwitch and instance, grouped once."""

    def __init__(self, cloud: Cloud) -> None:
        self._vpcs = tuple(cloud.vpcs.values())
        self._vswitches = tuple(cloud.vswitches.values())
        self._groups = tuple(cloud.security_groups.values())
        self._instances = tuple(cloud.instances.values())
        self._eips = tuple(cloud.eips.values())
        self._interfaces = {interface.id: interface for interface in cloud.network_interfaces.values()}
        self.everything: tuple[Any, ...] = (
            *self._vpcs,
            *self._vswitches,
            *self._groups,
            *self._instances,
            *self._interfaces.values(),
            *self._eips,
        )
        self._inside: dict[tuple[str, str | None], list[Any]] = defaultdict(list)
        for vpc in self._vpcs:
            self._inside["vpcs", vpc.region_id].append(vpc)
        for vswitch in self._vswitches:
            self._inside["vswitches", vswitch.vpc_id].append(vswitch)
        for group in self._groups:
            self._inside["groups", group.vpc_id].append(group)
            self._inside["classic groups", None if group.vpc_id else group.region_id].append(group)
        for instance in self._instances:
            self._inside["instances", instance.vswitch_id].append(instance)
            self._inside["classic instances", None if instance.vswitch_id else instance.region_id].append(instance)
        for eip in self._eips:
            self._inside["eips", eip.region_id].append(eip)
        for interface in self._interfaces.values():
            if interface.instance_id is None:
                self._inside["interfaces", interface.vswitch_id].append(interface)

    def regions(self) -> Iterable[str]:
        """Returns the regions that have resources, in the order of their first one."""
        return dict.fromkeys(resource.region_id for resource in self.everything)

    def region(self, region_id: str) -> Tree:
        root = _node(region_id, style="bold")
        for vpc in self._inside["vpcs", region_id]:
            branch = _add(root, vpc)
            for group in self._inside["groups", vpc.id]:
                _add(branch, group)
            for vswitch in self._inside["vswitches", vpc.id]:
                twig = _add(branch, vswitch)
                for instance in self._inside["instances", vswitch.id]:
                    self._instance(twig, instance)
                for interface in self._inside["interfaces", vswitch.id]:
                    _interface(twig, interface)
        for group in self._inside["classic groups", region_id]:
            _add(root, group)
        for instance in self._inside["classic instances", region_id]:
            self._instance(root, instance)
        for eip in self._inside["eips", region_id]:
            _add(root, eip)
        return root

    def _instance(self, parent: Tree, instance: Instance) -> None:
        node = _add(parent, instance)
        for interface_id in instance.network_interface_ids:
            _interface(node, self._interfaces[interface_id])


def _interface(parent: Tree, interface: NetworkInterface) -> None:
    named = f" {interface.name}" if interface.name else ""
    node = parent.add(text(f"{interface.id} ({interface.type}, {interface.status}, {interface.mac_address}){named}"))
    for number, address in enumerate(interface.private_ips):
        node.add(text(address if number else f"{address} (primary)"))
    for prefix in interface.ipv4_prefixes:
        node.add(text(prefix))
    for eip_id in interface.eip_ids:
        node.add(text(f"public {eip_id}"))


def _add(parent: Tree, resource: Any) -> Tree:
    return parent.add(text(described(resource)))


def _node(label: str, *, style: str) -> Tree:
    return Tree(text(label, style))
