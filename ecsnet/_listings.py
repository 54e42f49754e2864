"""`Listings`: the ids of an account's resources in the order of creation, kept between one page and the next.

A page of a long list must not cost a look at the whole list. A table counts what it has and its region counts what was
ever created, so both numbers together tell whether the ids changed: new ones are appended, and only a deletion makes
the list anew. A VPC or a VSwitch that is only named is in none: its description, which is an event like any other, does
not count as created, so these lists are made anew after each event of a region with imports.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple

from ecsnet.domain.state.ids import Kind
from ecsnet.domain.state.world import Region, World

_KINDS: Final[dict[str, Kind]] = {
    "vpcs": "vpc",
    "vswitches": "vswitch",
    "security_groups": "security_group",
    "instances": "instance",
    "network_interfaces": "network_interface",
    "eips": "eip",
}
MAY_BE_ONLY_NAMED: Final = ("vpcs", "vswitches")
"""The tables of which a resource may be there by its name alone: no response described it, and none does here."""


class _Listing(NamedTuple):
    """``created`` and ``size`` are the counts of the region and its table when the list was made."""

    created: int
    size: int
    ids: list[str]


class Listings:
    """The listings of one history, as far as it was folded. They follow it, and may be asked for in any order."""

    def __init__(self) -> None:
        self._listings: dict[tuple[str, str, str], _Listing] = {}
        self._described: dict[tuple[str, str, str], tuple[int, list[str]]] = {}

    def ids(self, present: World, world: World, region_id: str, table: str, account_id: str) -> Sequence[str]:
        """Returns the ids of an account's resources in a table of a region, in the order of creation, without those
        that are only named.

        ``world`` is the ``present``, or a view of it in which overdue transitions are completed: it may lack resources
        that the present has.
        """
        of_present = present.region(region_id)
        kept = self._of(of_present, table, account_id)
        ids = kept.ids
        if table in MAY_BE_ONLY_NAMED and of_present.imported:
            ids = self._described_of(of_present, table, account_id, ids)
        rows: Any = getattr(world.region(region_id), table)
        if world is present or rows.size == kept.size:
            return ids
        return [one for one in ids if rows[one] is not None]

    def _described_of(self, region: Region, table: str, account_id: str, ids: list[str]) -> list[str]:
        """Returns those of the ids that are not only named."""
        key = (region.region_id, table, account_id)
        version, described = self._described.get(key, (None, ids))
        if version != region.version:
            rows: Any = getattr(region, table)
            described = [one for one in ids if not rows[one].only_named]
            self._described[key] = region.version, described
        return described

    def _of(self, region: Region, table: str, account_id: str) -> _Listing:
        rows: Any = getattr(region, table)
        key = (region.region_id, table, account_id)
        created, size = region.created[_KINDS[table]] or 0, rows.size
        kept = self._listings.get(key)
        if kept is not None and kept.created == created and kept.size == size:
            return kept
        ids: list[str] | None = None
        if kept is not None and kept.size + created - kept.created == size:
            new = [rows[one] for one in rows.newest(created - kept.created)]
            if not kept.ids or all(one.position > rows[kept.ids[-1]].position for one in new):
                kept.ids.extend([one.id for one in new if one.account_id == account_id])
                ids = kept.ids
        if ids is None:  # something was deleted, or an id came again after its deletion, and has its old place
            states = [state for state in rows.snapshot().values() if state.account_id == account_id]
            ids = [state.id for state in sorted(states, key=attrgetter("position"))]
        kept = self._listings[key] = _Listing(created, size, ids)
        return kept
