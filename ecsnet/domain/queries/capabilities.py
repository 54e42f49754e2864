"""Facts that no command changes: the capabilities of each network type (guide 1), and the cost of traffic (guide 2.1,
2.2, 3.3)."""

from __future__ import annotations

from typing import Final, Literal

from ecsnet._arguments import member_of, shown
from ecsnet._attrs import frozen
from ecsnet.domain.rules import RuleKind, SubjectRules
from ecsnet.errors import InvalidCommand
from ecsnet.values import NetworkType


@frozen(kw_only=True)
class NetworkCapabilities:
    """The capabilities of a network type (guide 1).

    ``private_ip_unique_in`` is the space in which private IPs are unique: one VPC, or the classic network of all
    regions and accounts. ``communicates_in`` is the space in which private addresses reach each other by default.
    """

    network_type: NetworkType
    layer_2_isolation: bool
    custom_private_blocks: bool
    tunnelling: bool
    custom_router: bool
    routing_table: bool
    switches: bool
    sdn: bool
    own_nat_gateway: bool
    own_vpn: bool
    private_ip_unique_in: Literal["vpc", "classic-network"]
    communicates_in: Literal["vpc", "region-and-account"]


Direction = Literal["inbound", "outbound"]
Network = Literal["internet", "intranet"]
BillingMethod = Literal["PayByTraffic", "PayByBandwidth"]


@frozen(kw_only=True)
class TrafficCharge:
    """The charge for traffic: none unless ``billed``, and then by ``billing_method``, None if that was not given.

    ``eip_charge`` is true if the elastic IP is charged as well, whatever its traffic.
    """

    billed: bool
    billing_method: BillingMethod | None
    eip_charge: bool
    rule: str = "traffic.billing"
    guide: str = "2.1, 2.2, 3.3"


RULES: Final = SubjectRules()

RULES.states(
    "network.capabilities",
    RuleKind.Query,
    "A VPC has layer-2 isolation, private blocks of one's own, tunnelling, a custom router, a routing table, switches, "
    "SDN, and room for a NAT gateway and a VPN of one's own; the classic network has none of these. Private IPs are "
    "unique in a VPC and reach as far as the VPC; in the classic network they are unique throughout, and reach as far "
    "as the region and the account.",
    guide="1",
)
RULES.states(
    "traffic.billing",
    RuleKind.Query,
    "Only traffic out to the Internet is billed: what comes in is free, and so is the intranet. Converting a public IP "
    "to an EIP leaves the traffic's billing method as it was, and adds a charge for the EIP.",
    guide="2.1, 2.2, 3.3",
)


def _all(network_type: NetworkType, able: bool) -> NetworkCapabilities:
    return NetworkCapabilities(
        network_type=network_type,
        layer_2_isolation=able,
        custom_private_blocks=able,
        tunnelling=able,
        custom_router=able,
        routing_table=able,
        switches=able,
        sdn=able,
        own_nat_gateway=able,
        own_vpn=able,
        private_ip_unique_in="vpc" if able else "classic-network",
        communicates_in="vpc" if able else "region-and-account",
    )


_CAPABILITIES: Final = {
    NetworkType.Vpc: _all(NetworkType.Vpc, True),
    NetworkType.Classic: _all(NetworkType.Classic, False),
}


def network_capabilities(network_type: NetworkType | str) -> NetworkCapabilities:
    """Returns the capabilities of a network type, ``"vpc"`` or ``"classic"`` (guide 1).

    Raises `InvalidCommand` for any other value.
    """
    known = member_of(NetworkType, network_type)
    if known is None:
        raise InvalidCommand(f"must be 'vpc' or 'classic', not {shown(network_type)}", parameter="network_type")
    return _CAPABILITIES[known]


def traffic_charge(
    direction: Direction,
    network: Network,
    *,
    billing_method: BillingMethod | None = None,
    converted_to_eip: bool = False,
) -> TrafficCharge:
    """Returns the charge for traffic of an instance (guide 2.1, 2.2, 3.3).

    ``direction`` is ``"inbound"`` or ``"outbound"``, ``network`` ``"internet"`` or ``"intranet"``. ``billing_method``
    is that of the public address when it was assigned (the API's InternetChargeType: ``"PayByTraffic"`` or
    ``"PayByBandwidth"``). ``converted_to_eip`` is true if the address was converted to an EIP later, which does not
    change the charge for traffic. Raises `InvalidCommand` for other values.
    """
    _check("direction", direction, "inbound", "outbound")
    _check("network", network, "internet", "intranet")
    if billing_method is not None:
        _check("billing_method", billing_method, "PayByTraffic", "PayByBandwidth")
    if not isinstance(converted_to_eip, bool):
        raise InvalidCommand(f"must be True or False, not {shown(converted_to_eip)}", parameter="converted_to_eip")
    billed = direction == "outbound" and network == "internet"
    return TrafficCharge(billed=billed, billing_method=billing_method if billed else None, eip_charge=converted_to_eip)


def _check(name: str, value: object, *possible: str) -> None:
    if not isinstance(value, str) or value not in possible:
        raise InvalidCommand(f"must be {' or '.join(map(repr, possible))}, not {shown(value)}", parameter=name)


# The configuration inside an instance (guide 4.3, 4.4, 4.6, 5). None of it denies a command, since the cloud does not
# look into its guests; `ecsnet.guest` generates it.

RULES.states(
    "guest.eni.ready-images",
    RuleKind.Fact,
    "CentOS 7.3 and 6.8 and Windows Server 2016 and 2012 R2 Data Center, all of them 64-bit, bring up an ENI by "
    "themselves.",
    guide="4.3, 4.4",
)
RULES.states(
    "guest.eni.files",
    RuleKind.Query,
    "On another Linux image an ENI needs a file of its own: DHCP, tied to the MAC address, without the default route.",
    guide="4.4",
)
RULES.states(
    "guest.eni.routes",
    RuleKind.Query,
    "Every secondary ENI has a default route of its own metric, 1001 for the first and one more for each that follows, "
    "a route table of that number, and a rule that sends what comes from its primary address there.",
    guide="4.4",
)
RULES.states(
    "guest.addresses.rhel",
    RuleKind.Query,
    "On CentOS and Red Hat 6 and 7 and Aliyun Linux 17 a secondary address is an alias file, and the network restarts.",
    guide="4.6",
)
RULES.states(
    "guest.addresses.debian",
    RuleKind.Query,
    "On Ubuntu 14 and 16 and Debian 8 and 9 a secondary address is a stanza in the interfaces file, and networking "
    "restarts.",
    guide="4.6",
)
RULES.states(
    "guest.addresses.sles",
    RuleKind.Query,
    "On SUSE 11 and 12 and openSUSE 42 a secondary address is a numbered entry in the file of its interface, and the "
    "network restarts.",
    guide="4.6",
)
RULES.states(
    "guest.addresses.windows",
    RuleKind.Query,
    "On Windows a secondary address is added by hand in the advanced TCP/IPv4 settings of the adapter, or with netsh.",
    guide="4.6",
)
RULES.states(
    "guest.multiqueue.images",
    RuleKind.Fact,
    "CentOS 6.8, 6.9 and 7.2 to 7.4, Ubuntu 14.04 and 16.04, Debian 8.9 and SLES 12 SP1 support several queues a NIC, "
    "in 32 bits as in 64; SLES 12 SP2 does not yet, and Windows 2012 R2 and 2016 do by invitation.",
    guide="5",
)
RULES.states(
    "guest.multiqueue.commands",
    RuleKind.Query,
    "ethtool shows and sets the queues of each interface, as many as the instance type has, and irqbalance runs.",
    guide="5",
)
RULES.states(
    "guest.multiqueue.rps",
    RuleKind.Query,
    "Where more queues are not enough, every receive queue of every eth interface gets an RPS mask: one f, or two from "
    "16 CPUs on.",
    guide="5",
)
RULES.states(
    "guest.multiqueue.windows",
    RuleKind.Query,
    "On Windows 2012 and 2016 several queues take the driver in the folder Win8/amd64 of the vendor's package, and a "
    "restart.",
    guide="5",
)
