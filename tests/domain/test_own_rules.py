"""Rules of users: what is refused when it is registered, what a rule is given, and what it may return."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

import attrs
import pytest

from ecsnet import (
    Breach,
    Command,
    EcsnetError,
    Eip,
    Instance,
    InstanceType,
    InvalidArgument,
    NetworkInterface,
    Rule,
    RuleError,
    RuleRegistry,
    SecurityGroup,
    Vpc,
    VSwitch,
    audit,
    rules,
)
from ecsnet import commands as c
from ecsnet.domain.rule_parameters import PARAMETERS
from ecsnet.domain.rules import COMMANDS
from tests.support.net import START, Net
from tests.support.setups import detach

if TYPE_CHECKING:
    from ecsnet import Quota

Facts = dict[str, Any]


def registry(predicate: Callable[..., Any], *commands: type[Command[Any]], **options: Any) -> RuleRegistry:
    """The vendor's rules, and the predicate as x.own."""
    own = RuleRegistry(rules)
    own.denies("x.own", *commands, **{"message": "no", **options})(predicate)
    return own


def refused(predicate: Callable[..., Any], *commands: type[Command[Any]], **options: Any) -> str:
    """Why the predicate is no rule."""
    with pytest.raises(InvalidArgument) as error:
        registry(predicate, *commands, **options)
    assert isinstance(error.value, ValueError)
    assert str(error.value).startswith("rule x.own: ")
    return str(error.value)


def broken(predicate: Callable[..., Any], command: type[Command[Any]] = c.DeleteVpc, **options: Any) -> RuleError:
    """The error of judging a command by the predicate; nothing is recorded."""
    net = Net(rules=registry(predicate, command, **options))
    before = net.cloud.position
    with pytest.raises(RuleError) as error:
        net.cloud.execute(c.DeleteVpc(vpc_id=net.vpc.id))
    with pytest.raises(RuleError):
        net.cloud.check(c.DeleteVpc(vpc_id=net.vpc.id))
    assert net.cloud.position == before
    assert isinstance(error.value, EcsnetError)
    assert error.value.rule_id == "x.own"
    assert str(error.value).startswith("rule x.own: ")
    return error.value


def nothing(vpc: Vpc) -> Facts | None:
    """No VPC is deleted."""
    return {}


# A registry


def test_a_users_registry_adds_rules_to_the_vendors() -> None:
    own = RuleRegistry(rules)

    @own.denies("x.frozen", c.DetachNetworkInterface, message="{name} is frozen")
    def frozen(network_interface: NetworkInterface) -> Facts | None:
        """A resource whose name begins with frozen- is never moved."""
        name = network_interface.name or ""
        return {"name": name} if name.startswith("frozen-") else None

    net = Net(rules=own)
    vm = net.run()
    interface = net.attached(vm, network_interface_name="frozen-1")
    decision = net.cloud.check(detach(interface.id, vm.id))
    assert [v.rule for v in decision.violations] == ["x.frozen"]
    assert decision.violations[0].message == "frozen-1 is frozen"
    assert own["x.frozen"].doc == "A resource whose name begins with frozen- is never moved."
    assert "x.frozen" not in rules
    assert len(own) == len(rules) + 1
    assert net.cloud.check(detach(net.attached(vm).id, vm.id)).allowed


def test_own_rules_come_after_the_vendors_in_the_order_of_their_registration() -> None:
    own = RuleRegistry(rules)
    own.denies("x.b", c.DeleteVpc, message="b")(nothing)
    own.denies("x.a", c.DeleteVpc, message="a")(nothing)
    assert list(own) == [*rules, "x.b", "x.a"]
    net = Net(rules=own)
    decision = net.cloud.check(c.DeleteVpc(vpc_id=net.vpc.id))
    assert [v.rule for v in decision.violations] == ["vpc.delete.in-use", "x.b", "x.a"]


def test_a_registry_is_a_mapping_from_id_to_rule() -> None:
    own = registry(nothing, c.DeleteVpc)
    assert all(isinstance(rule, Rule) and rule.id == rule_id for rule_id, rule in own.items())
    assert "x.own" in own
    assert "x.banana" not in own
    assert own["x.own"] not in own  # it contains ids
    assert own.get("x.banana") is None
    assert own == RuleRegistry(own) != rules
    with pytest.raises(KeyError):
        own["x.banana"]
    assert repr(own) == f"<RuleRegistry: {len(rules)} rules of the vendor and x.own>"
    assert repr(rules) == f"<RuleRegistry: {len(rules)} rules of the vendor>"


def test_the_vendors_registry_takes_no_rule() -> None:
    with pytest.raises(InvalidArgument, match=r"rule x\.mine: this registry is frozen"):
        rules.denies("x.mine", c.DeleteVpc, message="no")
    with pytest.raises(InvalidArgument, match=r"rule y\.mine: this registry is frozen"):
        rules.denies("y.mine", c.DeleteVpc, message="no")
    with pytest.raises(TypeError):
        rules["x.mine"] = rules["vpc.create.cidr"]  # type: ignore[index]
    assert not any(rule_id.startswith(("x.", "y.")) for rule_id in rules)


def test_a_registry_of_ones_own_can_be_frozen() -> None:
    policy = RuleRegistry(registry(nothing, c.DeleteVpc), frozen=True)
    with pytest.raises(InvalidArgument, match="frozen"):
        policy.denies("x.more", c.DeleteVpc, message="no")
    RuleRegistry(policy).denies("x.more", c.DeleteVpc, message="no")(nothing)
    assert "x.more" not in policy


def test_registries_are_merged() -> None:
    one, other = RuleRegistry(), RuleRegistry()
    one.denies("x.one", c.DeleteVpc, message="one")(nothing)
    other.denies("x.other", c.DeleteVpc, message="other")(nothing)
    merged = rules | one | other
    assert list(merged) == [*rules, "x.one", "x.other"]
    assert merged | one == merged
    net = Net(rules=merged)
    assert [v.message for v in net.cloud.check(c.DeleteVpc(vpc_id=net.vpc.id)).violations][1:] == ["one", "other"]
    with pytest.raises(TypeError):
        rules | {}  # type: ignore[operator]


def test_registries_with_two_rules_of_one_id_are_not_merged() -> None:
    one, other = RuleRegistry(), RuleRegistry()
    one.denies("x.one", c.DeleteVpc, message="one")(nothing)
    other.denies("x.one", c.DeleteVpc, message="another")(nothing)
    with pytest.raises(InvalidArgument, match=r"two different rules x\.one"):
        one | other


def test_equal_rules_of_one_id_are_one_rule() -> None:
    rule = registry(nothing, c.DeleteVpc)["x.own"]
    assert list(RuleRegistry([rule, attrs.evolve(rule)])) == ["x.own"]


def test_a_registry_is_not_made_of_anything_but_rules() -> None:
    with pytest.raises(InvalidArgument, match="made of rules, not of"):
        RuleRegistry(["x.one"])  # type: ignore[list-item]


def test_a_rule_added_later_applies_from_then_on() -> None:
    own = RuleRegistry(rules)
    net = Net(rules=own)
    command = c.DeleteVSwitch(vswitch_id=net.vswitch.id)
    assert net.cloud.check(command)

    @own.denies("x.kept", c.DeleteVSwitch, message="kept")
    def kept() -> Facts:
        """No VSwitch is deleted."""
        return {}

    assert [v.rule for v in net.cloud.check(command).violations] == ["x.kept"]


def test_what_a_registry_lacks_follows_the_rules_that_either_is_given() -> None:
    one, other, third = RuleRegistry(), RuleRegistry(), RuleRegistry()
    other.denies("x.one", c.DeleteVpc, message="one")(nothing)
    third.denies("x.third", c.DeleteVpc, message="third")(nothing)
    assert [one.lacks(registry) for registry in (other, third, other)] == [("x.one",), ("x.third",), ("x.one",)]
    other.denies("x.two", c.DeleteVpc, message="two")(nothing)
    assert one.lacks(other) == ("x.one", "x.two")
    one.denies("x.two", c.DeleteVpc, message="two")(nothing)
    assert one.lacks(other) == ("x.one",)


# What is refused when it is registered


@pytest.mark.parametrize(
    "rule_id", ["mine", "x", "x.", "x.\n", "x.one\n", "x. one", "x.One", "x..one", "y.one", "x.one-", "x.é", ""]
)
def test_an_id_that_is_not_x_and_words_is_refused(rule_id: str) -> None:
    own = RuleRegistry(rules)
    with pytest.raises(InvalidArgument, match="begins with"):
        own.denies(rule_id, c.DeleteVpc, message="no")(nothing)
    assert own == rules


@pytest.mark.parametrize("rule_id", ["x.one", "x.no-friday", "x.team.quota_2"])
def test_an_id_of_x_and_words_is_taken(rule_id: str) -> None:
    own = RuleRegistry(rules)
    own.denies(rule_id, c.DeleteVpc, message="no")(nothing)
    with pytest.raises(InvalidArgument, match="there is one with this id"):
        own.denies(rule_id, c.DeleteVpc, message="no")(nothing)


def test_a_parameter_that_the_command_never_has_is_refused() -> None:
    def about_an_eip(eip: Eip) -> Facts | None:
        """It could never speak."""
        return {"id": eip.id}

    told = refused(about_an_eip, c.CreateVpc)
    assert told == "rule x.own: CreateVpc has no eip; a rule for it has command, now, account_id, region_id"
    assert "CreateVpc has no eip" in refused(about_an_eip, c.ReleaseEipAddress, c.CreateVpc)
    registry(about_an_eip, c.ReleaseEipAddress)


def test_an_unknown_parameter_is_refused() -> None:
    def about_a_banana(vpc: Vpc, banana: Any = None) -> Facts | None:
        """It could never be called."""
        return {}

    assert "DeleteVpc has no banana" in refused(about_a_banana, c.DeleteVpc)


def test_a_rule_that_guards_no_operation_is_refused() -> None:
    assert "guards no command" in refused(nothing)
    assert "Command is no operation" in refused(nothing, Command)
    assert "_NewInstance is no operation" in refused(nothing, c.RunInstances.__mro__[1])
    assert "'DeleteVpc' is no operation" in refused(nothing, "DeleteVpc")  # type: ignore[arg-type]


def test_a_rule_without_a_docstring_is_refused() -> None:
    assert "no docstring" in refused(lambda vpc: None, c.DeleteVpc)

    def blank(vpc: Vpc) -> None:
        """ """

    assert "no docstring" in refused(blank, c.DeleteVpc)


def test_a_message_that_cannot_be_filled_in_is_refused() -> None:
    assert "message cannot be filled in" in refused(nothing, c.DeleteVpc, message="{vpc_id")


def test_a_code_for_a_command_that_is_not_guarded_is_refused() -> None:
    told = refused(nothing, c.DeleteVpc, codes={c.CreateVSwitch: ("Other", 400)})
    assert told.endswith("it has a code for CreateVSwitch, which it does not guard")
    unknown: Any = {"DeleteVpc": ("Other", 400)}
    assert "'DeleteVpc' is no operation" in refused(nothing, c.DeleteVpc, codes=unknown)


def test_a_coroutine_or_a_generator_is_refused() -> None:
    async def later(vpc: Vpc) -> Facts:
        """Rules do not wait."""
        return {}

    def several(vpc: Vpc) -> Any:
        """Rules do not yield."""
        yield {}

    async def several_later(vpc: Vpc) -> Any:
        """Rules do neither."""
        yield {}

    class Later:
        async def __call__(self, vpc: Vpc) -> Facts:
            """Rules do not wait."""
            return {}

    for predicate in (later, several, several_later, Later()):
        assert "is a coroutine or a generator" in refused(predicate, c.DeleteVpc)


def test_what_cannot_be_called_is_refused() -> None:
    assert "str is nothing that can be called" in refused("no", c.DeleteVpc)  # type: ignore[arg-type]


# Parameters


class Stays:
    """An object that is a rule."""

    def __call__(self, vpc: Vpc) -> Facts | None:
        return {"vpc_id": vpc.id}


class Silent:
    def __call__(self, vpc: Vpc) -> Facts | None:
        """The docstring of the method."""
        return {"vpc_id": vpc.id}


class Policy:
    def stays(self, vpc: Vpc) -> Facts | None:
        """A method that is a rule."""
        return {"vpc_id": vpc.id}

    @staticmethod
    def statically(vpc: Vpc) -> Facts | None:
        """A static method that is a rule."""
        return {"vpc_id": vpc.id}


def named(prefix: str, vpc: Vpc, *, suffix: str = "", most: int) -> Facts | None:
    """A function with parameters of its own."""
    return {"vpc_id": f"{vpc.id}{suffix}"} if vpc.id.startswith(prefix) and most == 1 else None


def traced(predicate: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(predicate)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return predicate(*args, **kwargs)

    return wrapper


def untold(predicate: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        """It takes anything."""
        return predicate(*args, **kwargs)

    return wrapper


def explicit(predicate: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(vpc: Vpc) -> Any:
        """It names what it needs."""
        return predicate(vpc)

    return wrapper


def by_keyword(*, vpc: Vpc) -> Facts | None:
    """A function with a parameter by keyword only."""
    return {"vpc_id": vpc.id}


def by_position(vpc: Vpc, /) -> Facts | None:
    """A function with a parameter by position only."""
    return {"vpc_id": vpc.id}


@pytest.mark.parametrize(
    ("predicate", "doc"),
    [
        (Stays(), "An object that is a rule."),
        (Silent(), "The docstring of the method."),
        (Policy().stays, "A method that is a rule."),
        (Policy.statically, "A static method that is a rule."),
        (functools.partial(named, "vpc-", most=1), "A function with parameters of its own."),
        (functools.partial(functools.partial(named, "vpc-"), most=1), "A function with parameters of its own."),
        (traced(by_keyword), "A function with a parameter by keyword only."),
        (explicit(by_position), "It names what it needs."),
        (by_keyword, "A function with a parameter by keyword only."),
        (by_position, "A function with a parameter by position only."),
    ],
)
def test_a_rule_may_be_anything_that_can_be_called(predicate: Callable[..., Any], doc: str) -> None:
    own = registry(predicate, c.DeleteVpc, message="{vpc_id} stays")
    assert own["x.own"].doc == doc
    assert own["x.own"].predicate is predicate
    net = Net(rules=own)
    (violation,) = [v for v in net.cloud.check(c.DeleteVpc(vpc_id=net.vpc.id)).violations if v.rule == "x.own"]
    assert violation.message == f"{net.vpc.id} stays"


def test_a_function_that_takes_anything_is_refused() -> None:
    def several(*vpcs: Vpc) -> None:
        """It takes any number."""

    def named(**vpcs: Vpc) -> None:
        """It takes any names."""

    for predicate in (untold(by_keyword), several, named):
        assert "use functools.wraps" in refused(predicate, c.DeleteVpc)


def test_a_function_whose_parameters_nothing_tells_is_refused() -> None:
    assert "the parameters of its predicate are not known" in refused(max, c.DeleteVpc)


def test_a_rule_is_not_called_while_a_parameter_is_unknown() -> None:
    def never_both(eip: Eip, instance: Instance) -> Facts | None:
        """An EIP that is unassociated with its instance named."""
        return {}

    net = Net(rules=registry(never_both, c.UnassociateEipAddress))
    vm, address = net.run(), net.cloud.execute(c.AllocateEipAddress())
    net.cloud.execute(c.AssociateEipAddress(allocation_id=address.id, instance_id=vm.id))
    assert net.cloud.check(c.UnassociateEipAddress(allocation_id=address.id))
    assert not net.cloud.check(c.UnassociateEipAddress(allocation_id=address.id, instance_id=vm.id))
    unknown = net.cloud.check(c.UnassociateEipAddress(allocation_id=address.id, instance_id="i-none"))
    assert [v.rule for v in unknown.violations] == ["instance.not-found"]


def by_default(eip: Eip, instance: Any = None) -> Facts | None:
    """The default is None."""
    return {"there": instance is not None}


def by_union(eip: Eip, instance: Instance | None) -> Facts | None:
    """The annotation is a union."""
    return {"there": instance is not None}


def by_optional(eip: Eip, instance: Optional[Instance]) -> Facts | None:  # noqa: UP045  # what it tests
    """The annotation is Optional."""
    return {"there": instance is not None}


def by_name_for_type_checkers(eip: Eip, instance: Instance | Quota | None) -> Facts | None:
    """The annotation cannot be evaluated."""
    return {"there": instance is not None}


def by_optional_for_type_checkers(eip: Quota, *, instance: Optional[Quota]) -> Facts | None:  # noqa: UP045
    """The annotation cannot be evaluated."""
    return {"there": instance is not None}


@pytest.mark.parametrize(
    "predicate", [by_default, by_union, by_optional, by_name_for_type_checkers, by_optional_for_type_checkers]
)
def test_an_optional_parameter_may_be_none(predicate: Callable[..., Any]) -> None:
    net = Net(rules=registry(predicate, c.UnassociateEipAddress))
    vm, address = net.run(), net.cloud.execute(c.AllocateEipAddress())
    net.cloud.execute(c.AssociateEipAddress(allocation_id=address.id, instance_id=vm.id))
    without = net.cloud.check(c.UnassociateEipAddress(allocation_id=address.id))
    named = net.cloud.check(c.UnassociateEipAddress(allocation_id=address.id, instance_id=vm.id))
    assert [decision.violations[0].facts["there"] for decision in (without, named)] == [False, True]


def test_an_optional_parameter_need_not_be_one_of_every_command() -> None:
    def of_either(instance: Instance | None, eip: Eip | None) -> Facts | None:
        """An instance or an EIP."""
        return {"known": [one.id for one in (instance, eip) if one is not None]}

    net = Net(rules=registry(of_either, c.StartInstance, c.ReleaseEipAddress))
    vm, address = net.run(), net.cloud.execute(c.AllocateEipAddress())
    for command, known in (
        (c.StartInstance(instance_id=vm.id), vm.id),
        (c.ReleaseEipAddress(allocation_id=address.id), address.id),
    ):
        assert net.cloud.check(command).violations[-1].facts["known"] == [known]
    assert "StopInstance has no eip" in refused(of_either, c.StopInstance)


Perhaps = Optional[Instance]  # noqa: UP045  # what it tests


@pytest.mark.parametrize(
    ("annotation", "optional"),
    [
        ("Perhaps", True),
        ("Quota | None", True),
        ("Quota | None | Instance", True),
        ("None | Quota | Instance", True),
        ("Instance | Quota", False),
        ("typing.Optional[Quota]", True),
        ("Union[Quota, Instance, None]", True),
        ("Union[Quota, Instance]", False),
        ("Union[Quota]", False),
        ("dict[Quota, None]", False),
        ("None", True),
        ("an instance", False),
    ],
)
def test_a_parameter_may_be_none_if_its_annotation_says_so(annotation: str, optional: bool) -> None:
    def of_either(instance: Any, eip: Any = None) -> Facts | None:
        """A command on an EIP has no instance."""
        return None

    of_either.__annotations__["instance"] = annotation
    if optional:
        assert "x.own" in registry(of_either, c.StartInstance, c.ReleaseEipAddress)
    else:
        assert "ReleaseEipAddress has no instance" in refused(of_either, c.StartInstance, c.ReleaseEipAddress)


def test_a_parameter_with_a_default_other_than_none_keeps_it() -> None:
    def at_most(instance: Instance, now: datetime = START, limit: int = 0) -> Facts | None:
        """The limit is the rule's own."""
        return {"now": now, "limit": limit}

    net = Net(START.replace(year=2020), rules=registry(at_most, c.StopInstance))
    (violation,) = net.cloud.check(c.StopInstance(instance_id=net.run().id)).violations
    assert violation.facts == {"now": START, "limit": 0}


# What a rule is given


TYPES: dict[str, Any] = {
    "command": Command,
    "now": datetime,
    "account_id": str,
    "region_id": str,
    "vpc": Vpc,
    "vswitch": VSwitch,
    "security_group": SecurityGroup,
    "source_group": SecurityGroup,
    "instance": Instance,
    "instance_type": InstanceType,
    "network_interface": NetworkInterface,
    "eip": Eip,
    "resource": (NetworkInterface, Vpc),
}


def collect(seen: dict[str, Any], name: str) -> Callable[..., Any]:
    """A rule with one parameter of the name, which notes what it is given."""
    names: dict[str, Any] = {"seen": seen}
    exec(f"def rule({name}):\n    'Notes what it is given.'\n    seen['{name}'] = {name}", names)
    predicate: Callable[..., Any] = names["rule"]
    return predicate


def commands_on(net: Net) -> list[Command[Any]]:
    """One command of each operation with parameters of every kind, on resources that exist."""
    vm, interface, address = net.run(), net.eni(), net.cloud.execute(c.AllocateEipAddress())
    attached, group = net.attached(vm), net.new_group()
    on_interface = {"network_interface_id": attached.id}
    on_both = {**on_interface, "instance_id": vm.id}
    return [
        c.CreateVpc(cidr_block="10.0.0.0/16"),
        c.DeleteVpc(vpc_id=net.vpc.id),
        c.CreateVSwitch(vpc_id=net.vpc.id, zone_id="cn-hangzhou-b", cidr_block="10.0.9.0/24"),
        c.DeleteVSwitch(vswitch_id=net.vswitch.id),
        c.CreateSecurityGroup(vpc_id=net.vpc.id),
        c.DeleteSecurityGroup(security_group_id=group.id),
        c.AuthorizeSecurityGroup(security_group_id=net.group.id, source_group_id=group.id),
        c.RevokeSecurityGroup(security_group_id=net.group.id, source_group_id=group.id),
        c.JoinSecurityGroup(security_group_id=group.id, instance_id=vm.id),
        c.LeaveSecurityGroup(security_group_id=net.group.id, instance_id=vm.id),
        net.run_command(network_interface_ids=[interface.id]),
        c.CreateInstance(
            instance_type="ecs.g5.xlarge",
            vswitch_id=net.vswitch.id,
            security_group_ids=[net.group.id],
            network_interface_ids=[interface.id],
        ),
        *[command(instance_id=vm.id) for command in ON_INSTANCE],
        c.ModifyInstanceVpcAttribute(instance_id=vm.id, vswitch_id=net.vswitch.id),
        c.ModifyInstanceNetworkSpec(instance_id=vm.id, internet_max_bandwidth_out=5),
        net.eni_command(),
        c.AttachNetworkInterface(network_interface_id=interface.id, instance_id=vm.id),
        c.DetachNetworkInterface(**on_both),
        c.DeleteNetworkInterface(network_interface_id=interface.id),
        c.ModifyNetworkInterfaceAttribute(**on_interface, security_group_ids=[group.id]),
        c.AssignPrivateIpAddresses(**on_interface, secondary_private_ip_address_count=1),
        c.UnassignPrivateIpAddresses(**on_interface, private_ip_addresses=["10.0.1.200"]),
        c.AllocateEipAddress(),
        c.AssociateEipAddress(allocation_id=address.id, instance_id=vm.id),
        c.UnassociateEipAddress(allocation_id=address.id, instance_id=vm.id),
        *[
            command(allocation_id=address.id, instance_id=interface.id, instance_type="NetworkInterface")
            for command in ON_EITHER
        ],
        c.ReleaseEipAddress(allocation_id=address.id),
        c.AssociateVpcCidrBlock(vpc_id=net.vpc.id, secondary_cidr_block="172.16.0.0/16"),
        c.UnassociateVpcCidrBlock(vpc_id=net.vpc.id, secondary_cidr_block="172.16.0.0/16"),
        c.EnableVpcClassicLink(vpc_id=net.vpc.id),
        c.AttachClassicLinkVpc(instance_id=vm.id, vpc_id=net.vpc.id),
        c.DetachClassicLinkVpc(instance_id=vm.id, vpc_id=net.vpc.id),
        c.SetQuota(name="interfaces-per-region", value=5),
        c.ModifyVpcAttribute(vpc_id=net.vpc.id, vpc_name="web"),
        c.ModifyVSwitchAttribute(vswitch_id=net.vswitch.id, vswitch_name="web"),
        c.ModifySecurityGroupAttribute(security_group_id=group.id, description="of the web"),
        c.ModifyInstanceAttribute(instance_id=vm.id, instance_name="web-1"),
        c.ModifyEipAddressAttribute(allocation_id=address.id, name="web"),
        c.TagResources(resource_type="eni", resource_ids=[interface.id, attached.id], tags={"team": "web"}),
        c.UntagResources(resource_type="VPC", resource_ids=[net.vpc.id], all=True),
        *[command(instance_ids=[vm.id]) for command in ON_INSTANCES],
    ]


ON_INSTANCES: list[Any] = [c.StartInstances, c.StopInstances, c.RebootInstances, c.DeleteInstances]


ON_INSTANCE: list[Any] = [
    c.StartInstance,
    c.StopInstance,
    c.RebootInstance,
    c.DeleteInstance,
    c.RenewInstance,
    c.AllocatePublicIpAddress,
    c.ChangePublicIpAddress,
    c.ReleasePublicIpAddress,
    c.ConvertNatPublicIpToEip,
]


ON_EITHER: list[Any] = [c.AssociateEipAddress, c.UnassociateEipAddress]
"""The commands that name an instance or an ENI, by one parameter."""


def test_every_parameter_of_every_command_is_filled_with_a_frozen_value() -> None:
    own, seen = RuleRegistry(rules), dict[str, Any]()
    names = {command: {name for name, one in PARAMETERS.items() if one.is_of(command)} for command in COMMANDS}
    for command, parameters in names.items():
        for name in parameters:
            own.denies(f"x.{command.__name__.lower()}.{name}", command, message="no")(collect(seen, name))
    net = Net(rules=own)
    given = commands_on(net)
    assert {type(command) for command in given} == set(COMMANDS)
    for one in given:
        if type(one) in ON_INSTANCES:  # judged as commands on one instance, besides
            continue
        seen.clear()
        net.cloud.check(one)
        expected = set(names[type(one)])
        if type(one) in ON_EITHER:
            expected.remove("instance" if one.instance_type == "NetworkInterface" else "network_interface")  # type: ignore[attr-defined]
        assert seen.keys() == expected
        assert seen["command"] is one
        assert (seen["now"], seen["account_id"], seen["region_id"]) == (START, "1234567890123456", "cn-hangzhou")
        for name, value in seen.items():
            for item in value if isinstance(value, tuple) else (value,):
                assert isinstance(item, TYPES[name.removesuffix("s")]), (type(one), name)


def test_a_rule_sees_the_resource_that_the_cloud_shows() -> None:
    seen: dict[str, Any] = {}
    net = Net(rules=registry(collect(seen, "instance"), c.StopInstance))
    vm = net.run()
    net.cloud.check(c.StopInstance(instance_id=vm.id))
    assert seen["instance"] == net.cloud.instances[vm.id]


def test_a_rule_sees_an_instance_of_another_region() -> None:
    seen: dict[str, Any] = {}
    net = Net(rules=registry(collect(seen, "instance"), c.AttachNetworkInterface))
    vm = net.run()
    vpc = net.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/16", region_id="cn-beijing"))
    vswitch = net.cloud.execute(c.CreateVSwitch(vpc_id=vpc.id, zone_id="cn-beijing-a", cidr_block="10.0.0.0/24"))
    group = net.cloud.execute(c.CreateSecurityGroup(vpc_id=vpc.id))
    interface = net.eni(vswitch_id=vswitch.id, security_group_ids=[group.id])
    net.cloud.check(net.attach_command(interface, vm))
    assert seen["instance"] == vm


def test_a_rule_cannot_change_the_cloud() -> None:
    def meddling(instance: Instance) -> Facts | None:
        """It tries to release the instance."""
        instance.status = "Released"  # type: ignore[misc]
        return None

    own = registry(meddling, c.StopInstance)
    net = Net(rules=own)
    vm = net.run()
    with pytest.raises(RuleError) as error:
        net.cloud.check(c.StopInstance(instance_id=vm.id))
    assert isinstance(error.value.__cause__, AttributeError)
    assert net.cloud.instances[vm.id] == vm


# What a rule returns


@pytest.mark.parametrize("result", [False, True, "no", 0, [], [("a", 1)], object(), {1: 2}])
def test_what_is_no_facts_is_an_error_that_names_the_rule(result: object) -> None:
    def returns(vpc: Vpc) -> Any:
        """It returns something else."""
        return result

    assert "a rule returns None, facts by their names, or a Breach" in str(broken(returns))


def test_a_coroutine_is_an_error_that_names_the_rule() -> None:
    async def later(vpc: Vpc) -> Facts:
        return {}

    def returns(vpc: Vpc) -> Any:
        """It does not wait."""
        return later(vpc)

    assert "coroutine" in str(broken(returns))


def test_an_exception_inside_a_rule_carries_the_id_of_the_rule() -> None:
    def crash(vpc: Vpc) -> Any:
        """It has a bug."""
        return {}[vpc.id]

    error = broken(crash)
    assert isinstance(error.__cause__, KeyError)
    assert "KeyError: 'vpc-" in str(error)


def test_any_exception_of_a_users_rule_carries_its_id_but_for_a_lack_of_memory() -> None:
    errors: list[BaseException] = [OSError("no file"), MemoryError()]

    def crash(vpc: Vpc) -> Any:
        """It reads a file."""
        raise errors[0]

    assert "OSError: no file" in str(broken(crash))
    errors.reverse()
    net = Net(rules=registry(crash, c.DeleteVpc))
    with pytest.raises(MemoryError):
        net.cloud.check(c.DeleteVpc(vpc_id=net.vpc.id))


def test_facts_may_be_any_mapping(net: Net) -> None:
    def stays(vpc: Vpc) -> Any:
        """No VPC is deleted."""
        return MappingProxyType({"vpc_id": vpc.id})

    decision = net.cloud.check(
        c.DeleteVpc(vpc_id=net.vpc.id), rules=registry(stays, c.DeleteVpc, message="{vpc_id} stays")
    )
    assert decision.violations[-1].facts == {"vpc_id": net.vpc.id}
    assert decision.violations[-1].message == f"{net.vpc.id} stays"


def test_a_placeholder_that_the_facts_lack_is_an_error_that_names_the_rule() -> None:
    error = broken(nothing, message="{name} stays")
    assert "its message cannot be filled in: KeyError: 'name'" in str(error)
    assert isinstance(error.__cause__, KeyError)


def test_a_breach_answers_with_a_code_that_the_rule_declares() -> None:
    def stays(vpc: Vpc) -> Breach:
        """No VPC is deleted."""
        return Breach({"vpc_id": vpc.id}, "Company.Keep", 409)

    own = registry(stays, c.DeleteVpc, breach_codes=[("Company.Keep", 409)])
    assert own["x.own"].codes == (("OperationDenied", 403), ("Company.Keep", 409))
    net = Net(rules=own)
    violation = net.cloud.check(c.DeleteVpc(vpc_id=net.vpc.id)).violations[-1]
    assert (violation.code, violation.http_status) == ("Company.Keep", 409)
    assert violation.facts == {"vpc_id": net.vpc.id}


def test_a_breach_with_a_code_that_the_rule_does_not_declare_is_an_error() -> None:
    def stays(vpc: Vpc) -> Breach:
        """No VPC is deleted."""
        return Breach({}, "Company.Keep", 409)

    assert "which breach_codes does not declare" in str(broken(stays, breach_codes=[("Company.Keep", 400)]))


def test_a_breach_may_have_a_message_of_its_own() -> None:
    def stays(vpc: Vpc) -> Breach:
        """No VPC is deleted."""
        return Breach({"vpc_id": vpc.id}, message="{vpc_id} is here to stay")

    net = Net(rules=registry(stays, c.DeleteVpc, message="no"))
    violation = net.cloud.check(c.DeleteVpc(vpc_id=net.vpc.id)).violations[-1]
    assert violation.message == f"{net.vpc.id} is here to stay"
    assert (violation.code, violation.http_status) == ("OperationDenied", 403)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("{ids}", "i-1, i-2"),
        ("{ids:>10}", "  i-1, i-2"),
        ("{ids[1]} {ids!r}", "i-2 ('i-1', 'i-2')"),
        ("{none}.", "."),
        ("{numbers}", "(1, 2)"),
        ("{statuses:is}", "i-1 is Running, i-2 is 5"),
        ("{statuses[i-1]}", "Running"),
        ("{statuses}", "{'i-1': 'Running', 'i-2': 5}"),
        ("{place} {place.zone} {place[0]}", "Place(zone='b', number=1) b b"),
    ],
)
def test_lists_and_mappings_are_filled_into_a_message_as_words(message: str, said: str) -> None:
    class Place(NamedTuple):
        zone: str
        number: int

    def stays(vpc: Vpc) -> Facts:
        """No VPC is deleted."""
        return {
            "ids": ("i-1", "i-2"),
            "none": (),
            "numbers": (1, 2),
            "statuses": {"i-1": "Running", "i-2": 5},
            "place": Place("b", 1),
        }

    net = Net(rules=registry(stays, c.DeleteVpc, message=message))
    violation = net.cloud.check(c.DeleteVpc(vpc_id=net.vpc.id)).violations[-1]
    assert violation.message == said
    assert (type(violation.facts["ids"]), type(violation.facts["statuses"])) == (tuple, dict)


def test_a_rule_cannot_change_the_facts_of_a_violation_afterwards() -> None:
    kept: Facts = {"why": "closed"}

    def stays(vpc: Vpc) -> Facts:
        """No VPC is deleted."""
        return kept

    net = Net(rules=registry(stays, c.DeleteVpc))
    facts = net.cloud.check(c.DeleteVpc(vpc_id=net.vpc.id)).violations[-1].facts
    kept["why"] = "open"
    assert facts == {"why": "closed"}


# Elsewhere


def test_audit_raises_the_error_of_a_users_rule() -> None:
    def crash(command: c.CreateVpc) -> Any:
        """It has a bug."""
        return {}[command.cidr_block]

    with pytest.raises(RuleError, match=r"x\.own"):
        audit(Net().cloud, rules=registry(crash, c.CreateVpc))
