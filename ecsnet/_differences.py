"""The resources that differ between two moments of a cloud."""

from __future__ import annotations

from collections.abc import Iterator

from ecsnet._attrs import field_names, frozen
from ecsnet._collections import ResourceCollection
from ecsnet.domain.state.views import VIEWS
from ecsnet.resources import Resource


@frozen(kw_only=True)
class ResourceChange:
    """A resource that differs between two moments: ``before`` is None if it appeared, ``after`` if it disappeared."""

    before: Resource | None
    after: Resource | None

    @property
    def id(self) -> str:
        """The id of the resource."""
        return self._shown.id

    @property
    def resource_type(self) -> str:
        """The name of the resource's class, such as ``"NetworkInterface"``."""
        return type(self._shown).__name__

    @property
    def attributes(self) -> tuple[str, ...]:
        """The names of the attributes that differ; none for a resource that appeared or disappeared."""
        if self.before is None or self.after is None:
            return ()
        names = field_names(type(self.after))
        return tuple([name for name in names if getattr(self.before, name) != getattr(self.after, name)])

    @property
    def _shown(self) -> Resource:
        shown = self.before if self.after is None else self.after
        assert shown is not None
        return shown


def differences(before: object, after: object) -> Iterator[ResourceChange]:
    """Yields the resources that differ between two clouds, by collection: those that are gone, then the others in the
    order of creation."""
    for table in VIEWS:
        ours: ResourceCollection[Resource] = getattr(before, table)
        theirs: ResourceCollection[Resource] = getattr(after, table)
        then, now = dict(ours.items()), dict(theirs.items())
        for resource_id, resource in then.items():
            if resource_id not in now:
                yield ResourceChange(before=resource, after=None)
        for resource_id, resource in now.items():
            if then.get(resource_id) != resource:
                yield ResourceChange(before=then.get(resource_id), after=resource)
