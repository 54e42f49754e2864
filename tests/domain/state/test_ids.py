"""The ids of new resources."""

from __future__ import annotations

import pytest

from ecsnet import commands as c
from tests.support.net import Net


def test_the_first_id_of_each_kind_is_fixed(net: Net) -> None:
    vm, interface = net.run(), net.eni()
    address = net.cloud.execute(c.AllocateEipAddress())
    assert [net.vpc.id, net.vswitch.id, net.group.id, vm.id, interface.id, address.id] == [
        "vpc-bp1npebipon4jfs4vaqqn",
        "vsw-bp1qguekom1jq68csq0t6",
        "sg-bp1j4573715gn9al3y3u",
        "i-bp1prpt8seykbp3v4cm4",
        "eni-bp15ikjktg7l2qvor3uc",
        "eip-bp1nx55l9s9i38g8s17yq",
    ]
    assert (net.primary(vm).mac_address, interface.mac_address) == ("00:16:3e:65:9b:22", "00:16:3e:03:d2:9b")


@pytest.mark.parametrize(
    ("region_id", "vpc_id"),
    [
        ("cn-beijing", "vpc-2zetlcp2obflse5c3nxot"),
        ("cn-shanghai", "vpc-uf6wbg3ocfa9sgcdm9prw"),
        ("cn-shenzhen", "vpc-wz9jnytyu5htnifh57bxe"),
        ("ap-southeast-1", "vpc-t4nx0omihxxf2n4drtdvy"),
        ("eu-central-1", "vpc-gw8jl8lluag6onug7b2z2"),
        ("us-west-1", "vpc-19iy06qgrxa58hvm4eej8"),
    ],
)
def test_an_id_has_the_prefix_of_its_region(net: Net, region_id: str, vpc_id: str) -> None:
    assert net.cloud.execute(c.CreateVpc(cidr_block="10.0.0.0/8", region_id=region_id)).id == vpc_id
