"""Secondary ENIs that are created with an instance (guide 4.3), one for each instance.

The command describes them (`ecsnet.NewNetworkInterface`). What they take is written into the context before the rules
judge it, as `CreateNetworkInterface` and `AttachNetworkInterface` do: addresses, security groups, a place in the quota
of the account, and the ENI that is to be attached, which is no more than a draft by then. So the rules of creating and
of attaching hold for them, and none of them is written twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ecsnet.commands import AttachNetworkInterface, CreateInstance, RunInstances
from ecsnet.commands.network_interface import NewNetworkInterface
from ecsnet.domain.context import AddressRequest, GroupGrowth, Membership, NewInterface, RuleContext, known
from ecsnet.domain.lookups import look_up
from ecsnet.domain.state.records import NetworkInterfaceState
from ecsnet.domain.subjects.network_interface.lifecycle import SECONDARY
from ecsnet.domain.subjects.security_group import vpc_that_fits
from ecsnet.events.base import Event
from ecsnet.events.network_interface import (
    NetworkInterfaceAttached,
    NetworkInterfaceAttachRequested,
    NetworkInterfaceCreated,
)
from ecsnet.values import NetworkInterfaceStatus


def new_interfaces(context: RuleContext, command: CreateInstance | RunInstances) -> tuple[NewInterface, ...]:
    """Returns the new ENIs of one instance. What they name and what is not there is noted in the context."""
    return tuple([_new_interface(context, command, described) for described in command.network_interfaces])


def _new_interface(
    context: RuleContext, command: CreateInstance | RunInstances, described: NewNetworkInterface
) -> NewInterface:
    vswitch, groups, group_ids = context.vswitch, known(context.security_groups), command.security_group_ids
    if described.vswitch_id is not None:
        vswitch = look_up(context, "vswitch_id", described.vswitch_id)
    if described.security_group_ids is not None:
        group_ids = described.security_group_ids
        found = [look_up(context, "security_group_id", group_id) for group_id in group_ids]
        groups = tuple([group for group in found if group is not None])
    return NewInterface(described, vswitch, group_ids, groups)


def judge_too(context: RuleContext, news: Sequence[NewInterface], amount: int) -> None:
    """Adds to the context of an instance what its new ENIs take, for that many instances."""
    context.new_interfaces, context.secondaries_created = tuple(news), amount * len(news)
    requests, memberships = list(known(context.address_requests)), list(known(context.memberships))
    growth = {one.group.id: one for one in known(context.group_growth)}
    for new in news:
        address, vswitch = new.described.primary_ip_address, new.vswitch
        named = () if address is None else (address,)
        requests.append(
            AddressRequest(
                vswitch=vswitch,
                named=named,
                named_available=context.free_among(vswitch, named),
                to_allocate=0 if named else amount,
            )
        )
        vpc_id = vpc_that_fits(new.groups) if vswitch is None else vswitch.vpc_id
        memberships.append(Membership(groups=new.groups, count=len(new.group_ids), vpc_id=vpc_id))
        for group in new.groups:
            before = growth[group.id].added_addresses if group.id in growth else 0
            growth[group.id] = GroupGrowth(group, before + amount)
    context.named_addresses = None
    context.request_addresses(*requests)
    context.memberships = tuple(memberships)
    context.group_growth = tuple(growth.values())
    context.interfaces_to_attach = (*known(context.interfaces_to_attach), *_drafts(context, news))


def _drafts(context: RuleContext, news: Sequence[NewInterface]) -> Iterator[NetworkInterfaceState]:
    """Yields the new ENIs as they are when they are attached. They have no id yet, and no position."""
    for number, new in enumerate(news, start=1):
        if new.vswitch is not None:
            yield NetworkInterfaceState(
                id="the new ENI" if len(news) == 1 else f"new ENI {number}",
                account_id=context.account_id,
                created_at=context.now,
                position=0,
                type=SECONDARY,
                status=NetworkInterfaceStatus.Available,
                vpc_id=new.vswitch.vpc_id,
                vswitch_id=new.vswitch.id,
                zone_id=new.vswitch.zone_id,
                mac_address="",
                private_ips=(new.described.primary_ip_address or "",),
                security_group_ids=new.group_ids,
                delete_on_release=new.described.delete_on_release,
            )


def birth(
    context: RuleContext, new: NewInterface, instance_id: str, network_interface_id: str, mac_address: str, address: str
) -> Iterator[Event]:
    """Yields the events of one new ENI, which follow those of its instance: created, as it always is at once, and
    attached."""
    yield NetworkInterfaceCreated(
        network_interface_id=network_interface_id,
        vswitch_id=known(new.vswitch).id,
        mac_address=mac_address,
        private_ip_addresses=(address,),
        security_group_ids=new.group_ids,
        name=new.described.network_interface_name,
        description=new.described.description,
        delete_on_release=new.described.delete_on_release,
    )
    takes_time = context.takes_time(AttachNetworkInterface)
    attached = NetworkInterfaceAttachRequested if takes_time else NetworkInterfaceAttached
    yield attached(network_interface_id=network_interface_id, instance_id=instance_id)


def restore(followers: Sequence[Event]) -> dict[str, Any]:
    """Returns the parameters of a command that the events tell which followed an instance's: the ENIs that were created
    with it, and those that were attached."""
    created = {one.network_interface_id: one for one in followers if isinstance(one, NetworkInterfaceCreated)}
    attached = [
        one.network_interface_id
        for one in followers
        if isinstance(one, NetworkInterfaceAttached | NetworkInterfaceAttachRequested)
    ]
    return {
        "network_interface_ids": [one for one in attached if one not in created],
        "network_interfaces": [
            NewNetworkInterface(
                vswitch_id=one.vswitch_id,
                security_group_ids=one.security_group_ids,
                primary_ip_address=one.private_ip_addresses[0],
                network_interface_name=one.name,
                description=one.description,
                delete_on_release=one.delete_on_release,
            )
            for one in created.values()
        ],
    }
