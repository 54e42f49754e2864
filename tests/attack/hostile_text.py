"""Hostile text: code, line breaks, escape sequences and markup."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

PIECES = [
    # characters that a terminal acts on, or that cannot be encoded
    *("\n", "\r", "\t", "\0", "\x07", "\x1b]0;owned\x07", "\x1b[31m", "\x7f", "\x85", "\x9b31m", "\x0b", "\x1c"),
    *("\u202e", "\u2066", "\u2028", "\u2029", "\u200b", "\ufeff", "\ud800", "\udc9b", "\udcff", "\U000e0041"),
    # signs and words that a shell acts on
    *("'", '"', "'\"'\"'", "\\", "`", "$", "#", "%", "^", "!", "&", "*", "~", "!!", "${IFS}", "{a,b}", "-e", "--"),
    *("\nEOF\n", "\nEOF_1\n", "EOF", "cat > owned <<'EOF'", "\nifup owned\n", "\n>owned\n", "' ; >owned ; '"),
    *("; >owned;", "$(>owned)", "`>owned`", "&& >owned", "| cat >owned", ">owned ", "../", "/"),
    *('" & echo owned > owned & "', "%COMSPEC%", "\uff02", "\u201d"),
    # markup, and lines that look like those of the command line
    *("[red]x[/red]", "[link=file:///x]x[/link]", ":smile:"),
    *("\necsnet: forged", "\n     9  2019-03-11 00:00:00Z  forged", "\n   9 ok forged"),
    # what Python would read
    *("# coding: utf-7\n", "coding=unicode_escape", "+AAo-", "\\n", "\\x0aimport os", '"""', "{0}", "%s"),
    # what is harmless, or almost right
    *("\N{ARABIC-INDIC DIGIT THREE}", " ", "", "x", "1", "中文\u3000"),
]
RIGHT = (
    "10.0.1.9",
    "10.0.1.0/24",
    "00:16:3e:00:00:01",
    "eth1",
    "Ethernet 2",
    "centos 7.2",
    "7.2",
    "CentOS",
    "ecs.x.large",
)
UNSEEN = re.compile(
    "[\0-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)
"""The characters that no terminal gets out of data. A line feed is not here: lines are counted."""

pieces = st.sampled_from(PIECES)
hostile_texts = st.lists(pieces, min_size=1, max_size=5).map("".join)
visible_texts = st.lists(
    st.sampled_from([one for one in PIECES if not UNSEEN.search(one)]), min_size=1, max_size=5
).map("".join)
"""Hostile, but of characters that can be seen, and of lines."""
nearly_right_texts = st.builds("{}{}{}".format, pieces, st.sampled_from(RIGHT), pieces)
anything = st.one_of(
    hostile_texts,
    nearly_right_texts,
    st.sampled_from([None, 0, -1, 5, 2**40, 1.5, True, b"x", (), ["a"], float("nan")]),
)

# Described networks

DESCRIBED = {
    "VPC": ["VpcId", "RegionId"],
    "VSwitch": ["VSwitchId", "ZoneId"],
    "SecurityGroup": ["SecurityGroupId"],
    "Instance": ["ImageId", "InstanceType", "ZoneId", "InstanceId"],
    "NetworkInterface": ["MacAddress", "PrivateIpAddress", "NetworkInterfaceName", "Description", "NetworkInterfaceId"],
    "secondary": ["PrivateIpAddress"],
}


def described(where: str, hostile: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A network as Describe actions answer it, with an ENI attached, and other values in one of its resources."""

    def told(what: str, **facts: Any) -> dict[str, Any]:
        return facts | (dict(hostile) if what == where else {})

    vpc = told("VPC", VpcId="vpc-1", CidrBlock="10.0.0.0/16", RegionId="cn-hangzhou")
    vsw = told("VSwitch", VSwitchId="vsw-1", VpcId=vpc["VpcId"], ZoneId="cn-hangzhou-b", CidrBlock="10.0.1.0/24")
    group = told("SecurityGroup", SecurityGroupId="sg-1", VpcId=vpc["VpcId"])
    groups = {"SecurityGroupId": [group["SecurityGroupId"]]}
    instance = told(
        "Instance",
        InstanceId="i-1",
        Status="Running",
        InstanceType="ecs.g5.xlarge",
        ZoneId="cn-hangzhou-b",
        RegionId=vpc["RegionId"],
        ImageId="centos 7.2",
        VpcAttributes={"VpcId": vpc["VpcId"], "VSwitchId": vsw["VSwitchId"]},
        SecurityGroupIds=groups,
        NetworkInterfaces={
            "NetworkInterface": [
                {
                    "NetworkInterfaceId": "eni-0",
                    "MacAddress": "00:16:3e:00:00:00",
                    "Type": "Primary",
                    "PrivateIpAddress": "10.0.1.8",
                }
            ]
        },
    )
    interface = told(
        "NetworkInterface",
        NetworkInterfaceId="eni-1",
        VSwitchId=vsw["VSwitchId"],
        Type="Secondary",
        Status="InUse",
        InstanceId=instance["InstanceId"],
        MacAddress="00:16:3e:00:00:01",
        PrivateIpAddress="10.0.1.9",
        SecurityGroupIds=groups,
    )
    secondary = told("secondary", PrivateIpAddress="10.0.1.10", Primary=False)
    interface["PrivateIpSets"] = {
        "PrivateIpSet": [{"PrivateIpAddress": interface["PrivateIpAddress"], "Primary": True}, secondary]
    }
    return [
        {"Vpcs": {"Vpc": [vpc]}},
        {"VSwitches": {"VSwitch": [vsw]}},
        {"SecurityGroups": {"SecurityGroup": [group]}},
        {"Instances": {"Instance": [instance]}},
        {"NetworkInterfaceSets": {"NetworkInterfaceSet": [interface]}},
    ]


@st.composite
def described_networks(draw: st.DrawFn) -> list[dict[str, Any]]:
    where = draw(st.sampled_from(list(DESCRIBED)))
    texts = st.one_of(hostile_texts, nearly_right_texts)
    return described(where, draw(st.dictionaries(st.sampled_from(DESCRIBED[where]), texts, min_size=1, max_size=2)))
