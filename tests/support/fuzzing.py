"""Requests that no client should send, from a seed: ``python -m tests.support.fuzzing 100000 --seed 1`` sends many.

A third are valid or nearly so, a third have odd values of known parameters, and the rest are damaged bytes, of recorded
requests among others. An answer must be of the vendor's form, and never an internal error.
"""

from __future__ import annotations

import argparse
import json
import random
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from ecsnet import Cloud, audit
from ecsnet import commands as c
from ecsnet.openapi import ACTIONS, Service
from ecsnet.openapi.describing import DESCRIBE_ACTIONS
from ecsnet.openapi.further import FURTHER
from ecsnet.openapi.http import MalformedRequest, read_request
from ecsnet.openapi.parameters import known_parameters
from ecsnet.openapi.service import Call
from ecsnet.testing import Faults, invariants
from ecsnet.testing._generate import GENERATORS, Inventory
from tests.support.net import Net
from tests.support.wire import flat, parameters_of

FILE: Final = Path(__file__).parents[1] / "fixtures" / "recorded_requests.txt"
RECORDED: Final = FILE.read_text("utf-8").split("\n----\n")
KNOWN: Final = sorted({*ACTIONS, *DESCRIBE_ACTIONS, *FURTHER})
UNKNOWN: Final = ("", "Describe", "describevpcs", "Create Vpc", "DescribeBananas", "A" * 5_000, "\0", "__init__")
ODD: Final = (
    *("", " ", "0", "-1", "1", "2", "00", "1e9", "1.5", "+1", "NaN", "9" * 30, "9" * 5_000, "1_000", "\u0661"),
    *("true", "True", "false", "null", "None", "[]", "{}", "[", '["', "[1]", '["i-1"', '[["i-1"]]', '{"a":1}'),
    *("10.0.0.0/8", "10.0.0.0/99", "10.0.0.1", "::/0", "999.1.1.1", "/", "0.0.0.0/0", "240.0.0.1", '["\\ud800"]'),
    *("cn-hangzhou", "cn-hangzhou-b", "cn-nowhere", "mars", "cn-", "../..", "%", "%00", "\0", "\r\n\r\n", "\U0001f600"),
    *(
        "a" * 65,
        "a" * 4_097,
        "a" * 70_000,
        "\ufeff",
        "\u202e",
        "e\u0301",
        "<&>\"'",
        "*",
        "?",
        "*a" * 40,
        "ecs.g5.large",
    ),
    *("instance", "eni", "PostPaid", "PrePaid", "vpc", "classic", "ingress", "InUse", "ecs.g5.large"),
    *("[" * 3_000, json.dumps([f"i-{number}" for number in range(200)])),
)
NAMES: Final = (
    *("RegionId", "DryRun", "ClientToken", "PageNumber", "PageSize", "MaxResults", "NextToken", "Format", "Version"),
    *("Tag.1.Key", "Tag.1.Value", "Tag.0.Key", "Tag.99999999999.Key", "Filter.1.Key", "OwnerId", "Signature", "Action"),
    *("Timestamp", "SignatureNonce", "AccessKeyId", "Password", "", ".", "..", "a.b.c.d.e.f.g.h.i.j", "N"),
)
OF_FURTHER: Final = (
    *("InstanceId", "InstanceIds", "InstanceId.N", "ResourceType", "ResourceId.N", "KeyPairName", "VpcId", "DiskIds"),
    *("SecurityGroupId", "RouteTableId", "ImageId", "ImageName", "DiskType", "PageSize", "PageNumber", "RegionId"),
    *(
        "SourceCidrIp",
        "IpProtocol",
        "PortRange",
        "Permissions.N.SourceCidrIp",
        "HostName",
        "ResourceGroupId",
        "Tag.N.Key",
    ),
)
SPLICES: Final = (b"%", b"%zz", b"%C3", b"&", b"=", b"\r\n", b"\0", b"\xff\xfe", b"+")
TARGETS: Final = ("http://ecs.cn-beijing.aliyuncs.com", "http://[::1", "//", "*", "/x/y")
HOSTS: Final = ("localhost", "vpc.cn-beijing.aliyuncs.com", "", "[", "a" * 300, "ecs.mars.aliyuncs.com")
TYPES: Final = ("application/x-www-form-urlencoded", "application/octet-stream", "text/xml")
METHODS: Final = ("GET", "POST", "POST", "POST", "get", "PUT")
STATUSES: Final = frozenset([200, 400, 401, 403, 404, 409, 413, 431])
Pairs = list[tuple[str, str]]


class Fuzz:
    """Requests of a random number generator to a network that has some of everything."""

    def __init__(self, seed: int) -> None:
        draw = self._random = random.Random(seed)
        by_hand = draw.random() < 0.5
        net = Net(settle_after="manual") if by_hand else Net()
        build = Net(store=net.cloud.store)
        vm = build.run()
        build.run(internet_max_bandwidth_out=5)
        build.attached(vm)
        build.eni()
        eip = build.cloud.execute(c.AllocateEipAddress())
        build.cloud.execute(c.AssociateEipAddress(allocation_id=eip.id, instance_id=vm.id))
        build.cloud.execute(c.AllocateEipAddress())
        faults = Faults(seed)
        faults.add(probability=0.01, code="Throttling", fails_token=True)
        faults.add(probability=0.01, drop="after")
        faults.add(action="Describe*", probability=0.02, stale=3)
        faults.add(action="AttachNetworkInterface", probability=0.2, outcome="stuck")
        self.cloud = net.cloud
        self.service = Service(net.cloud, strict=draw.random() < 0.2, polls=2 if by_hand else None, faults=faults)
        self._ids: list[str] = []
        self._inventory = Inventory(self.cloud)

    def look(self) -> None:
        """Looks at what is there now, for requests about it."""
        cloud = self.cloud
        self._inventory = Inventory(cloud)
        ids: Iterable[Iterable[str]] = (
            *(cloud.vpcs, cloud.vswitches, cloud.security_groups),
            *(cloud.instances, cloud.network_interfaces, cloud.eips),
        )
        self._ids = [one for table in ids for one in list(table)[-20:]] or ["vpc-none"]

    # One request

    def request(self) -> bytes:
        """One request."""
        kind = self._random.random()
        if kind < 0.35:
            return self._written(self._nearly_valid())
        if kind < 0.65:
            return self._written(self._odd())
        if kind < 0.8:
            return self._damaged(self._written(self._nearly_valid()))
        if kind < 0.95:
            head, _, body = self._random.choice(RECORDED).partition("\n\n")
            lines = head.strip("\n").replace("\n", "\r\n").encode()
            return self._damaged(lines + b"\r\n\r\n" + body.strip("\n").encode())
        return self._random.randbytes(self._random.randrange(400))

    def _nearly_valid(self) -> Pairs:
        draw = self._random
        operation = draw.choice(list(GENERATORS))
        command = GENERATORS[operation](self._inventory, lambda options: options[self._mostly_first(len(options))])
        pairs: Pairs = [("Action", operation.__name__), *flat(parameters_of(command))]
        if draw.random() < 0.3:
            place = draw.randrange(len(pairs))
            pairs[place] = (pairs[place][0], self._value(pairs[place][0]))
        if draw.random() < 0.2:
            pairs.append((draw.choice(NAMES), self._value("")))
        return pairs

    def _mostly_first(self, count: int) -> int:
        return 0 if self._random.random() < 0.6 else self._random.randrange(count)

    def _odd(self) -> Pairs:
        draw = self._random
        action = draw.choice(KNOWN) if draw.random() < 0.97 else draw.choice(UNKNOWN)
        known = list(known_parameters(action)) if action in ACTIONS or action in DESCRIBE_ACTIONS else []
        known += OF_FURTHER if action in FURTHER else ()
        chosen = draw.sample(known, min(len(known), draw.randrange(7))) + draw.choices(NAMES, k=draw.randrange(3))
        pairs: Pairs = [("Action", action)]
        for name in chosen:
            for number in range(1, draw.choice((1, 1, 1, 3, 30)) + 1) if ".N" in name else (1,):
                pairs.append((name.replace(".N", f".{number}"), self._value(name)))
        draw.shuffle(pairs)
        return pairs

    def _value(self, name: str) -> str:
        draw = self._random
        if name.endswith(("Id", "Ids", "Id.N", "Ids.N")) and draw.random() < 0.8:
            found = draw.choice(self._ids)
            return json.dumps([found]) if name.endswith("Ids") else found
        if draw.random() < 0.1:
            return "".join(map(chr, draw.choices(range(1, 0x300), k=draw.randrange(20))))
        return draw.choice(ODD)

    def _written(self, pairs: Pairs) -> bytes:
        draw = self._random
        safe = draw.choice(("", "-_.~", '/:,[]{}"', "%"))
        text = "&".join([f"{quote(name, safe=safe)}={quote(value, safe=safe)}" for name, value in pairs])
        form = draw.random() < 0.4
        target = "/" if form else f"/?{text}"
        if draw.random() < 0.1:
            target = draw.choice(TARGETS) + target
        headers = {"Host": draw.choice(HOSTS)}
        if draw.random() < 0.5:
            headers["Accept"] = draw.choice(("application/json", "*/*", "\xff"))
        body = text.encode() if form else b""
        if form and draw.random() < 0.2:
            headers["Transfer-Encoding"] = "chunked"
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        elif form:
            headers |= {"Content-Length": str(len(body)), "Content-Type": draw.choice(TYPES[:1] * 4 + TYPES)}
        lines = [f"{draw.choice(METHODS)} {target} HTTP/1.1", *(f"{name}: {one}" for name, one in headers.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def _damaged(self, message: bytes) -> bytes:
        draw = self._random
        data = bytearray(message)
        for _ in range(draw.choice((1, 1, 2, 5, 20))):
            place = draw.randrange(len(data) + 1)
            match draw.randrange(5):
                case 0:
                    data[place : place + 1] = draw.randbytes(1)
                case 1:
                    data[place:place] = draw.randbytes(draw.randrange(1, 9))
                case 2:
                    del data[place : place + draw.randrange(1, 40)]
                case 3:
                    data[place:place] = data[draw.randrange(len(data) + 1) :][: draw.randrange(1, 200)]
                case _:
                    data[place:place] = draw.choice(SPLICES)
        return bytes(data)

    # Many, and what must be so

    def send(self, number: int) -> Counter[str]:
        """Sends so many requests, and counts the codes of the answers. Raises AssertionError, with the request, for an
        answer that is none."""
        codes: Counter[str] = Counter()
        for one in range(number):
            if one % 20 == 0:
                self.look()
            message = self.request()
            before = self.cloud.position
            answer = self.service.respond(message)
            call = self.service.calls[-1]
            problem = problem_of(answer, call.code, message) or self._lost(before, call)
            assert problem is None, f"{problem}: {message!r} was answered {answer!r}"
            codes[call.code or "OK"] += 1
        assert not audit(self.cloud)
        assert not invariants(self.cloud)
        again = Cloud(self.cloud.store, clock=self.cloud.clock, settle_after=self.cloud.settle_after)
        assert again.state_digest() == self.cloud.state_digest()
        return codes

    def _lost(self, before: int, call: Call) -> str | None:
        """Every event of a call is in it, and a call that was refused has none but ends of transitions."""
        if self.cloud.position != before + len(call.events):
            return "an event is lost"
        decided = any(event.settles is None for event in call.events)
        return "a refused call has an effect" if decided and call.code not in (None, "ConnectionDropped") else None


def problem_of(answer: bytes, code: str | None, message: bytes) -> str | None:
    """Returns a text on what is wrong with an answer, None if nothing is."""
    if code == "ConnectionDropped":
        return None if answer == b"" else "a dropped call has an answer"
    head, end, body = answer.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    if code == "InternalError" or not end or status not in STATUSES or b"Traceback" in body:
        return "an internal error"
    try:
        is_json = b"application/json" in head
        parsed: Any = json.loads(body) if is_json else {one.tag: one.text for one in ET.fromstring(body)}
    except (ValueError, ET.ParseError):
        return "a body of no form"
    if "RequestId" not in parsed or (status == 200) != (code is None) or parsed.get("Code") != code:
        return "an answer of another form"
    try:
        read_request(message)
    except MalformedRequest:
        return None if status >= 400 else "a malformed request succeeded"
    return None


def main(arguments: Sequence[str] | None = None, tell: Callable[[str], object] = print) -> None:
    """Sends requests to fresh networks, 5,000 each."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("number", type=int)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    codes: Counter[str] = Counter()
    started = time.process_time()
    for number in range(-(-given.number // 5_000)):
        codes += Fuzz(given.seed + number).send(min(5_000, given.number - 5_000 * number))
        tell(f"seed {given.seed + number}: {codes.total()} requests, {time.process_time() - started:.0f} CPU seconds")
    for code, count in codes.most_common():
        tell(f"{count:8d} {code}")


if __name__ == "__main__":
    main()
