"""The catalogue of instance types: the vendor's types, from package data, and types that users add or replace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType

from ecsnet._arguments import shown
from ecsnet.editions import Catalogue
from ecsnet.errors import InvalidArgument
from ecsnet.values import InstanceType


def vendor_types(catalogue: Catalogue = "2019-04") -> Mapping[str, InstanceType]:
    """Returns the vendor's instance types by id: facts of 2021-07, with the numbers of ENIs and queues of 2019-04 where
    those were published, unless the ``catalogue`` is that of 2021-07.

    `ecsnet.values.CATALOGUE_COMPLETE_UP_TO` is the month up to which they are complete.

    A type without a published number of private IPs per ENI is in the catalogue only if it has one ENI; that ENI then
    takes one private IP. The types of generation I are not I/O optimized, which is the API's default for them.

    The rows are read when they are first looked into, and a type is made of its row when it is first asked for: most
    commands ask for none, and the others for one of hundreds.
    """
    return _VendorTypes(catalogue)


class _VendorTypes(Mapping[str, InstanceType]):
    __slots__ = ("catalogue",)

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue: Catalogue = catalogue

    def __getitem__(self, type_id: str) -> InstanceType:
        return _type(type_id, self.catalogue)

    def __iter__(self) -> Iterator[str]:
        return iter(_rows())

    def __len__(self) -> int:
        return len(_rows())

    def __repr__(self) -> str:
        return f"<the vendor's instance types of {self.catalogue}>"


@cache
def _rows() -> dict[str, dict[str, str]]:
    import csv  # loaded with the catalogue, not with the library
    from pkgutil import get_data  # importlib.resources loads a dozen modules, for temporary files and archives

    data = get_data("ecsnet", "data/instance-types.csv")
    assert data is not None
    rows = csv.DictReader(data.decode().splitlines())
    return {row["instance_type"]: row for row in rows if row["private_ipv4_per_eni"] or row["eni_quantity"] == "1"}


@cache
def _type(type_id: str, catalogue: Catalogue) -> InstanceType:
    row = _rows()[type_id]
    interfaces, queues = row["eni_quantity"], row["nic_queues"]
    if catalogue == "2019-04":
        interfaces, queues = row["eni_quantity_2019_04"] or interfaces, row["nic_queues_2019_04"] or queues
    return InstanceType(
        id=row["instance_type"],
        eni_quantity=int(interfaces),
        private_ipv4_per_eni=int(row["private_ipv4_per_eni"] or 1),
        vcpu=int(row["vcpu"]),
        memory_gib=float(row["memory_gib"]),
        nic_queues=int(queues) if queues else None,
        io_optimized=row["io_optimized"] in ("yes", "default(optimized)"),
        attach_requires_stopped=row["attach_detach_requires_stopped"] == "yes",
    )


def all_types(types: Mapping[str, InstanceType]) -> Mapping[str, InstanceType]:
    """Returns instance types, which nothing changes any more, as a read-only dictionary: of the vendor's, always the
    same one."""
    return _whole_catalogue(types.catalogue) if isinstance(types, _VendorTypes) else MappingProxyType(types)


@cache
def _whole_catalogue(catalogue: Catalogue) -> Mapping[str, InstanceType]:
    return MappingProxyType(dict(_VendorTypes(catalogue)))


def own_types(given: Iterable[InstanceType]) -> tuple[InstanceType, ...]:
    """Returns a user's instance types. Raises `InvalidArgument` for a value that is no `InstanceType`."""
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise InvalidArgument(f"instance_types must be a list of InstanceTypes, not {shown(given)}")
    own = tuple(given)
    for one in own:
        if not isinstance(one, InstanceType):
            raise InvalidArgument(f"instance_types must have InstanceTypes only, not {shown(one)}")
    return own


def with_own_types(own: Iterable[InstanceType], catalogue: Catalogue) -> Mapping[str, InstanceType]:
    """Returns the vendor's types with the given ones added; a type with the id of a vendor's type replaces it."""
    return MappingProxyType({**vendor_types(catalogue), **{instance_type.id: instance_type for instance_type in own}})
