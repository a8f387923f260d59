"""How long data is kept, and what of an entity goes when that time is over (pure).

Where a dataset names attributes, each of their values goes with its own time. Where it is about
whole entities, what was observed goes with its time, and an entity goes as a whole once nothing of
it is young enough: a name or a place stays as long as the entity lives.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from hanze.governance.erasing import parts_of
from hanze.governance.rules import Rules
from hanze.ngsild.model import Attribute, Entity
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.query.access import Part

__all__ = ["Faded", "Term", "by_tenant", "faded", "terms_of"]

_DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Term:
    """How long the values of a dataset are kept.

    Attributes:
        part: Which values.
        tenant: Of them; "*" for every tenant.
        days: So many.
        holders: Ids of organisations that get them under an agreement.
    """

    part: Part
    tenant: str
    days: int
    holders: tuple[str, ...] = ()

    def before_us(self, now_us: int) -> int:
        """Return the moment before which values go: microseconds since 1970."""
        return now_us - self.days * _DAY_US


@dataclass(frozen=True, slots=True)
class Faded:
    """What is left of an entity.

    Attributes:
        entity: As it becomes; `None` where it goes as a whole.
        values: How many values go.
    """

    entity: Entity | None
    values: int


def terms_of(rules: Rules) -> tuple[Term, ...]:
    """List what is kept for some time: by the dataset, or by the activity that gathers it.

    Where both say how long, the shorter time counts.
    """
    found = []
    for dataset in rules.datasets.values():
        activity = rules.activities.get(dataset.activity or "")
        said = [dataset.retention_days, activity.retention_days if activity else None]
        days = min((one for one in said if one is not None), default=None)
        if days is None:
            continue
        holders = {one.assignee for one in rules.agreements.values() if dataset.id in one.targets}
        found += [
            Term(part, dataset.tenant, days, tuple(sorted(holders))) for part in parts_of(dataset)
        ]
    return tuple(found)


def faded(entity: Entity, terms: Iterable[Term], now_us: int) -> Faded:
    """Say what is left of an entity when the time of its values is over.

    Args:
        terms: Those of the entity's tenant.
        now_us: Microseconds since 1970.
    """
    covering = [one for one in terms if one.part.covers(entity)]
    if any(not one.part.attributes and _newest(entity) < one.before_us(now_us) for one in covering):
        return Faded(None, sum(len(own) for own in entity.attributes.values()))
    left: dict[str, tuple[Attribute, ...]] = {}
    gone = 0
    for name, instances in entity.attributes.items():
        kept = tuple(one for one in instances if not _is_over(name, one, covering, now_us))
        gone += len(instances) - len(kept)
        if kept:
            left[name] = kept
    if not gone:
        return Faded(entity, 0)
    return Faded(msgspec.structs.replace(entity, attributes=left), gone)


def _is_over(name: str, one: Attribute, covering: Sequence[Term], now_us: int) -> bool:
    for term in covering:
        if term.part.attributes:
            over = name in term.part.attributes and _moment(one) < term.before_us(now_us)
        else:
            over = one.observed_at is not None and _moment(one) < term.before_us(now_us)
        if over:
            return True
    return False


def _newest(entity: Entity) -> int:
    moments = [_moment(one) for own in entity.attributes.values() for one in own]
    said = entity.modified_at or entity.created_at
    return max(moments or [parse_datetime(said) if said else 0])


def _moment(one: Attribute) -> int:
    said = one.observed_at or one.modified_at or one.created_at
    return parse_datetime(said) if said else 0


def by_tenant(terms: Iterable[Term], tenants: Iterable[str]) -> Mapping[str, tuple[Term, ...]]:
    """Say which terms count in which of some tenants; those without any are left out."""
    found = {
        tenant: tuple(one for one in terms if one.tenant in ("*", tenant)) for tenant in tenants
    }
    return {tenant: own for tenant, own in found.items() if own}
