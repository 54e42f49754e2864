"""The vendor's words: every action has its row, and every parameter is read, refused by name, or unknown."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from ecsnet import InvalidCommand, NewNetworkInterface, commands
from ecsnet import commands as c
from ecsnet.domain.decide import OPERATIONS
from ecsnet.openapi import ACTIONS, InvalidRequest, Response, attribute_of, request, response_of
from ecsnet.resources import Instance, NetworkInterface, SecurityGroup, Vpc

ENI: dict[str, Any] = {"VSwitchId": "vsw-1", "SecurityGroupId": "sg-1"}
RUN: dict[str, Any] = {"InstanceType": "ecs.g5.large", "VSwitchId": "vsw-1", "SecurityGroupId": "sg-1"}


def refused(action: str, parameters: dict[str, Any]) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        request(action, parameters)
    assert isinstance(caught.value, InvalidCommand)
    return caught.value


# The table


@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_maps_to_fields_of_its_command(name: str) -> None:
    row = ACTIONS[name]
    assert row.command is getattr(commands, name)
    assert set(row.parameters.values()) <= set(attrs.fields_dict(row.command))
    assert row.not_modelled.isdisjoint(row.parameters)
    required = {field.name for field in attrs.fields(row.command) if field.default is attrs.NOTHING}
    assert required <= set(row.parameters.values())


@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_has_a_type_of_result(name: str) -> None:
    answer = response_of(ACTIONS[name].command)
    assert attrs.has(answer.resource)
    assert answer.several is (name == "RunInstances" or OPERATIONS[ACTIONS[name].command].several is not None)


def test_run_instances_returns_several_resources() -> None:
    assert response_of(c.CreateVpc) == Response(Vpc, several=False)
    assert response_of(c.RunInstances) == Response(Instance, several=True)


# Reading


@pytest.mark.parametrize(
    ("action", "parameters", "command"),
    [
        ("CreateVpc", {"CidrBlock": "10.0.0.0/16"}, c.CreateVpc(cidr_block="10.0.0.0/16")),
        (
            "CreateVpc",
            {"CidrBlock": "10.0.0.0/16", "RegionId": "cn-beijing"},
            c.CreateVpc(cidr_block="10.0.0.0/16", region_id="cn-beijing"),
        ),
        (
            "CreateNetworkInterface",
            {
                "VSwitchId": "vsw-1",
                "SecurityGroupIds": ["sg-1", "sg-2"],
                "PrimaryIpAddress": "10.0.0.5",
                "PrivateIpAddress.2": "10.0.0.7",
                "PrivateIpAddress.1": "10.0.0.6",
                "NetworkInterfaceName": "front",
                "Description": "an ENI",
            },
            c.CreateNetworkInterface(
                vswitch_id="vsw-1",
                security_group_ids=["sg-1", "sg-2"],
                primary_ip_address="10.0.0.5",
                private_ip_addresses=["10.0.0.6", "10.0.0.7"],
                network_interface_name="front",
                description="an ENI",
            ),
        ),
        (
            "CreateNetworkInterface",
            {**ENI, "SecondaryPrivateIpAddressCount": "3"},
            c.CreateNetworkInterface(
                vswitch_id="vsw-1", security_group_ids=["sg-1"], secondary_private_ip_address_count=3
            ),
        ),
        (
            "CreateNetworkInterface",
            {"VSwitchId": "vsw-1"},
            c.CreateNetworkInterface(vswitch_id="vsw-1", security_group_ids=[]),
        ),
        (
            "ModifyNetworkInterfaceAttribute",
            {"NetworkInterfaceId": "eni-1", "SecurityGroupId.1": "sg-1", "SecurityGroupId.2": "sg-2"},
            c.ModifyNetworkInterfaceAttribute(network_interface_id="eni-1", security_group_ids=["sg-1", "sg-2"]),
        ),
        (
            "ModifyNetworkInterfaceAttribute",
            {"NetworkInterfaceId": "eni-1", "SecurityGroupId": []},
            c.ModifyNetworkInterfaceAttribute(network_interface_id="eni-1", security_group_ids=[]),
        ),
        (
            "UnassignPrivateIpAddresses",
            {"NetworkInterfaceId": "eni-1", "PrivateIpAddress": ["10.0.0.6"]},
            c.UnassignPrivateIpAddresses(network_interface_id="eni-1", private_ip_addresses=["10.0.0.6"]),
        ),
        (
            "RunInstances",
            {**RUN, "InstanceChargeType": "PrePaid", "Period": 2, "Amount": "3", "ZoneId": "cn-hangzhou-b"},
            c.RunInstances(
                instance_type="ecs.g5.large",
                vswitch_id="vsw-1",
                security_group_ids=["sg-1"],
                instance_charge_type="PrePaid",
                period=2,
                amount=3,
                zone_id="cn-hangzhou-b",
            ),
        ),
        (
            "RunInstances",
            {**RUN, "NetworkInterface.1.NetworkInterfaceId": "eni-1"},
            c.RunInstances(
                instance_type="ecs.g5.large",
                vswitch_id="vsw-1",
                security_group_ids=["sg-1"],
                network_interface_ids=["eni-1"],
            ),
        ),
        (
            "RunInstances",
            {
                **RUN,
                "NetworkInterface.1.VSwitchId": "vsw-2",
                "NetworkInterface.1.SecurityGroupIds.1": "sg-1",
                "NetworkInterface.1.SecurityGroupIds.2": "sg-2",
                "NetworkInterface.1.PrimaryIpAddress": "10.0.2.5",
                "NetworkInterface.1.NetworkInterfaceName": "back",
                "NetworkInterface.1.Description": "a second ENI",
                "NetworkInterface.2.NetworkInterfaceId": "eni-1",
                "NetworkInterface.3.SecurityGroupId": "sg-3",
            },
            c.RunInstances(
                instance_type="ecs.g5.large",
                vswitch_id="vsw-1",
                security_group_ids=["sg-1"],
                network_interface_ids=["eni-1"],
                network_interfaces=[
                    NewNetworkInterface(
                        vswitch_id="vsw-2",
                        security_group_ids=["sg-1", "sg-2"],
                        primary_ip_address="10.0.2.5",
                        network_interface_name="back",
                        description="a second ENI",
                    ),
                    NewNetworkInterface(security_group_ids=["sg-3"]),
                ],
            ),
        ),
        (
            "AuthorizeSecurityGroup",
            {"SecurityGroupId": "sg-1", "SourceGroupId": "sg-2", "SourceGroupOwnerId": 1234567890123456},
            c.AuthorizeSecurityGroup(
                security_group_id="sg-1", source_group_id="sg-2", source_account_id="1234567890123456"
            ),
        ),
        ("DeleteInstance", {"InstanceId": "i-1", "Force": "true"}, c.DeleteInstance(instance_id="i-1", force=True)),
        ("DeleteInstance", {"InstanceId": "i-1", "Force": False}, c.DeleteInstance(instance_id="i-1")),
        ("SetQuota", {"Name": "eips-per-account", "Value": "3"}, c.SetQuota(name="eips-per-account", value=3)),
    ],
)
def test_parameters_become_fields(action: str, parameters: dict[str, Any], command: object) -> None:
    assert request(action, parameters).command == command


def test_flat_and_json_lists_make_the_same_request() -> None:
    flat = {**RUN, "NetworkInterface.1.NetworkInterfaceId": "eni-1", "NetworkInterface.2.SecurityGroupIds.1": "sg-2"}
    nested = {**RUN, "NetworkInterface": [{"NetworkInterfaceId": "eni-1"}, {"SecurityGroupIds": ["sg-2"]}]}
    assert request("RunInstances", flat) == request("RunInstances", nested)


def test_a_new_interface_without_groups_is_for_the_rules() -> None:
    (new,) = request("RunInstances", {**RUN, "NetworkInterface": [{"SecurityGroupIds": []}]}).command.network_interfaces  # type: ignore[attr-defined]
    assert new.security_group_ids == ()


def test_client_token_dry_run_and_region_are_not_part_of_the_command() -> None:
    made = request("CreateNetworkInterface", {**ENI, "ClientToken": "t-1", "DryRun": "true", "RegionId": "cn-beijing"})
    assert (made.client_token, made.dry_run, made.region_id) == ("t-1", True, "cn-beijing")
    plain = request("CreateNetworkInterface", ENI)
    assert (plain.client_token, plain.dry_run, plain.region_id) == (None, False, None)
    assert plain.command == made.command


# Refusing


@pytest.mark.parametrize(
    ("action", "parameters", "parameter", "code", "told"),
    [
        ("CreateVpcs", {}, None, "InvalidAction.NotFound", "did you mean CreateVpc?"),
        ("Zzz", {}, None, "InvalidAction.NotFound", "unknown action 'Zzz'"),
        ("CreateVpc", {"CidrBlok": "10.0.0.0/16"}, "CidrBlok", "InvalidParameter", "did you mean CidrBlock?"),
        ("CreateVpc", {}, "CidrBlock", "MissingParameter", "CidrBlock is missing"),
        (
            "CreateSecurityGroup",
            {"VpcId": "vpc-1", "SecurityGroupType": "advanced"},
            "SecurityGroupType",
            "InvalidParameter",
            "SecurityGroupType must be 'normal' or 'enterprise', not 'advanced'",
        ),
        (
            "AssociateVpcCidrBlock",
            {"VpcId": "vpc-1", "SecondaryCidrBlock": "172.16.0.0/16", "IpVersion": "IPV6"},
            "IpVersion",
            "InvalidParameter",
            "IpVersion other than 'ipv4' is not modelled",
        ),
        ("CreateVSwitch", {"CidrBlock": "10.0.0.0/24"}, "VpcId", "MissingParameter", "VpcId and ZoneId are missing"),
        ("CreateVpc", {"CidrBlock": "banana"}, "CidrBlock", "InvalidParameter", "CidrBlock must be an IPv4 CIDR block"),
        ("CreateVpc", {"CidrBlock": None}, "CidrBlock", "InvalidParameter", "leave it out"),
        ("CreateVpc", {"CidrBlock": True}, "CidrBlock", "InvalidParameter", "must be text"),
        ("CreateVpc", {"CidrBlock": "10.0.0.0/16", "UserCidr": "a"}, "UserCidr", "InvalidParameter", "not modelled"),
        ("RunInstances", {**RUN, "HostName": "web"}, "HostName", "InvalidParameter", "not modelled"),
        ("DeleteVpc", {"VpcId": "a", "Tag.1.Key": "a"}, "Tag.1.Key", "InvalidParameter", "unknown parameter"),
        ("RunInstances", {**RUN, "Tag": [{"Value": "a"}]}, "Tag.1.Key", "MissingParameter", "Tag.1.Key is missing"),
        ("RunInstances", {**RUN, "Tag.2.Key": "a"}, "Tag.1", "InvalidParameter", "numbered from 1 without gaps"),
        ("RunInstances", {**RUN, "Tag": [{"Key": "a"}] * 2}, "Tag.N", "InvalidParameter", "the key 'a' twice"),
        ("RunInstances", {**RUN, "Tag": [{"Key": "a", "key": "a"}]}, "Tag.1.key", "InvalidParameter", "given twice"),
        ("RunInstances", {**RUN, "Tag": "a"}, "Tag", "InvalidParameter", "a list of keys with values"),
        ("RunInstances", {**RUN, "Tag": ["a"]}, "Tag.1", "InvalidParameter", "a list of keys with values"),
        ("TagResources", {"ResourceType": "eni", "ResourceId": ["a"]}, "Tag.N", "MissingParameter", "Tag.N"),
        ("UntagResources", {"ResourceType": "eni", "ResourceId": ["a"]}, "TagKey.N", "InvalidParameter", "TagKey.N or"),
        ("StartInstances", {"InstanceId": []}, "InstanceId.N", "InvalidParameter", "1 to 100 instances"),
        (
            "RunInstances",
            {**RUN, "NetworkInterface.1.QueueNumber": "2"},
            "NetworkInterface.1.QueueNumber",
            "InvalidParameter",
            "not modelled",
        ),
        (
            "RunInstances",
            {**RUN, "NetworkInterface.1.VSwitch": "v"},
            "NetworkInterface.1.VSwitch",
            "InvalidParameter",
            "did you mean NetworkInterface.N.VSwitchId?",
        ),
        (
            "RunInstances",
            {**RUN, "NetworkInterface.2.VSwitchId": "v"},
            "NetworkInterface.1",
            "InvalidParameter",
            "NetworkInterface.1 is missing",
        ),
        (
            "RunInstances",
            {**RUN, "NetworkInterface": [{"NetworkInterfaceId": "eni-1", "VSwitchId": "v"}]},
            "NetworkInterface.1.VSwitchId",
            "InvalidParameter.Conflict",
            "names an ENI that exists: leave out NetworkInterface.1.VSwitchId",
        ),
        (
            "RunInstances",
            {**RUN, "NetworkInterface.1.SecurityGroupId": "sg-1", "NetworkInterface.1.SecurityGroupIds.1": "sg-2"},
            "NetworkInterface.1.SecurityGroupIds.N",
            "InvalidParameter.Conflict",
            "give NetworkInterface.1.SecurityGroupId or NetworkInterface.1.SecurityGroupIds.N, not both",
        ),
        (
            "RunInstances",
            {**RUN, "NetworkInterface": [{"SecurityGroupIds": "sg-1"}]},
            "NetworkInterface.1.SecurityGroupIds",
            "InvalidParameter",
            "is a list",
        ),
        (
            "RunInstances",
            {**RUN, "NetworkInterface.1.PrimaryIpAddress": "banana"},
            "NetworkInterface.1.PrimaryIpAddress",
            "InvalidParameter",
            "NetworkInterface.1.PrimaryIpAddress must be an IPv4 address",
        ),
        (
            "RunInstances",
            {**RUN, "NetworkInterface.1.PrimaryIpAddress": "10.0.0.5", "Amount": 2},
            "NetworkInterface.N",
            "InvalidParameter",
            "Amount must be 1",
        ),
        (
            "RunInstances",
            {**RUN, "NetworkInterface": [{}]},
            "NetworkInterface.1",
            "InvalidParameter",
            "unknown parameter NetworkInterface.1",
        ),
        (
            "CreateInstance",
            {**RUN, "NetworkInterface.1.VSwitchId": "v"},
            "NetworkInterface.1.VSwitchId",
            "InvalidParameter",
            "unknown parameter NetworkInterface.1.VSwitchId",
        ),
        ("RunInstances", {**RUN, "OwnerId": 1}, "OwnerId", "InvalidParameter", "not modelled"),
        ("RunInstances", {**RUN, "Amount": "two"}, "Amount", "InvalidParameter", "whole number"),
        ("RunInstances", {**RUN, "Amount": 2.0}, "Amount", "InvalidParameter", "whole number"),
        ("RunInstances", {**RUN, "Amount": True}, "Amount", "InvalidParameter", "whole number"),
        ("RunInstances", {**RUN, "Amount": "0"}, "Amount", "InvalidParameter", "at least 1"),
        ("RunInstances", {**RUN, "RegionId": "Hangzhou"}, "RegionId", "InvalidParameter", "cn-hangzhou"),
        ("StopInstance", {"InstanceId": "i-1", "RegionId": "?"}, "RegionId", "InvalidParameter", "cn-hangzhou"),
        ("DeleteInstance", {"InstanceId": "i-1", "Force": "yes"}, "Force", "InvalidParameter", "true or false"),
        ("DeleteInstance", {"InstanceId": ["i-1"]}, "InstanceId", "InvalidParameter", "takes one value"),
        ("DeleteInstance", {"InstanceId": "i-1", "ClientToken": "t"}, "ClientToken", "InvalidParameter", "takes no"),
        ("CreateNetworkInterface", {**ENI, "ClientToken": "x" * 65}, "ClientToken", "InvalidParameter", "1 to 64"),
        (
            "CreateNetworkInterface",
            {**ENI, "SecurityGroupIds": ["sg-2"]},
            "SecurityGroupIds.N",
            "InvalidParameter.Conflict",
            "give SecurityGroupId or SecurityGroupIds.N, not both",
        ),
        (
            "CreateNetworkInterface",
            {"VSwitchId": "v", "SecurityGroupIds": "sg-1"},
            "SecurityGroupIds",
            "InvalidParameter",
            "is a list",
        ),
        (
            "CreateNetworkInterface",
            {**ENI, "PrivateIpAddress.2": "10.0.0.6"},
            "PrivateIpAddress.1",
            "InvalidParameter",
            "PrivateIpAddress.1 is missing",
        ),
        (
            "CreateNetworkInterface",
            {**ENI, "PrivateIpAddress": ["10.0.0.5"], "PrivateIpAddress.1": "10.0.0.6"},
            "PrivateIpAddress.1",
            "InvalidParameter",
            "given twice",
        ),
        (
            "CreateNetworkInterface",
            {**ENI, "PrivateIpAddress": ["10.0.0.5"], "SecondaryPrivateIpAddressCount": 1},
            "PrivateIpAddress.N",
            "InvalidParameter",
            "give PrivateIpAddress.N or SecondaryPrivateIpAddressCount, not both",
        ),
        ("SetQuota", {"Name": "nothing", "Value": 1}, "Name", "InvalidParameter", "Name must be one of"),
    ],
)
def test_an_invalid_request_is_refused_in_the_vendors_words(
    action: str, parameters: dict[str, Any], parameter: str | None, code: str, told: str
) -> None:
    error = refused(action, parameters)
    assert (error.parameter, error.code) == (parameter, code)
    assert told in str(error)


def test_an_error_does_not_translate_the_given_value() -> None:
    # "period" is a field of the command, but here it is what was given
    error = refused("RunInstances", {**RUN, "InstanceChargeType": "period"})
    assert "not 'period'" in str(error)


@pytest.mark.parametrize(
    ("resource", "spelled", "attribute"),
    [
        (Instance, "PrimaryNetworkInterfaceId", "primary_network_interface_id"),
        (Instance, "primary_network_interface_id", "primary_network_interface_id"),
        (Instance, "VSwitchId", "vswitch_id"),
        (Instance, "InstanceId", "id"),
        (NetworkInterface, "InstanceId", "instance_id"),
        (NetworkInterface, "PrivateIpAddress", "primary_private_ip"),
        (SecurityGroup, "VpcId", "vpc_id"),
        (Vpc, "VpcId", "id"),
        (Vpc, "SecurityGroupId", None),
        (Vpc, "", None),
    ],
)
def test_attributes_can_be_spelled_in_either_style(resource: type[Any], spelled: str, attribute: str | None) -> None:
    assert attribute_of(resource, spelled) == attribute


# Permissions


AUTHORIZE: dict[str, Any] = {"SecurityGroupId": "sg-1", "SourceGroupId": "sg-2"}


@pytest.mark.parametrize("action", ["AuthorizeSecurityGroup", "RevokeSecurityGroup"])
def test_a_permission_for_all_traffic_is_accepted(action: str) -> None:
    spelled_out = {**AUTHORIZE, "IpProtocol": "ALL", "PortRange": "-1/-1", "NicType": "intranet", "Policy": "accept"}
    assert request(action, spelled_out).command == request(action, AUTHORIZE).command


def test_a_permission_for_some_traffic_is_refused() -> None:
    error = refused("AuthorizeSecurityGroup", {**AUTHORIZE, "IpProtocol": "tcp", "PortRange": "22/22"})
    assert (error.parameter, str(error)) == ("IpProtocol", "IpProtocol other than 'all' is not modelled")


@pytest.mark.parametrize(
    "given",
    [
        {"Tag.1.Key": "team", "Tag.1.Value": "web", "Tag.2.Key": "stage"},
        {"Tag": [{"Key": "team", "Value": "web"}, {"Key": "stage", "Value": ""}]},
        {"Tag.1.key": "team", "Tag.1.value": "web", "Tag.2.key": "stage"},
    ],
)
def test_tags_are_read_in_every_form(given: dict[str, Any]) -> None:
    tagged = request("TagResources", {"ResourceType": "eni", "ResourceId.1": "eni-1", **given}).command
    assert tagged == c.TagResources(resource_type="eni", resource_ids=["eni-1"], tags={"team": "web", "stage": ""})
    created = request("CreateVpc", {"CidrBlock": "10.0.0.0/16", "VpcName": "web", **given}).command
    assert created == c.CreateVpc(cidr_block="10.0.0.0/16", vpc_name="web", tags={"team": "web", "stage": ""})


def test_an_empty_list_of_tags_is_none() -> None:
    assert request("CreateVpc", {"CidrBlock": "10.0.0.0/16", "Tag": []}).command == c.CreateVpc(
        cidr_block="10.0.0.0/16"
    )


def test_an_interface_that_stays_is_asked_for() -> None:
    eni = {"VSwitchId": "vsw-1", "SecurityGroupId": "sg-1", "DeleteOnRelease": "false"}
    assert request("CreateNetworkInterface", eni).command.delete_on_release is False
    run = request("RunInstances", {**RUN, "NetworkInterface.1.DeleteOnRelease": "false"}).command
    assert run.network_interfaces == (c.NewNetworkInterface(delete_on_release=False),)


def test_a_batch_is_read() -> None:
    parameters = {"InstanceId.1": "i-1", "InstanceId.2": "i-2", "BatchOptimization": "SuccessFirst"}
    assert request("StopInstances", {**parameters, "RegionId": "cn-beijing"}).command == c.StopInstances(
        instance_ids=["i-1", "i-2"], batch_optimization="SuccessFirst", region_id="cn-beijing"
    )
