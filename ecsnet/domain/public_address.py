"""Elastic IP addresses (guide 2.2): their lifecycle."""

from __future__ import annotations

from typing import Final

from ecsnet.domain.lifecycle import BORN, Lifecycle
from ecsnet.events.eip import (
    EipAddressAllocated,
    EipAddressAssociated,
    EipAddressAssociateRequested,
    EipAddressReleased,
    EipAddressReleaseRequested,
    EipAddressUnassociated,
    EipAddressUnassociateRequested,
)
from ecsnet.values import EipStatus

S = EipStatus

EIP: Final = Lifecycle(
    "EIP",
    S,
    final=[S.Released],
    rows=[
        (BORN, EipAddressAllocated, S.Available),
        (S.Available, EipAddressAssociateRequested, S.Associating),
        (S.Associating, EipAddressAssociated, S.InUse),
        (S.Available, EipAddressAssociated, S.InUse),
        (S.InUse, EipAddressUnassociateRequested, S.Unassociating),
        (S.Unassociating, EipAddressUnassociated, S.Available),
        (S.InUse, EipAddressUnassociated, S.Available),
        (S.Available, EipAddressReleaseRequested, S.Releasing),
        (S.Releasing, EipAddressReleased, S.Released),
        (S.Available, EipAddressReleased, S.Released),
    ],
)
