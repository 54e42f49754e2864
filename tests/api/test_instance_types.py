"""The catalogue of instance types."""

from __future__ import annotations

import pytest

from ecsnet import Cloud
from ecsnet.values import InstanceType

GENERATION_ONE = {
    "ecs.t1.small": (1, 1),
    "ecs.s1.small": (1, 2),
    "ecs.s1.medium": (1, 4),
    "ecs.s1.large": (1, 8),
    "ecs.s2.small": (2, 2),
    "ecs.s2.large": (2, 4),
    "ecs.s2.xlarge": (2, 8),
    "ecs.s2.2xlarge": (2, 16),
    "ecs.s3.medium": (4, 4),
    "ecs.s3.large": (4, 8),
    "ecs.m1.medium": (4, 16),
    "ecs.m2.medium": (4, 32),
    "ecs.m1.xlarge": (8, 32),
    "ecs.c1.small": (8, 8),
    "ecs.c1.large": (8, 16),
    "ecs.c2.medium": (16, 16),
    "ecs.c2.large": (16, 32),
    "ecs.c2.xlarge": (16, 64),
}
"""vCPUs and memory, as the vendor publishes them."""


@pytest.mark.parametrize(("type_id", "size"), GENERATION_ONE.items(), ids=GENERATION_ONE)
def test_a_type_of_generation_one_has_its_primary_eni_alone_and_is_not_io_optimized(
    type_id: str, size: tuple[int, int]
) -> None:
    assert Cloud().instance_types[type_id] == InstanceType(
        id=type_id,
        eni_quantity=1,
        private_ipv4_per_eni=1,
        vcpu=size[0],
        memory_gib=size[1],
        nic_queues=1,
        io_optimized=False,
    )


def test_all_other_types_are_io_optimized() -> None:
    types = Cloud().instance_types
    assert {one.id for one in types.values() if not one.io_optimized} == set(GENERATION_ONE)
    assert len(types) > 500
    assert types["ecs.t5-lc1m1.small"].io_optimized  # published as the default of its family, not for it
    assert "ecs.sn1.large" not in types  # of which the number of private IPs was never published
