"""The witnesses and counter-witnesses of the rules, by subject. Importing the package registers them all."""

from __future__ import annotations

from tests.domain.subjects.stories import (  # noqa: F401  # importing a module registers its stories
    account,
    classic_link,
    eip,
    held,
    instance,
    network_interface,
    public_ip,
    security_group,
    tags,
    vpc,
)
