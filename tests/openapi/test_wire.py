"""The wire: messages, signatures, forms of answers, and what becomes of parameters, in bytes."""

from __future__ import annotations

import hmac
import json
import re
import xml.etree.ElementTree as ET
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import ANY
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsnet import Cloud
from ecsnet.events.account import AttributesRemembered
from ecsnet.openapi import ACTIONS, Service, respond
from ecsnet.openapi.describing import DESCRIBE_ACTIONS
from ecsnet.openapi.http import read_request
from ecsnet.openapi.parameters import class_of, known_parameters, pattern_of
from ecsnet.openapi.refusals import Refusal
from ecsnet.openapi.signatures import verify
from tests.support.net import START, Net
from tests.support.wire import call, message, status

RECORDED = (Path(__file__).parents[1] / "fixtures" / "recorded_requests.txt").read_text("utf-8").split("\n----\n")
"""Requests of eleven clients, signed with the secret ``testsecret``."""


def recorded(text: str) -> bytes:
    head, _, body = text.partition("\n\n")
    return head.strip("\n").replace("\n", "\r\n").encode() + b"\r\n\r\n" + body.strip("\n").encode()


@pytest.fixture
def service() -> Service:
    return Service(Cloud())


# Signatures


def test_there_are_recorded_requests_of_both_signatures() -> None:
    assert len(RECORDED) == 122
    assert 10 < sum("ACS3-HMAC-SHA256" in one for one in RECORDED) < 100


@pytest.mark.parametrize("text", RECORDED, ids=range(len(RECORDED)))
def test_the_signature_of_a_real_client_is_right_with_its_secret_only(text: str) -> None:
    request = read_request(recorded(text))
    parameters = dict([*request.query(), *request.form()])
    assert verify(request, parameters, {"testid": "testsecret"}) == "testid"
    with pytest.raises(Refusal) as refused:
        verify(request, parameters, {"testid": "another"})
    assert refused.value.code == "SignatureDoesNotMatch"
    with pytest.raises(Refusal) as refused:
        verify(request, parameters, {"another": "testsecret"})
    assert refused.value.code == "InvalidAccessKeyId.NotFound"


@pytest.mark.parametrize("text", RECORDED, ids=range(len(RECORDED)))
def test_a_recorded_request_is_answered_in_the_vendor_s_form(text: str) -> None:
    request = read_request(recorded(text))
    said = dict(request.query()).get("Timestamp") or dict(request.form()).get("Timestamp")
    then = datetime.fromisoformat(request.headers.get("x-acs-date") or said or "")
    service = Service(Cloud(), keys={"testid": "testsecret"}, clock=lambda: then + timedelta(minutes=15))
    answer = service.respond(recorded(text))
    assert status(answer) in (200, 400, 403, 404), answer
    assert b"RequestId" in answer
    assert service.calls[-1].code not in ("InternalError", "InvalidAction.NotFound")
    again = service.respond(recorded(text))
    assert service.calls[-1].code == "SignatureNonceUsed", again


NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-11-26T12:00:00Z", None),
        ("2026-11-26T11:45:00Z", None),
        ("2026-11-26T12:15:00Z", None),
        ("2026-11-26T19:59:59+08:00", None),
        ("2026-11-26T11:44:59Z", "InvalidTimeStamp.Expired"),
        ("2026-11-26T12:15:01Z", "InvalidTimeStamp.Expired"),
        ("0001-01-01T00:00:00+23:00", "InvalidTimeStamp.Expired"),
        ("2026-11-26T12:00:00", "InvalidTimeStamp.Format"),
        ("Thu, 26 Nov 2026 12:00:00 GMT", "InvalidTimeStamp.Format"),
        ("banana", "InvalidTimeStamp.Format"),
        ("", "MissingTimestamp"),
    ],
)
def test_a_signed_request_is_of_the_last_quarter_of_an_hour(text: str, code: str | None) -> None:
    parameters = {"Action": "DescribeVpcs", "AccessKeyId": "id", "Format": "JSON", "Timestamp": text}
    pairs = "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted(parameters.items()))
    signature = b64encode(hmac.digest(b"secret&", f"GET&%2F&{quote(pairs, safe='')}".encode(), "sha1")).decode()
    service = Service(Cloud(), keys={"id": "secret"}, clock=lambda: NOW)
    call(
        service, **{name.replace("Action", "action"): value for name, value in parameters.items()}, Signature=signature
    )
    assert service.calls[-1].code == code
    assert "VpcId" in call(Service(Cloud()), "CreateVpc", Timestamp=text)  # nothing is verified without keys


def test_a_request_without_signature_is_refused_when_there_are_keys() -> None:
    answer = respond(message("DescribeVpcs", Format="JSON"), Cloud(), keys={"a": "b"})
    assert status(answer) == 400
    assert b'"Code":"MissingAccessKeyId"' in answer


# Messages


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"GET",
        b"GET / HTTP/1.1",
        b"\r\n\r\n",
        b"GET / HTTP/2\r\n\r\n",
        b"G=T / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"GET /?Action=%FF HTTP/1.1\r\n\r\n",
        b"GET http://[::1/?Action=DescribeVpcs HTTP/1.1\r\n\r\n",
        b"GET /?" + b"&".join(b"a%d=1" % n for n in range(6_000)) + b" HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n\xff\xfe",
    ],
)
def test_what_is_no_request_gets_an_error_of_the_vendor_s_form(service: Service, message: bytes) -> None:
    answer = service.respond(message)
    assert status(answer) in (400, 403, 413)
    assert b"BadRequest" in answer
    assert service.cloud.position == 0


@given(st.binary(max_size=300))
def test_any_bytes_get_an_answer(data: bytes) -> None:
    service = Service(Cloud())
    for one in (
        data,
        b"POST /?" + data + b" HTTP/1.1\r\n\r\n",
        b"GET /?Action=CreateVpc&" + data + b" HTTP/1.1\r\n\r\n",
    ):
        assert status(service.respond(one)) in (200, 400, 403, 404, 413, 431)
    assert all(one.code != "InternalError" for one in service.calls)


ANYTHING = st.one_of(
    st.text(max_size=20),
    st.integers().map(str),
    st.sampled_from(["eni-1", "true", "[]", '["i-1"]', "10.0.0.0/8", "\0"]),
)


@given(st.data())
def test_no_parameters_make_an_internal_error(data: st.DataObject) -> None:
    action = data.draw(st.sampled_from([*ACTIONS, *DESCRIBE_ACTIONS, "DescribeDisks", "ListTagResources"]))
    if action in ACTIONS:
        names = [name.replace(".N", ".1") for name in known_parameters(action)]
    elif action in DESCRIBE_ACTIONS:
        names = [*DESCRIBE_ACTIONS[action].parameters, "Tag", "Tag.1.Key", "Tag.1.Value"]
    else:
        names = ["PageSize", "ResourceType", "DiskIds", "InstanceId"]
    given_ones = data.draw(st.dictionaries(st.sampled_from(names), ANYTHING, max_size=5))
    service = Service(Net().cloud)
    call(service, action, **given_ones)
    assert service.calls[-1].code != "InternalError", service.calls[-1]


def test_a_form_a_query_and_an_absolute_target_are_alike() -> None:
    cloud = Cloud()
    form = b"Action=CreateVpc&CidrBlock=10.0.0.0%2F8&Format=JSON"
    head = b"POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n"
    by_proxy = message("CreateVpc", CidrBlock="10.0.0.0/8", Format="JSON").replace(
        b"GET /", b"POST http://ecs-cn-hangzhou.aliyuncs.com/"
    )
    chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(form), form)
    for one in (head % len(form) + form, by_proxy, chunked, message("CreateVpc", CidrBlock="10.0.0.0/8")):
        assert status(respond(one, cloud)) == 200
    assert [vpc.cidr_block for vpc in cloud.vpcs.values()] == ["10.0.0.0/8"] * 4


def test_the_region_is_that_of_the_host_where_nothing_else_names_one(service: Service) -> None:
    service.respond(message("CreateVpc").replace(b"Host: localhost", b"Host: vpc.cn-beijing.aliyuncs.com"))
    service.respond(message("CreateVpc", RegionId="cn-qingdao"))
    service.respond(message("CreateVpc"))
    assert [vpc.region_id for vpc in service.cloud.vpcs.values()] == ["cn-beijing", "cn-qingdao", "cn-hangzhou"]
    assert {vpc.cidr_block for vpc in service.cloud.vpcs.values()} == {"172.16.0.0/12"}


# Forms of answers


def test_an_answer_is_xml_unless_json_is_asked_for(service: Service) -> None:
    answer = service.respond(message("CreateVpc"))
    root = ET.fromstring(answer.partition(b"\r\n\r\n")[2])
    assert root.tag == "CreateVpcResponse"
    assert root.findtext("VpcId") in service.cloud.vpcs
    listed = ET.fromstring(service.respond(message("DescribeVpcs")).partition(b"\r\n\r\n")[2])
    assert [one.findtext("IsDefault") for one in listed.findall("Vpcs/Vpc")] == ["false"]
    refused = ET.fromstring(service.respond(message("DeleteVpc", VpcId="vpc-none")).partition(b"\r\n\r\n")[2])
    assert (refused.tag, refused.findtext("Code")) == ("Error", "InvalidVpcId.NotFound")
    for headers in ("accept: application/json\r\n", "x-acs-action: DescribeVpcs\r\n"):
        assert json.loads(service.respond(message("DescribeVpcs", headers=headers)).partition(b"\r\n\r\n")[2])


def test_a_text_that_xml_cannot_have_is_written_all_the_same(service: Service) -> None:
    service.respond(message("CreateVpc", ResourceGroupId="a\x00<&>b"))
    listed = service.respond(message("DescribeVpcs")).partition(b"\r\n\r\n")[2]
    assert ET.fromstring(listed).findtext("Vpcs/Vpc/ResourceGroupId") == "a�<&>b"


def test_an_error_has_the_first_code_and_all_reasons() -> None:
    net = Net()
    vm = net.run()
    service = Service(net.cloud)
    answer = service.respond(
        message(
            "DetachNetworkInterface",
            NetworkInterfaceId=vm.primary_network_interface_id,
            InstanceId="i-x",
            Format="JSON",
        )
    )
    body = json.loads(answer.partition(b"\r\n\r\n")[2])
    (last,) = service.calls
    assert status(answer) == last.http_status == last.violations[0].http_status
    assert body["Code"] == last.code == last.violations[0].code
    assert len(last.violations) > 1
    assert all(one.message in body["Message"] for one in last.violations)
    assert body["RequestId"] == last.request_id
    assert last.request_id.encode() in answer.partition(b"\r\n\r\n")[0]
    assert last.events == ()


def test_an_unknown_action_is_named_and_counted(service: Service) -> None:
    assert call(service, "DescribeBananas")["Code"] == "InvalidAction.NotFound"
    assert "DescribeBananas" in call(service, "DescribeBananas")["Message"]
    assert service.unknown_actions == {"DescribeBananas": 2}
    assert call(service, "SetQuota", Name="a", Value="1")["Code"] == "InvalidAction.NotFound"
    assert call(service, "")["Code"] == "MissingParameter"


def test_request_ids_are_those_of_the_same_requests() -> None:
    first, second = ([call(Service(Cloud()), "CreateVpc")["RequestId"] for _ in range(2)] for _ in range(2))
    assert first == second
    service = Service(Cloud())
    assert len({call(service, "CreateVpc")["RequestId"] for _ in range(20)}) == 20


# Parameters


def test_every_parameter_of_a_command_has_a_class() -> None:
    for action, row in ACTIONS.items():
        of_action = known_parameters(action)
        assert {name for name, one in of_action.items() if one == "modelled"} >= {
            name for name in row.parameters if name != "NetworkInterface.N"
        }


def test_an_unknown_parameter_is_ignored_counted_and_refused_when_strict(service: Service) -> None:
    assert "VpcId" in call(service, "CreateVpc", Brandnew="1")
    assert service.calls[-1].ignored == ("Brandnew",)
    assert service.ignored == {("CreateVpc", "Brandnew"): 1}
    strict = Service(Cloud(), strict=True)
    assert call(strict, "CreateVpc", Brandnew="1")["Code"] == "InvalidParameter"
    assert call(strict, "DescribeVpcs", Brandnew="1")["Code"] == "InvalidParameter"
    assert strict.cloud.position == 0


@pytest.mark.parametrize(
    ("action", "name", "value"),
    [
        ("CreateVpc", "EnableIpv6", "true"),
        ("CreateVpc", "Ipv6CidrBlock", "2001::/64"),
        ("CreateNetworkInterface", "Ipv6AddressCount", "1"),
        ("RunInstances", "Ipv6AddressCount", "2"),
        ("RunInstances", "NetworkInterface.1.Ipv6AddressCount", "1"),
        ("RunInstances", "LaunchTemplateId", "lt-1"),
        ("RunInstances", "DeletionProtection", "true"),
        ("StopInstance", "StoppedMode", "StopCharging"),
        ("RenewInstance", "PeriodUnit", "Week"),
        ("CreateNetworkInterface", "InstanceType", "Trunk"),
        ("RunInstances", "NetworkInterface.1.InstanceType", "Primary"),
        ("ModifyInstanceAttribute", "SecurityGroupIds.1", "sg-1"),
        ("ModifyVpcAttribute", "CidrBlock", "10.0.0.0/8"),
        ("ModifyVpcAttribute", "EnableIPv6", "true"),
        ("ModifyVSwitchAttribute", "EnableIPv6", "true"),
        ("AssociateVpcCidrBlock", "IPv6CidrBlock", "2001::/64"),
        ("CreateNetworkInterface", "Ipv6Address.1", "2001:db8::1"),
    ],
)
def test_what_would_change_the_network_and_is_not_modelled_is_refused_by_name(
    service: Service, action: str, name: str, value: str
) -> None:
    body = call(service, action, **{name: value})
    assert body["Code"] == "InvalidParameter.NotSupported"
    assert name in body["Message"]
    assert class_of(action, pattern_of(name)) == "refused"
    assert known_parameters(action).get(pattern_of(name).removesuffix(".N"), "refused") == "refused"


def test_a_value_that_changes_nothing_is_accepted(service: Service) -> None:
    assert "VpcId" in call(service, "CreateVpc", EnableIpv6="false")
    assert "VpcId" in call(service, "CreateVpc", Description="", VpcName="")


def test_what_no_rule_reads_is_remembered_and_shown(service: Service) -> None:
    vpc = call(
        service,
        "CreateVpc",
        VpcName="main",
        Description="all of it",
        ResourceGroupId="rg-1",
        Tag_1_Key="a",
        Tag_1_Value="b",
    )["VpcId"]
    call(service, "CreateVpc", VpcName="other")
    (shown,) = call(service, "DescribeVpcs", VpcName="main")["Vpcs"]["Vpc"]
    assert (shown["VpcId"], shown["VpcName"], shown["Description"]) == (vpc, "main", "all of it")
    assert shown["ResourceGroupId"] == "rg-1"
    assert [one["VpcId"] for one in call(service, "DescribeVpcs", ResourceGroupId="rg-1")["Vpcs"]["Vpc"]] == [vpc]
    assert shown["Tags"] == {"Tag": [{"Key": "a", "Value": "b"}]}
    assert list(shown) == sorted(shown)
    call(service, "ModifyVpcAttribute", VpcId=vpc, VpcName="renamed")
    for cloud in (service.cloud, service.cloud.fork(), service.cloud.at(service.cloud.position)):
        body = call(Service(cloud), "DescribeVpcs", **{"Tag.1.Key": "a"})
        assert [one["VpcName"] for one in body["Vpcs"]["Vpc"]] == ["renamed"]
        assert body["TotalCount"] == 1


def test_a_password_is_stored_nowhere() -> None:
    net = Net()
    service = Service(net.cloud)
    call(
        service,
        "RunInstances",
        InstanceType="ecs.g5.large",
        VSwitchId=net.vswitch.id,
        SecurityGroupId=net.group.id,
        Password="Secret-1",
        AccessKeyId="ak",
        HostName="web",
        KeyPairName="mine",
        UserData="ZWNobw==",
    )
    assert service.calls[-1].allowed
    (record,) = net.cloud.history(type=AttributesRemembered)
    assert record.event.attributes == {"HostName": "web", "KeyPairName": "mine", "UserData": "ZWNobw=="}  # type: ignore[attr-defined]
    assert "Secret-1" not in repr((net.cloud.history(), list(service.calls)))
    (vm,) = call(service, "DescribeInstances", KeyPairName="mine")["Instances"]["Instance"]
    assert (vm["HostName"], vm["KeyPairName"], "UserData" in vm) == ("web", "mine", False)
    assert call(service, "DescribeUserData", InstanceId=vm["InstanceId"])["UserData"] == "ZWNobw=="
    (disk,) = call(service, "DescribeDisks", InstanceId=vm["InstanceId"], DiskType="system")["Disks"]["Disk"]
    assert (disk["Type"], disk["InstanceId"]) == ("system", vm["InstanceId"])


def test_rules_for_blocks_of_addresses_are_remembered_and_shown() -> None:
    net = Net()
    service = Service(net.cloud)
    rule = {"IpProtocol": "tcp", "PortRange": "22/22"}
    for _ in range(2):
        call(service, "AuthorizeSecurityGroup", SecurityGroupId=net.group.id, SourceCidrIp="0.0.0.0/0", **rule)
    call(service, "AuthorizeSecurityGroupEgress", SecurityGroupId=net.group.id, DestCidrIp="10.0.0.0/8", **rule)

    def shown(direction: str) -> list[Any]:
        body = call(service, "DescribeSecurityGroupAttribute", SecurityGroupId=net.group.id, Direction=direction)
        return [(one["SourceCidrIp"], one["DestCidrIp"]) for one in body["Permissions"]["Permission"]]

    assert shown("ingress") == [("0.0.0.0/0", "")]
    assert shown("egress") == [("", "10.0.0.0/8")]
    call(service, "RevokeSecurityGroup", SecurityGroupId=net.group.id, SourceCidrIp="0.0.0.0/0", **rule)
    assert shown("all") == [("", "10.0.0.0/8")]


def test_a_rule_is_revoked_whatever_its_letters_and_beside_those_of_other_blocks() -> None:
    net = Net()
    service = Service(net.cloud)
    rule = {"SecurityGroupId": net.group.id, "IpProtocol": "TCP", "PortRange": "80/80"}

    def blocks() -> list[str]:
        body = call(service, "DescribeSecurityGroupAttribute", SecurityGroupId=net.group.id)
        shown = ("SourceCidrIp", "Ipv6SourceCidrIp", "SourcePrefixListId")
        return ["".join(one[name] for name in shown) for one in body["Permissions"]["Permission"]]

    for block in (
        {"SourceCidrIp": "0.0.0.0/0"},
        {"Ipv6SourceCidrIp": "::/0"},
        {"Ipv6SourceCidrIp": "2001:db8::/32"},
        {"SourcePrefixListId": "pl-1"},
    ):
        assert "Code" not in call(service, "AuthorizeSecurityGroup", **rule, **block)
    assert blocks() == ["0.0.0.0/0", "::/0", "2001:db8::/32", "pl-1"]
    call(service, "RevokeSecurityGroup", **{**rule, "IpProtocol": "tcp"}, Policy="accept", SourceCidrIp="0.0.0.0/0")
    assert blocks() == ["::/0", "2001:db8::/32", "pl-1"]


@pytest.mark.parametrize("missing", ["IpProtocol", "PortRange"])
def test_a_rule_without_protocol_or_ports_is_refused(missing: str) -> None:
    net = Net()
    rule = {"SecurityGroupId": net.group.id, "IpProtocol": "tcp", "PortRange": "80/80", "SourceCidrIp": "0.0.0.0/0"}
    del rule[missing]
    answer = call(Service(net.cloud), "AuthorizeSecurityGroup", **rule)
    assert (answer["Code"], answer["Message"]) == ("MissingParameter", f"{missing} is missing")


def test_a_permission_that_names_a_group_is_the_rule_of_that_group() -> None:
    net = Net()
    service = Service(net.cloud)
    source = net.new_group()
    rule = {"Permissions_1_SourceGroupId": source.id, "Permissions_1_IpProtocol": "all"}
    assert "Code" not in call(service, "AuthorizeSecurityGroup", SecurityGroupId=net.group.id, **rule)
    body = call(service, "DescribeSecurityGroupAttribute", SecurityGroupId=net.group.id)
    assert [one["SourceGroupId"] for one in body["Permissions"]["Permission"]] == [source.id]
    more = {"Permissions_2_SourceCidrIp": "10.0.0.0/8"}
    refused = call(service, "RevokeSecurityGroup", SecurityGroupId=net.group.id, **rule, **more)
    assert refused["Code"] == "InvalidParameter.NotSupported"
    assert "Code" not in call(service, "RevokeSecurityGroup", SecurityGroupId=net.group.id, **rule)
    body = call(service, "DescribeSecurityGroupAttribute", SecurityGroupId=net.group.id)
    assert body["Permissions"]["Permission"] == []


def test_one_resource_is_described_wherever_it_is(service: Service) -> None:
    beijing = {"RegionId": "cn-beijing"}
    vpc = call(service, "CreateVpc", **beijing)["VpcId"]
    zone = {"CidrBlock": "172.16.0.0/24", "ZoneId": "cn-beijing-b"}
    vswitch = call(service, "CreateVSwitch", VpcId=vpc, **beijing, **zone)["VSwitchId"]
    group = call(service, "CreateSecurityGroup", VpcId=vpc, **beijing)["SecurityGroupId"]
    place = {"VSwitchId": vswitch, "SecurityGroupId": group, **beijing}
    vm = call(service, "CreateInstance", InstanceType="ecs.g5.large", **place)["InstanceId"]
    eni = call(service, "CreateNetworkInterface", **place)["NetworkInterfaceId"]
    assert call(service, "DescribeDisks", InstanceId=vm)["TotalCount"] == 1
    assert call(service, "DescribeRouteTableList", VpcId=vpc)["TotalCount"] == 1
    for action, name, resource_id in (
        ("DescribeVpcAttribute", "VpcId", vpc),
        ("DescribeVSwitchAttributes", "VSwitchId", vswitch),
        ("DescribeSecurityGroupAttribute", "SecurityGroupId", group),
        ("DescribeInstanceAttribute", "InstanceId", vm),
        ("DescribeNetworkInterfaceAttribute", "NetworkInterfaceId", eni),
    ):
        assert call(service, action, **{name: resource_id})[name] == resource_id
        assert call(service, action, **{name: resource_id}, **beijing)[name] == resource_id
        assert "NotFound" in call(service, action, **{name: resource_id}, RegionId="cn-hangzhou")["Code"]


def test_disks_and_key_pairs_are_those_of_a_region_by_filters_and_pages() -> None:
    net = Net()
    service = Service(net.cloud)
    net.cloud.execute(net.run_command(amount=12), remembered={"KeyPairName": "web", "DataDisks": [{"DiskName": "d"}]})

    def disks(**parameters: str) -> Any:
        body = call(service, "DescribeDisks", **parameters)
        return len(body["Disks"]["Disk"]), body["TotalCount"]

    assert disks() == (10, 24) == disks(RegionId="cn-hangzhou")
    assert disks(PageSize="100") == (24, 24)
    assert disks(RegionId="cn-beijing") == (0, 0)
    assert disks(DiskType="system", PageSize="100") == (12, 12) == disks(DiskName="d", PageSize="100")
    assert disks(Status="Available") == (0, 0)
    assert disks(Status="All") == (10, 24) == disks(DiskType="all", ZoneId="cn-hangzhou-b")
    assert disks(Portable="True") == (10, 12)
    found, token = [], ""
    while True:
        body = call(service, "DescribeDisks", MaxResults="9", NextToken=token)
        found += [one["DiskId"] for one in body["Disks"]["Disk"]]
        if not (token := body["NextToken"]):
            break
    assert len(found) == len(set(found)) == 24
    assert call(service, "DescribeDisks", NextToken="none")["Code"] == "InvalidParameter"
    for region, count in (("cn-hangzhou", 1), ("cn-beijing", 0)):
        assert call(service, "DescribeKeyPairs", RegionId=region)["TotalCount"] == count


def test_an_account_asks_in_vain_for_the_attributes_of_another_s_instances() -> None:
    net = Net()
    vm = net.run()
    own, other = Service(net.cloud), Service(net.cloud.as_account("6543210987654321"))
    for service, count in ((own, 1), (other, 0)):
        assert call(service, "DescribeInstanceRamRole", InstanceIds=f'["{vm.id}"]')["TotalCount"] == count
        assert call(service, "DescribeInstanceMaintenanceAttributes", InstanceId_1=vm.id)["TotalCount"] == count


def test_images_are_found_by_filters(service: Service) -> None:
    def names(**parameters: str) -> list[str]:
        return [one["ImageName"][:6] for one in call(service, "DescribeImages", **parameters)["Images"]["Image"]]

    assert names() == ["centos", "debian", "win201"] == names(Status="Creating,Available")
    assert names(OSType="windows") == ["win201"] == names(ImageName="win*")
    assert names(ImageOwnerAlias="self") == [] == names(Status="Creating")
    assert names(ImageOwnerAlias="system", OSType="linux", Architecture="x86_64") == ["centos", "debian"]


def test_tags_are_listed_by_key_and_value() -> None:
    net = Net()
    service = Service(net.cloud)
    tagged = {"ResourceType": "securitygroup", "ResourceId_1": net.group.id}
    call(service, "TagResources", **tagged, Tag_1_Key="team", Tag_1_Value="web", Tag_2_Key="stage", Tag_2_Value="test")

    def listed(**wanted: str) -> list[str]:
        body = call(service, "ListTagResources", ResourceType="securitygroup", **wanted)
        return sorted(one["TagKey"] for one in body["TagResources"]["TagResource"])

    assert listed() == ["stage", "team"]
    assert listed(Tag_1_Key="team") == ["team"] == listed(Tag_1_Key="team", Tag_1_Value="web")
    assert listed(Tag_1_Key="team", Tag_1_Value="db") == []
    assert listed(Tag_1_Key="team", Tag_1_Value="web", Tag_2_Key="stage") == ["stage", "team"]


def test_an_eni_is_modified_by_what_is_only_remembered() -> None:
    net = Net()
    service = Service(net.cloud)
    eni, vm = net.eni(), net.run()
    assert "Code" not in call(service, "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=eni.id, QueueNumber="8")
    (shown,) = call(service, "DescribeNetworkInterfaces", NetworkInterfaceId_1=eni.id)["NetworkInterfaceSets"][
        "NetworkInterfaceSet"
    ]
    assert shown["QueueNumber"] == 8
    primary = {"NetworkInterfaceId": net.primary(vm).id}
    refused = [call(service, "ModifyNetworkInterfaceAttribute", **primary, **one)["Code"] for one in _CHANGES]
    assert refused == ["InvalidOperation.InvalidEniType"] * 2
    absent = call(service, "ModifyNetworkInterfaceAttribute", NetworkInterfaceId="eni-none", QueueNumber="8")
    assert absent["Code"] == "InvalidEniId.NotFound"
    nothing = call(service, "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=eni.id)
    assert nothing["Code"] == "InvalidParameter"


_CHANGES = ({"QueueNumber": "8"}, {"Description": "a description"})


def test_route_tables_are_listed_by_pages_and_region(service: Service) -> None:
    vpc_ids = [call(service, "CreateVpc")["VpcId"] for _ in range(3)]
    call(service, "CreateVpc", RegionId="cn-beijing")

    def listed(action: str, **parameters: str) -> tuple[int, int]:
        body = call(service, action, **parameters)
        (tables,) = [one for one in body.values() if isinstance(one, dict)]
        return len(*tables.values()), body["TotalCount"]

    for action in ("DescribeRouteTableList", "DescribeRouteTables"):
        assert listed(action, PageSize="2") == (2, 3)
        assert listed(action, PageSize="2", PageNumber="2") == (1, 3)
        assert listed(action, PageSize="2", PageNumber="3") == (0, 3)
        assert listed(action, RegionId="cn-beijing") == (1, 1)
        assert listed(action, VpcId=vpc_ids[0]) == (1, 1)


def test_a_public_address_is_released_by_itself() -> None:
    net = Net()
    vm = net.run(internet_max_bandwidth_out=5)
    service = Service(net.cloud, strict=True)
    assert vm.public_ip is not None
    absent = call(service, "ReleasePublicIpAddress", PublicIpAddress="192.0.2.1")
    assert absent["Code"] == "InvalidIpAddress.NotFound"
    assert service.calls[-1].http_status == 400  # as the page of the action has it
    by_address = call(service, "ReleasePublicIpAddress", PublicIpAddress=vm.public_ip)
    by_instance = call(service, "ReleasePublicIpAddress", InstanceId=vm.id)
    assert (by_address["Code"], by_address["Message"]) == ("ChargeTypeViolation", by_instance["Message"])


def test_times_have_the_vendor_s_form_whatever_the_clock_says() -> None:
    net = Net(START + timedelta(seconds=42, microseconds=7))
    service = Service(net.cloud)
    net.run(instance_charge_type="PrePaid", period=1)
    call(service, "AllocateEipAddress")
    net.eni()
    (vm,) = call(service, "DescribeInstances")["Instances"]["Instance"]
    assert (vm["CreationTime"], vm["ExpiredTime"]) == ("2019-03-11T08:00Z", ANY)
    datetime.strptime(vm["ExpiredTime"], "%Y-%m-%dT%H:%MZ")  # noqa: DTZ007  # as clients read it
    one = call(service, "DescribeInstanceAttribute", InstanceId=vm["InstanceId"])
    assert one["CreationTime"] == "2019-03-11T08:00Z"
    (eip,) = call(service, "DescribeEipAddresses")["EipAddresses"]["EipAddress"]
    assert eip["AllocationTime"] == "2019-03-11T08:00:42Z"
    for eni in call(service, "DescribeNetworkInterfaces")["NetworkInterfaceSets"]["NetworkInterfaceSet"]:
        assert eni["CreationTime"] == "2019-03-11T08:00:42Z"


# Tokens, dry runs, pages, polls


def test_a_repeated_token_gets_the_first_answer_and_another_request_is_refused() -> None:
    net = Net()
    service = Service(net.cloud)
    eni = {"VSwitchId": net.vswitch.id, "SecurityGroupId": net.group.id, "ClientToken": "t-1"}
    first, second = call(service, "CreateNetworkInterface", **eni), call(service, "CreateNetworkInterface", **eni)
    assert first["NetworkInterfaceId"] == second["NetworkInterfaceId"]
    assert len(net.cloud.network_interfaces) == 1
    other = call(service, "CreateNetworkInterface", **{**eni, "PrimaryIpAddress": "10.0.1.9"})
    assert other["Code"] == "IdempotentParameterMismatch"


def test_a_repeated_token_with_another_remembered_parameter_is_refused(service: Service) -> None:
    first = call(service, "AllocateEipAddress", ClientToken="t-1", Bandwidth="5")
    again = call(service, "AllocateEipAddress", ClientToken="t-1", Bandwidth="5")
    assert again["AllocationId"] == first["AllocationId"]
    assert (
        call(service, "AllocateEipAddress", ClientToken="t-1", Bandwidth="6")["Code"] == "IdempotentParameterMismatch"
    )
    assert call(service, "AllocateEipAddress", ClientToken="t-1")["Code"] == "IdempotentParameterMismatch"


def test_a_dry_run_judges_and_changes_nothing(service: Service) -> None:
    assert call(service, "CreateVpc", DryRun="True")["Code"] == "DryRunOperation"
    assert call(service, "DeleteVpc", VpcId="vpc-x", DryRun="true")["Code"] == "InvalidVpcId.NotFound"
    assert "VpcId" in call(service, "CreateVpc", DryRun="False")
    assert service.cloud.position == 1


def test_a_dry_run_of_what_is_only_remembered_changes_nothing() -> None:
    net = Net()
    service = Service(net.cloud)
    before = net.cloud.position
    rule = {"SecurityGroupId": net.group.id, "IpProtocol": "tcp", "PortRange": "22/22", "SourceCidrIp": "0.0.0.0/0"}
    for action, parameters in (
        ("AuthorizeSecurityGroup", rule),
        ("ModifyVpcAttribute", {"VpcId": net.vpc.id, "ResourceGroupId": "rg-1"}),
        ("CreateKeyPair", {"KeyPairName": "key"}),
        ("DescribeVpcs", {}),
        ("DescribeEipAddresses", {}),
    ):
        assert call(service, action, DryRun="true", **parameters)["Code"] == "DryRunOperation", action
    assert net.cloud.position == before
    assert call(service, "AuthorizeSecurityGroup", DryRun="true")["Code"] == "MissingParameter"
    assert call(service, "AuthorizeSecurityGroup", DryRun="perhaps", **rule)["Code"] == "InvalidParameter"
    assert "Code" not in call(service, "AuthorizeSecurityGroup", DryRun="false", **rule)


def test_a_list_has_ten_items_unless_more_are_asked_for() -> None:
    service = Service(Cloud())
    for number in range(20):
        call(service, "AllocateEipAddress", Name=f"n{number}", ResourceGroupId=f"n{number}")
    body = call(service, "DescribeEipAddresses")
    assert (len(body["EipAddresses"]["EipAddress"]), body["PageSize"], body["TotalCount"]) == (10, 10, 20)
    assert len(call(service, "DescribeEipAddresses", PageSize="50")["EipAddresses"]["EipAddress"]) == 20
    second = call(service, "DescribeEipAddresses", ResourceGroupId="n1*", PageSize="4", PageNumber="3")
    assert [one["Name"] for one in second["EipAddresses"]["EipAddress"]] == ["n17", "n18", "n19"]
    for size in ("0", "-1", "101", "1000000000000", "x"):
        assert call(service, "DescribeEipAddresses", PageSize=size)["Code"] == "InvalidParameter"
    assert call(service, "DescribeEipAddresses", ResourceGroupId="n*", PageSize="0")["Code"] == "InvalidParameter"


def test_a_filter_by_what_is_remembered_has_the_pages_of_every_other_filter() -> None:
    net = Net()
    service = Service(net.cloud)
    for number in range(3):
        call(service, "CreateVpc", ResourceGroupId=f"rg-{number % 2}")
        call(service, "CreateSecurityGroup", VpcId=net.vpc.id, ResourceGroupId="rg-1", SecurityGroupName=f"g-{number}")
        call(service, "AllocateEipAddress", Name=f"e{number}", ISP="BGP_PRO")
    grouped = {"ResourceGroupId": "rg-1"}
    for wrong in ({"PageSize": "101"}, {"PageSize": "0"}, {"MaxResults": "101"}, {"NextToken": "2"}):
        plain, filtered = (call(service, "DescribeSecurityGroups", **wrong, **more) for more in ({}, grouped))
        assert (plain["Code"], plain["Message"]) == (filtered["Code"], filtered["Message"])
    first = call(service, "DescribeSecurityGroups", MaxResults="2", **grouped)
    call(service, "DeleteSecurityGroup", SecurityGroupId=first["SecurityGroups"]["SecurityGroup"][0]["SecurityGroupId"])
    second = call(service, "DescribeSecurityGroups", NextToken=first["NextToken"], **grouped)
    assert [one["SecurityGroupName"] for one in second["SecurityGroups"]["SecurityGroup"]] == ["g-2"]
    for version in ("2014-05-26", "2016-04-28"):
        assert call(service, "DescribeVpcs", Version=version, **grouped)["TotalCount"] == 1
        page = call(service, "DescribeEipAddresses", Version=version, ISP="BGP_PRO", PageSize="2", PageNumber="2")
        assert (page["TotalCount"], len(page["EipAddresses"]["EipAddress"])) == (3, 1)


def test_a_filter_that_nothing_passes_finds_nothing() -> None:
    net = Net()
    service = Service(net.cloud)
    net.run()
    for action, outer, parameters in (
        ("DescribeInstances", "Instances", {"IoOptimized": "False"}),
        ("DescribeInstances", "Instances", {"LockReason": "financial"}),
        ("DescribeInstances", "Instances", {"Ipv6Address_1": "2001:db8::1"}),
        ("DescribeNetworkInterfaces", "NetworkInterfaceSets", {"Ipv6Address_1": "2001:db8::1"}),
        ("DescribeVSwitches", "VSwitches", {"RouteTableId": "vtb-none"}),
        ("DescribeSecurityGroups", "SecurityGroups", {"ServiceManaged": "true"}),
        ("DescribeEipAddresses", "EipAddresses", {"LockReason": "financial"}),
    ):
        body = call(service, action, **parameters)
        assert (body["TotalCount"], list(body[outer].values())) == (0, [[]]), (action, parameters)
    (vswitch,) = call(service, "DescribeVSwitches")["VSwitches"]["VSwitch"]
    assert call(service, "DescribeVSwitches", RouteTableId=vswitch["RouteTable"]["RouteTableId"])["TotalCount"] == 1
    assert call(service, "DescribeInstances", IoOptimized="true")["TotalCount"] == 1
    assert call(service, "DescribeVpcs", IsDefault="perhaps")["Code"] == "InvalidParameter"


def test_the_router_and_the_route_table_of_a_vpc_are_described_as_it_was_created_with(service: Service) -> None:
    made = call(service, "CreateVpc")
    vswitch = call(service, "CreateVSwitch", VpcId=made["VpcId"], CidrBlock="172.16.0.0/24", ZoneId="cn-hangzhou-b")
    for version in ("2014-05-26", "2016-04-28"):
        (vpc,) = call(service, "DescribeVpcs", Version=version)["Vpcs"]["Vpc"]
        assert vpc["VRouterId"] == made["VRouterId"]
    assert vpc["RouterTableIds"] == {"RouterTableIds": [made["RouteTableId"]]}
    assert call(service, "DescribeVpcAttribute", VpcId=made["VpcId"])["VRouterId"] == made["VRouterId"]
    route_table = {"RouteTableId": made["RouteTableId"], "RouteTableType": "System"}
    assert call(service, "DescribeVSwitchAttributes", VSwitchId=vswitch["VSwitchId"])["RouteTable"] == route_table


def test_the_bandwidth_of_an_eip_is_described_by_both_products(service: Service) -> None:
    call(service, "AllocateEipAddress", Bandwidth="7", InternetChargeType="PayByTraffic")
    for version in ("2014-05-26", "2016-04-28"):
        (eip,) = call(service, "DescribeEipAddresses", Version=version)["EipAddresses"]["EipAddress"]
        assert (eip["Bandwidth"], eip["InternetChargeType"]) == ("7", "PayByTraffic")


def test_an_instance_is_described_with_the_bandwidth_of_its_eip() -> None:
    net = Net()
    service = Service(net.cloud)
    vm = net.run()
    eip = call(service, "AllocateEipAddress", Bandwidth="7", InternetChargeType="PayByTraffic")
    call(service, "AssociateEipAddress", AllocationId=eip["AllocationId"], InstanceId=vm.id)
    for bandwidth, shown in (("7", {"Bandwidth": 7}), ("9", {"Bandwidth": 9}), ("none", {})):
        call(service, "ModifyEipAddressAttribute", AllocationId=eip["AllocationId"], Bandwidth=bandwidth)
        (described,) = call(service, "DescribeInstances")["Instances"]["Instance"]
        assert described["EipAddress"] == {
            "AllocationId": eip["AllocationId"],
            **shown,
            "InternetChargeType": "PayByTraffic",
            "IpAddress": eip["EipAddress"],
        }


def test_a_transition_ends_after_a_number_of_polls() -> None:
    net = Net(settle_after="manual")
    build = Net(store=net.cloud.store)
    vm, eni = build.run(), build.eni()
    service = Service(net.cloud, polls=3)
    call(service, "AttachNetworkInterface", NetworkInterfaceId=eni.id, InstanceId=vm.id)
    seen = [
        call(service, "DescribeNetworkInterfaces", **{"NetworkInterfaceId.1": eni.id})["NetworkInterfaceSets"][
            "NetworkInterfaceSet"
        ][0]["Status"]
        for _ in range(4)
    ]
    assert seen == ["Attaching", "Attaching", "Attaching", "InUse"]


def test_the_transition_of_an_eip_that_names_its_instance_ends_after_a_number_of_polls() -> None:
    """Packer waits for it: an EIP's description has the id of its instance, too."""
    net = Net(settle_after="manual")
    vm = net.run()
    service = Service(net.cloud, polls=2)
    eip = call(service, "AllocateEipAddress", Version="2014-05-26")["AllocationId"]
    call(service, "AssociateEipAddress", AllocationId=eip, InstanceId=vm.id)
    seen = [
        call(service, "DescribeEipAddresses", AllocationId=eip)["EipAddresses"]["EipAddress"][0]["Status"]
        for _ in range(3)
    ]
    assert seen == ["Associating", "Associating", "InUse"]


def test_a_request_that_is_refused_as_often_in_a_row_ends_transitions_too() -> None:
    """Packer waits for the deletion of an instance by asking again for that of its security group."""
    net = Net()
    vm = net.run()
    service = Service(net.cloud.fork(settle_after="manual"), polls=2)
    call(service, "DeleteInstance", InstanceId=vm.id, Force="true")
    group = {"SecurityGroupId": net.group.id}
    assert [call(service, "DeleteSecurityGroup", **group).get("Code") for _ in range(3)] == [
        *["DependencyViolation"] * 2,
        None,
    ]


# What real clients look for in answers


def test_a_wrong_signature_is_answered_with_what_had_to_be_signed_and_that_is_kept_nowhere() -> None:
    """The vendor's SDKs compare it with what they have signed, and fail in their own code without the words before."""
    service = Service(Cloud(), keys={"testid": "testsecret"})
    text = next(one for one in RECORDED if "SignatureVersion=1.0" in one and "Action=RunInstances" in one)
    text = re.sub(r"Signature=[^& ]*", "Signature=wrong", text).replace(" HTTP/1.1", "&Password=pa55 HTTP/1.1")
    answer = service.respond(recorded(text.replace("Format=XML", "Format=JSON")))
    body = json.loads(answer.partition(b"\r\n\r\n")[2])
    beginning, _, signed = body["Message"].partition(":")
    assert (body["Code"], beginning) == (
        "SignatureDoesNotMatch",
        "Specified signature is not matched with our calculation. server string to sign is",
    )
    assert signed.startswith(("GET&%2F&", "POST&%2F&"))
    assert "Password%3Dpa55" in signed
    assert "pa55" not in repr(service.calls)


def test_a_created_key_pair_has_a_real_private_key_that_is_the_same_again(service: Service) -> None:
    created = call(service, "CreateKeyPair", KeyPairName="packer")
    assert call(service, "CreateKeyPair", KeyPairName="packer") == {**created, "RequestId": ANY}
    head, *lines, last = created["PrivateKeyBody"].splitlines()
    assert (head, last) == ("-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----")
    numbers = integers_of(b64decode("".join(lines)))
    version, n, e, d, p, q, dp, dq, inverse = numbers
    assert (version, n.bit_length(), p * q) == (0, 2048, n)
    assert (dp, dq, inverse * q % p) == (d % (p - 1), d % (q - 1), 1)
    assert pow(pow(42, e, n), d, n) == 42
    assert len(created["KeyPairFingerPrint"]) == 32


def integers_of(der: bytes) -> list[int]:
    """The integers of a sequence of them, in DER."""
    found, at = [], 4  # two bytes of length after the sequence's tag and the size of its length
    while at < len(der):
        size, at = der[at + 1], at + 2
        if size > 127:
            size, at = int.from_bytes(der[at : at + size - 128], "big"), at + size - 128
        found.append(int.from_bytes(der[at : at + size], "big"))
        at += size
    return found


def test_key_pairs_are_those_of_instances() -> None:
    net = Net()
    vm, other = net.run(), net.run()
    service = Service(net.cloud)
    ids = json.dumps([vm.id, "i-none"])
    attached = call(service, "AttachKeyPair", KeyPairName="web", InstanceIds=ids)
    assert (attached["TotalCount"], attached["FailCount"]) == ("2", "1")
    assert [one["Code"] for one in attached["Results"]["Result"]] == ["200", "InvalidInstanceId.NotFound"]
    call(service, "AttachKeyPair", KeyPairName="data", InstanceIds=json.dumps([other.id]))
    names = [one["KeyPairName"] for one in call(service, "DescribeKeyPairs")["KeyPairs"]["KeyPair"]]
    assert names == ["data", "web"]
    assert call(service, "DescribeKeyPairs", KeyPairName="w*")["TotalCount"] == 1
    assert call(service, "DescribeKeyPairs", PageSize=1, PageNumber=2)["KeyPairs"]["KeyPair"][0]["KeyPairName"] == "web"
    call(service, "DetachKeyPair", KeyPairName="web", InstanceIds=ids)
    assert call(service, "DescribeKeyPairs", KeyPairName="web")["TotalCount"] == 0


def test_an_image_is_made_of_an_instance_that_exists() -> None:
    net = Net()
    vm = net.run()
    service = Service(net.cloud)
    image = call(service, "CreateImage", InstanceId=vm.id, ImageName="web")["ImageId"]
    (shown,) = call(service, "DescribeImages", ImageId=image)["Images"]["Image"]
    assert (shown["ImageOwnerAlias"], shown["Status"], shown["IsPublic"]) == ("self", "Available", False)
    assert call(service, "DescribeImages", ImageId=image, ImageOwnerAlias="system")["TotalCount"] == 0
    assert call(service, "DescribeImages", ImageId="centos_7", ImageOwnerAlias="marketplace")["TotalCount"] == 0
    assert call(service, "CreateImage", InstanceId="i-none")["Code"] == "InvalidInstanceId.NotFound"
    for action in ("ModifyImageAttribute", "ModifyImageSharePermission", "DeleteImage"):
        assert set(call(service, action, ImageId=image)) == {"RequestId"}
        assert call(service, action)["Code"] == "MissingParameter"
    assert call(service, "DescribeSnapshots")["Snapshots"] == {"Snapshot": []}
