"""Values that people build or are handed: attrs classes, frozen, hashable, and good citizens of the language."""

from __future__ import annotations

import copy
import inspect
import pickle
import pydoc
from types import ModuleType
from typing import Any, get_type_hints

import attrs
import msgspec
import pytest

import ecsnet
from ecsnet import (
    Endpoint,
    InstanceType,
    InvalidArgument,
    InvalidCommand,
    commands,
    guest,
    network_capabilities,
    openapi,
    plan,
    resources,
    testing,
)
from ecsnet import commands as c
from ecsnet.decision import Decision, Permission, Violation
from tests.support.values import VALUES

ABOUT_RULES = {"Breach", "ErrorCode", "Rule", "RulebookEntry"}
"""Public classes of `ecsnet` that have a test module of their own."""
each = pytest.mark.parametrize("value", VALUES.values(), ids=[cls.__name__ for cls in VALUES])


def public_classes(module: ModuleType) -> set[type[Any]]:
    found = [getattr(module, name) for name in module.__all__]
    return {one for one in found if isinstance(one, type) and not issubclass(one, BaseException)}


def test_every_public_class_of_values_is_here() -> None:
    classes = set().union(*map(public_classes, (commands, testing, plan, guest, openapi)))
    classes |= {one for one in public_classes(ecsnet) if one.__name__ not in ABOUT_RULES}
    assert {one for one in classes if attrs.has(one)} - {c.Command} <= set(VALUES)
    assert {resources.Vpc, Decision, Violation, Permission, c.AttachNetworkInterface} < set(VALUES)
    stored = {one for one in classes if issubclass(one, msgspec.Struct)}
    assert stored == {ecsnet.Event, ecsnet.RecordedEvent}, "what is stored is msgspec, and nothing else is"


@each
def test_a_value_is_frozen_and_has_slots(value: Any) -> None:
    (name, *_) = attrs.fields_dict(type(value))
    with pytest.raises(AttributeError):
        setattr(value, name, getattr(value, name))
    with pytest.raises(AttributeError):
        delattr(value, name)
    assert not hasattr(value, "__dict__")


@each
def test_a_value_can_be_copied_evolved_and_pickled(value: Any) -> None:
    copies = [copy.copy(value), copy.deepcopy(value), attrs.evolve(value)]
    copies += [pickle.loads(pickle.dumps(value, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)]
    for one in copies:
        assert type(one) is type(value)
        assert one == value
        assert hash(one) == hash(value)


@each
def test_a_value_is_a_key(value: Any) -> None:
    assert {value: 1}[copy.deepcopy(value)] == 1
    assert value != object()


@each
def test_values_are_equal_and_have_one_hash_if_every_field_that_counts_is_equal(value: Any) -> None:
    for field in attrs.fields(type(value)):
        other = copy.copy(value)
        object.__setattr__(other, field.name, object())
        assert (other != value) is bool(field.eq), field.name
        assert (hash(other) != hash(value)) is bool(field.eq if field.hash is None else field.hash), field.name


@each
def test_a_value_of_another_class_is_left_to_that_class_to_compare(value: Any) -> None:
    assert type(value).__eq__(value, attrs.make_class("Other", {})()) is NotImplemented


def test_two_kinds_of_commands_with_the_same_parameters_are_different() -> None:
    stop, reboot = c.StopInstance(instance_id="i-1"), c.RebootInstance(instance_id="i-1")
    assert attrs.asdict(stop).items() >= attrs.asdict(reboot).items()
    assert stop != reboot
    assert hash(c.DeleteVpc(vpc_id="vpc-1")) != hash(c.ReleaseEipAddress(allocation_id="vpc-1"))


def test_a_value_is_printed_as_attrs_prints_it() -> None:
    violation = Violation(rule="vpc.held", code="Held", http_status=403, guide="-", message="held", facts={"id": "a"})
    assert repr(violation) == (
        "Violation(rule='vpc.held', code='Held', http_status=403, guide='-', message='held', facts={'id': 'a'})"
    )
    limit = resources.Quota(name="eips", value=None, region_id=None, account_id="1")
    assert repr(limit) == "Quota(name='eips', value=None, region_id=None, account_id='1')"


@each
def test_a_value_is_a_dict_for_attrs(value: Any) -> None:
    fields = attrs.asdict(value, recurse=False)
    assert list(fields) == list(attrs.fields_dict(type(value)))
    assert type(value)(**fields) == value


@each
def test_the_class_of_a_value_can_be_introspected(value: Any) -> None:
    cls = type(value)
    names = list(attrs.fields_dict(cls))
    assert set(names) <= set(get_type_hints(cls))
    parameters = inspect.signature(cls).parameters
    assert list(parameters) == names
    assert all(parameter.annotation is not parameter.empty for parameter in parameters.values())
    told = pydoc.render_doc(cls)
    assert all(name in told for name in names)
    assert inspect.cleandoc(cls.__doc__ or "").splitlines()[0] in told
    assert cls.__name__ in repr(value) or cls is guest.Image


def test_a_value_can_be_matched_by_a_pattern() -> None:
    match c.AttachNetworkInterface(network_interface_id="eni-1", instance_id="i-1"):
        case c.AttachNetworkInterface(network_interface_id=eni_id, instance_id="i-1"):
            assert eni_id == "eni-1"
        case _:
            raise AssertionError
    match VALUES[Decision]:
        case Decision(command=c.DeleteVpc(), violations=(Violation(rule=rule), *_)):
            assert rule == "vpc.delete.in-use"
        case _:
            raise AssertionError


def test_facts_and_parameters_are_read_only() -> None:
    violation, operation = VALUES[Violation], VALUES[plan.Operation]
    for mapping in (violation.facts, operation.parameters):
        before = dict(mapping)
        for change in (
            lambda m: m.update(a=1),
            lambda m: m.__setitem__("a", 1),
            lambda m: m.__delitem__(next(iter(m))),
            lambda m: m.pop(next(iter(m))),
            lambda m: m.popitem(),
            lambda m: m.setdefault("a", 1),
            lambda m: m.__ior__({"a": 1}),
            lambda m: m.clear(),
        ):
            with pytest.raises(TypeError, match="read-only"):
                change(mapping)
        assert mapping == before


def test_facts_are_copied_and_count_for_equality_only() -> None:
    facts = {"vpc_id": "vpc-1"}
    violation = attrs.evolve(VALUES[Violation], facts=facts)
    other = attrs.evolve(violation, facts={"vpc_id": "vpc-2"})
    facts["vpc_id"] = "vpc-2"
    assert violation.facts == {"vpc_id": "vpc-1"}
    assert violation != other
    assert hash(violation) == hash(other)


def test_evolving_a_value_checks_it_again() -> None:
    attach = VALUES[c.AttachNetworkInterface]
    assert attrs.evolve(attach, instance_id="i-2").instance_id == "i-2"
    with pytest.raises(InvalidCommand, match="instance_id must be a non-empty string") as refused:
        attrs.evolve(attach, instance_id="")
    assert refused.value.parameter == "instance_id"
    with pytest.raises(InvalidArgument, match=r"vcpu of ecs\.mine must be a whole number"):
        attrs.evolve(VALUES[InstanceType], vcpu=0)


def test_a_subclass_of_a_resource_has_its_own_class() -> None:
    class Tagged(resources.Vpc):
        """A resource with a method, as somebody's tests may have it."""

        def tag(self) -> str:
            return f"tag of {self.id}"

    vpc = Tagged(**attrs.asdict(VALUES[resources.Vpc]))
    assert type(vpc) is Tagged
    assert vpc.tag() == f"tag of {vpc.id}"
    assert vpc == Tagged(**attrs.asdict(vpc)) != VALUES[resources.Vpc]
    with pytest.raises(AttributeError):
        vpc.status = resources.VpcStatus.Deleted  # type: ignore[misc]


def test_a_subclass_of_a_new_interface_is_checked_as_the_class_itself() -> None:
    class Backend(c.NewNetworkInterface):
        """A new ENI with a property, as somebody's code may have it."""

        @property
        def groups(self) -> int:
            return len(self.security_group_ids or ())

    assert Backend(security_group_ids=["sg-1", "sg-2"]).groups == 2
    for cls in (Backend, c.NewNetworkInterface):
        with pytest.raises(InvalidCommand, match="vswitch_id must be a non-empty string"):
            cls(vswitch_id="")


@pytest.mark.parametrize("base", [c.Command, c.CreateVpc])
def test_a_command_of_ones_own_is_refused_with_advice(base: type[Any]) -> None:
    with pytest.raises(TypeError, match=r"Own cannot be a command: .* Write a function"):
        type("Own", (base,), {})


# The parameter at fault


@pytest.mark.parametrize(
    ("build", "parameter", "together"),
    [
        (lambda: c.DeleteVpc(vpc_id=""), "vpc_id", ()),
        (lambda: c.SetQuota(name="bananas", value=1), "name", ()),
        (
            lambda: c.UnassignPrivateIpAddresses(network_interface_id="e", private_ip_addresses=[]),
            "private_ip_addresses",
            (),
        ),
        (lambda: c.RunInstances(instance_type="t", security_group_ids=["s"]), "vswitch_id", ()),
        (
            lambda: c.AssignPrivateIpAddresses(network_interface_id="eni-1"),
            None,
            ("private_ip_addresses", "secondary_private_ip_address_count"),
        ),
        (
            lambda: c.CreateInstance(instance_type="t", vswitch_id="v", security_group_ids=["s"], period=1),
            None,
            ("period", "instance_charge_type"),
        ),
        (lambda: Endpoint("vpc", "1", "cn-hangzhou", "", ["sg-1"]), "vpc_id", ()),
        (lambda: network_capabilities("banana"), "network_type", ()),
    ],
)
def test_an_invalid_command_names_the_parameters_at_fault(
    build: Any, parameter: str | None, together: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidCommand) as refused:
        build()
    error = refused.value
    assert (error.parameter, error.together) == (parameter, together)
    assert all(name in str(error) for name in together or (parameter,))
    assert "{" not in str(error)
    upper = error.spelled(str.upper)
    assert all(name.upper() in upper for name in together or (str(parameter),))


def test_a_value_in_braces_in_a_message_stays_as_it_is() -> None:
    with pytest.raises(InvalidCommand) as refused:
        c.CreateVpc(cidr_block="{vpc_id} {0} {")
    assert "'{vpc_id} {0} {'" in str(refused.value)
