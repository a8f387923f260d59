"""What subscribers were told lately of changes at Context Sources: each change once.

A change may come over several nodes, since each passes on what it subscribed to for others. A source
says when it changed what it tells of, and by that the same change is known again.
"""

from collections import OrderedDict
from typing import Final

from hanze.broker.happened import Happened
from hanze.ngsild.subscription.model import Subscription

__all__ = ["Heard"]

#: Entities of which is remembered what was told last, over all subscriptions.
_REMEMBERED: Final = 50_000
#: Versions of each: a way over other nodes may take as long as a few changes.
_VERSIONS: Final = 4

#: Tenant, subscription, entity.
_Subject = tuple[str, str, str]
#: An instance of an attribute in one of its versions: the times of some sources are coarse, so what
#: it says counts too.
_Said = tuple[str, str | None, str | None, int]


class Heard:
    """Remembers, in memory and within bounds: after a restart something may be told twice."""

    def __init__(self) -> None:
        self._versions: OrderedDict[_Subject, dict[str, set[_Said]]] = OrderedDict()

    def is_new(self, subscription: Subscription, happened: Happened) -> bool:
        """Tell whether a subscriber was not told of just this yet; from now on it was.

        What a source does not date is always new, and so is what comes at intervals.
        """
        version = _version(happened)
        if version is None or subscription.time_interval_s is not None:
            return True
        subject = (subscription.tenant, subscription.id, happened.entity_id)
        versions = self._versions.setdefault(subject, {})
        self._versions.move_to_end(subject)
        said = versions.setdefault(version, set())
        saying = {*_instances(happened), ("", None, version, 0)}
        if saying <= said:
            return False
        said |= saying
        while len(versions) > _VERSIONS:
            del versions[next(iter(versions))]
        while len(self._versions) > _REMEMBERED:
            self._versions.popitem(last=False)
        return True

    def forget(self, subscription: Subscription, happened: Happened) -> None:
        """Forget an entity: what was to be told of it could not be written down."""
        self._versions.pop((subscription.tenant, subscription.id, happened.entity_id), None)


def _version(happened: Happened) -> str | None:
    if happened.after is not None:
        return happened.after.modified_at
    return f"deleted {happened.at}"


def _instances(happened: Happened) -> set[_Said]:
    return {
        (name, one.dataset_id, one.modified_at, hash(repr(one.value)))
        for entity in (happened.before, happened.after)
        if entity is not None
        for name, instances in entity.attributes.items()
        for one in instances
    }
