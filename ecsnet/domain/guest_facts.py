"""What has to be done inside an instance for its network (guide 4.3, 4.4, 4.6, 5), as entries of the rulebook.

None of it refuses a command: the cloud does not look into its guests. `ecsnet.guest` has the answers.
"""

from __future__ import annotations

from ecsnet.domain.rules import RuleKind, rules

rules.states(
    "guest.eni.ready-images",
    RuleKind.Fact,
    "CentOS 7.3 and 6.8 and Windows Server 2016 and 2012 R2 Data Center, all of them 64-bit, bring up an ENI by "
    "themselves.",
    guide="4.3, 4.4",
)
rules.states(
    "guest.eni.files",
    RuleKind.Query,
    "On another Linux image an ENI needs a file of its own: DHCP, tied to the MAC address, without the default route.",
    guide="4.4",
)
rules.states(
    "guest.eni.routes",
    RuleKind.Query,
    "Every secondary ENI has a default route of its own metric, 1001 for the first and one more for each that follows, "
    "a route table of that number, and a rule that sends what comes from its primary address there.",
    guide="4.4",
)
rules.states(
    "guest.addresses.rhel",
    RuleKind.Query,
    "On CentOS and Red Hat 6 and 7 and Aliyun Linux 17 a secondary address is an alias file, and the network restarts.",
    guide="4.6",
)
rules.states(
    "guest.addresses.debian",
    RuleKind.Query,
    "On Ubuntu 14 and 16 and Debian 8 and 9 a secondary address is a stanza in the interfaces file, and networking "
    "restarts.",
    guide="4.6",
)
rules.states(
    "guest.addresses.sles",
    RuleKind.Query,
    "On SUSE 11 and 12 and openSUSE 42 a secondary address is a numbered entry in the file of its interface, and the "
    "network restarts.",
    guide="4.6",
)
rules.states(
    "guest.addresses.windows",
    RuleKind.Query,
    "On Windows a secondary address is added by hand in the advanced TCP/IPv4 settings of the adapter, or with netsh.",
    guide="4.6",
)
rules.states(
    "guest.multiqueue.images",
    RuleKind.Fact,
    "CentOS 6.8, 6.9 and 7.2 to 7.4, Ubuntu 14.04 and 16.04, Debian 8.9 and SLES 12 SP1 support several queues a NIC, "
    "in 32 bits as in 64; SLES 12 SP2 does not yet, and Windows 2012 R2 and 2016 do by invitation.",
    guide="5",
)
rules.states(
    "guest.multiqueue.commands",
    RuleKind.Query,
    "ethtool shows and sets the queues of each interface, as many as the instance type has, and irqbalance runs.",
    guide="5",
)
rules.states(
    "guest.multiqueue.rps",
    RuleKind.Query,
    "Where more queues are not enough, every receive queue of every eth interface gets an RPS mask: one f, or two from "
    "16 CPUs on.",
    guide="5",
)
rules.states(
    "guest.multiqueue.windows",
    RuleKind.Query,
    "On Windows 2012 and 2016 several queues take the driver in the folder Win8/amd64 of the vendor's package, and a "
    "restart.",
    guide="5",
)
