"""Which evolutions meet the filters of a query: read no more than what decides (CIM 009, 5.7.4.4)."""

import asyncio
from collections.abc import Mapping, Sequence

from hanze.broker.ports import Evolution, Window
from hanze.broker.seen_history import SeenHistory
from hanze.errors import TooMuch
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.temporal.aggregate import AttributeNotEligible
from hanze.ngsild.temporal.extremes import compared_names, extremes_of, may_meet
from hanze.ngsild.temporal.filter import Filters, Selected, select
from hanze.ngsild.temporal.model import (
    Aggregation,
    Instance,
    Method,
    TemporalEntity,
    TemporalQuery,
    TimeProperty,
)

__all__ = ["RangeTooWide", "empty_evolution", "matching", "promising"]

#: Instances that are held at once to decide which evolutions match.
_MOST_JUDGED = 200_000
#: Evolutions that are judged before others get their turn.
_SLICE = 32

_EXTREMES = Aggregation((Method.MIN, Method.MAX))

#: By entity and attribute.
_Untimed = Mapping[str, Mapping[str, tuple[Instance, ...]]]


class RangeTooWide(TooMuch):
    """Too many instances would have to be held at once to answer."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"More than {most} instances decide the answer: the range or the attributes must be "
            "narrower"
        )


async def promising(
    past: SeenHistory,
    evolutions: Sequence[Evolution],
    filters: Filters,
    temporal: TemporalQuery,
) -> list[Evolution]:
    """Leave out evolutions whose extremes say that they do not match; for queries that go far.

    The store finds the extremes in a hundredth of the time that reading all instances takes.
    """
    names = frozenset() if filters.q is None else compared_names(filters.q)
    if filters.q is None or not names or not evolutions:
        return list(evolutions)
    window = Window(names=names, temporal=temporal)
    try:
        found = await past.aggregate(evolutions, window, _EXTREMES)
    except (AttributeNotEligible, TooMuch):
        # Some of their values are neither numbers nor texts: they have to be read.
        return list(evolutions)
    known = {one.id: extremes_of(one) for one in found}
    return [one for one in evolutions if may_meet(filters.q, known.get(one.id, {}))]


async def matching(
    past: SeenHistory,
    evolutions: Sequence[Evolution],
    filters: Filters,
    temporal: TemporalQuery,
) -> list[tuple[Evolution, Selected | None]]:
    """Keep the evolutions whose instances in the range meet the filters, in their order.

    Raises:
        RangeTooWide: A single evolution has more instances that decide than the node holds.
    """
    if filters == Filters():
        return [(evolution, None) for evolution in evolutions]
    if not evolutions:
        return []
    window = Window(names=filters.names, temporal=temporal, most=_MOST_JUDGED)
    within, cut = await past.read(evolutions, window) if filters.names else ([], False)
    scopes: list[TemporalEntity] = []
    if filters.scope is not None and not cut:
        by_scope = Window(names=frozenset({SCOPE}), most=_MOST_JUDGED)
        scopes, cut = await past.read(evolutions, by_scope)
    if cut:
        if len(evolutions) == 1:
            raise RangeTooWide(_MOST_JUDGED)
        middle = len(evolutions) // 2
        return [
            *await matching(past, evolutions[:middle], filters, temporal),
            *await matching(past, evolutions[middle:], filters, temporal),
        ]
    decided = {one.id: one for one in within}
    untimed: _Untimed = {}
    if temporal.timeproperty is TimeProperty.OBSERVED_AT:
        untimed = await _untimed(past, evolutions, filters.names, decided)
    scoped = {one.id: one.attributes.get(SCOPE, ()) for one in scopes}
    found: list[tuple[Evolution, Selected | None]] = []
    for number, evolution in enumerate(evolutions):
        if number % _SLICE == _SLICE - 1:
            await asyncio.sleep(0)
        selected = select(
            filters,
            decided.get(evolution.id) or empty_evolution(evolution),
            temporal,
            untimed=untimed.get(evolution.id, {}),
            scopes=scoped.get(evolution.id, ()),
        )
        if selected is not None:
            found.append((evolution, selected))
    return found


def empty_evolution(evolution: Evolution) -> TemporalEntity:
    """Give an evolution without any of its attributes."""
    return TemporalEntity(
        evolution.id,
        evolution.types,
        {},
        evolution.created_at,
        evolution.modified_at,
        evolution.deleted_at,
    )


async def _untimed(
    past: SeenHistory,
    evolutions: Sequence[Evolution],
    names: frozenset[str],
    within: Mapping[str, TemporalEntity],
) -> _Untimed:
    """Read what attributes are that never were observed at any time (annex C.5.5)."""
    missing: dict[str, frozenset[str]] = {}
    for one in evolutions:
        known = within.get(one.id)
        missing[one.id] = names.difference(() if known is None else known.attributes)
    lacking = [one for one in evolutions if missing[one.id]]
    if not lacking:
        return {}
    window = Window(names=frozenset().union(*missing.values()), last_n=1, most=_MOST_JUDGED)
    found, _ = await past.read(lacking, window)
    return {
        one.id: {
            name: instances
            for name, instances in one.attributes.items()
            if name in missing[one.id] and not any(part.attribute.observed_at for part in instances)
        }
        for one in found
    }
