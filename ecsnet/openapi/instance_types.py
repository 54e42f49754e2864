"""Instance types as an account describes them: those of DescribeInstanceTypes, and what instances show of others.

A described type replaces that of the catalogue. What the response does not say (whether the type is I/O optimized, and
whether its instances must be Stopped to attach an ENI) is taken from the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from ecsnet.errors import InvalidResponse
from ecsnet.openapi.describe import DescribedInstanceType, read_response
from ecsnet.values import InstanceType


def read_instance_types(
    responses: Iterable[Mapping[str, Any]], known: Mapping[str, InstanceType]
) -> tuple[InstanceType, ...]:
    """Returns the types of responses of DescribeInstanceTypes; ``known`` are those of the catalogue.

    Raises `InvalidResponse`, with the path, for anything else.
    """
    reader = TypeReader(known)
    for number, given in enumerate(responses):
        place = f"responses[{number}]"
        if not isinstance(given, Mapping) or "InstanceTypes" not in given:
            raise InvalidResponse("not the response of DescribeInstanceTypes: it has no InstanceTypes", path=place)
        response = read_response(place, given)
        reader.read(f"{place}.InstanceTypes.InstanceType", response.instance_types.types)
    return reader.described()


class TypeReader:
    """Collects the types that are described, and what instances show of the limits of types that are not known."""

    def __init__(self, known: Mapping[str, InstanceType]) -> None:
        self._known = known
        self._described: dict[str, tuple[str, InstanceType]] = {}
        self._shown: dict[str, InstanceType] = {}

    def read(self, path: str, types: Sequence[DescribedInstanceType]) -> None:
        """Collects described types. Pages may overlap: a second description of a type must equal the first."""
        for number, one in enumerate(types):
            place = f"{path}[{number}]"
            described = _as_described(one, self._known.get(one.instance_type_id))
            first, before = self._described.setdefault(described.id, (place, described))
            if before != described:
                raise InvalidResponse(f"{described.id} is described differently at {first}", path=place)

    def show(self, type_id: str, address_counts: Sequence[int]) -> None:
        """Collects that an instance of a type has ENIs with these numbers of private IPs."""
        found = self.find(type_id)
        if not found.limits_known:
            self._shown[type_id] = attrs.evolve(
                found,
                eni_quantity=max(found.eni_quantity, len(address_counts)),
                private_ipv4_per_eni=max(found.private_ipv4_per_eni, *address_counts, 1),
            )

    def find(self, type_id: str) -> InstanceType:
        """Returns a type as it is described, or known, or shown by its instances."""
        if type_id in self._shown:
            return self._shown[type_id]
        if type_id in self._described:
            return self._described[type_id][1]
        return self._known.get(type_id) or _unknown(type_id)

    def described(self) -> tuple[InstanceType, ...]:
        """Returns the described types, in their order."""
        return tuple([one for _, one in self._described.values() if one.id not in self._shown])

    def shown(self) -> tuple[InstanceType, ...]:
        """Returns the types with unknown limits that instances have, with what all of these show."""
        return tuple(self._shown.values())


def _unknown(type_id: str) -> InstanceType:
    return InstanceType(id=type_id, eni_quantity=1, private_ipv4_per_eni=1, limits_known=False)


def _as_described(one: DescribedInstanceType, known: InstanceType | None) -> InstanceType:
    """Returns a described type. What its description lacks is as it is known; a number that is zero counts as 1."""
    before = known or _unknown(one.instance_type_id)
    interfaces, addresses = one.eni_quantity, one.eni_private_ip_address_quantity
    queues = one.maximum_queue_number_per_eni or one.primary_eni_queue_number
    return attrs.evolve(
        before,
        eni_quantity=before.eni_quantity if interfaces is None else max(interfaces, 1),
        private_ipv4_per_eni=before.private_ipv4_per_eni if addresses is None else max(addresses, 1),
        vcpu=one.cpu_core_count or before.vcpu,
        memory_gib=one.memory_size or before.memory_gib,
        nic_queues=queues or before.nic_queues,
        limits_known=before.limits_known or (interfaces is not None and addresses is not None),
    )
