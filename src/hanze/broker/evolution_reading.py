"""What is read of a page of evolutions, and how (CIM 009, 5.7.3.4, 5.7.4.4).

What the store can do is left to it: ranges, the last so many instances, aggregation. Only where a
filter takes away single instances of what is shown, they are read and reckoned with here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from hanze.broker.evolution_matching import RangeTooWide, empty_evolution
from hanze.broker.ports import Evolution, Window
from hanze.broker.seen_history import SeenHistory
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.temporal.aggregate import aggregate, check_eligible
from hanze.ngsild.temporal.durations import DAY
from hanze.ngsild.temporal.filter import Filters, Selected, restrict
from hanze.ngsild.temporal.model import (
    AggregatedEntity,
    Aggregation,
    TemporalEntity,
    TemporalQuery,
)
from hanze.ngsild.temporal.moments import timeproperty_of
from hanze.ngsild.temporal.periods import end_of_range, start_of_range

__all__ = ["Asked", "Evolutions", "read_page"]

#: The largest lastN with which instances are aggregated.
_MOST_LATEST: Final = 500_000
#: Aggregated values in one answer.
_MOST_BUCKETS: Final = 500_000
_TEN_YEARS: Final = 3653 * DAY


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of evolutions is wanted.

    Attributes:
        names: IRIs of the attributes that are shown, the scope among them; `None` for all.
        required: An evolution without an instance of any of these in the range is none of those
            asked for; `None` for any attribute.
        requested: Attributes named by the client: for aggregation they have to be eligible.
        datasets: Only these, `None` among them for the default instances; `None` for all.
        temporal: The range; `None`, in retrievals alone, for the whole time.
        last_n: At most so many instances per attribute, the latest.
        aggregation: What is aggregated; `None` for the instances themselves.
        most: At most so many instances in one answer.
    """

    most: int
    names: frozenset[str] | None = None
    required: frozenset[str] | None = None
    requested: frozenset[str] = frozenset()
    datasets: frozenset[str | None] | None = None
    temporal: TemporalQuery | None = None
    last_n: int | None = None
    aggregation: Aggregation | None = None

    @property
    def window(self) -> Window:
        """What is read of a page.

        More instances per attribute than there may be in all are never needed.
        """
        last_n = None if self.last_n is None else min(self.last_n, self.most + 1)
        return Window(self.names, self.datasets, self.temporal, last_n, self.most)


@dataclass(slots=True)
class Evolutions:
    """A page of evolutions: their instances, or their aggregated values.

    Attributes:
        count: How many match in all, when the query asked for it.
        more: Whether evolutions follow after this page.
        cut: Whether `Asked.most` cut instances off: the latest, or with `last_n` the earliest.
    """

    entities: Sequence[TemporalEntity] = ()
    aggregated: Sequence[AggregatedEntity] = ()
    count: int | None = None
    more: bool = False
    cut: bool = False


async def read_page(
    past: SeenHistory,
    page: Sequence[tuple[Evolution, Selected | None]],
    filters: Filters,
    asked: Asked,
) -> Evolutions:
    """Read what is shown of a page of evolutions.

    Args:
        past: The history as the caller may see it.
        page: Each with what its selection found out, where there are filters.

    Raises:
        AttributeNotEligible: A named attribute cannot be aggregated so.
        RangeTooWide: The answer would have more values than the node holds at once.
    """
    evolutions = [evolution for evolution, _ in page]
    if not evolutions:
        return Evolutions()
    if asked.names is not None and not asked.names:
        if asked.aggregation is not None:
            return _dated(evolutions, [_without_values(one) for one in evolutions])
        return Evolutions([empty_evolution(one) for one in evolutions])
    if _takes_instances(filters, asked):
        return await _read_restricted(past, page, filters, asked)
    if asked.aggregation is not None:
        found = await _aggregated(past, evolutions, asked, asked.aggregation)
        return _dated(evolutions, found)
    entities, cut = await past.read(evolutions, asked.window)
    return Evolutions(entities=_filled(evolutions, entities), cut=cut)


async def _aggregated(
    past: SeenHistory,
    evolutions: Sequence[Evolution],
    asked: Asked,
    aggregation: Aggregation,
) -> list[AggregatedEntity]:
    """Let the store aggregate, so many evolutions at once as the periods let expect."""
    if asked.last_n is not None and asked.last_n > _MOST_LATEST:
        raise RangeTooWide(_MOST_LATEST)
    window = Window(asked.names, asked.datasets, asked.temporal, asked.last_n)
    step = max(1, _MOST_BUCKETS // _periods_expected(aggregation, asked.temporal))
    found: list[AggregatedEntity] = []
    buckets = 0
    for start in range(0, len(evolutions), step):
        some = evolutions[start : start + step]
        read = await past.aggregate(some, window, aggregation)
        for one in read:
            _check_eligible(one, aggregation, asked.requested)
            buckets += sum(
                len(values)
                for several in one.attributes.values()
                for series in several
                for values in series.values.values()
            )
        if buckets > _MOST_BUCKETS:
            raise RangeTooWide(_MOST_BUCKETS)
        known = {one.id: one for one in read}
        found += [known.get(one.id) or _without_values(one) for one in some]
    return found


def _dated(evolutions: Sequence[Evolution], aggregated: Sequence[AggregatedEntity]) -> Evolutions:
    """Add the moments of the entities themselves, which no aggregation is about (6.3.11)."""
    return Evolutions(
        aggregated=[
            replace(
                one,
                created_at=evolution.created_at,
                modified_at=evolution.modified_at,
                deleted_at=evolution.deleted_at,
            )
            for evolution, one in zip(evolutions, aggregated, strict=True)
        ]
    )


def _without_values(evolution: Evolution) -> AggregatedEntity:
    return AggregatedEntity(evolution.id, evolution.types, {})


def _check_eligible(
    entity: AggregatedEntity, aggregation: Aggregation, requested: frozenset[str]
) -> None:
    for name in requested & entity.attributes.keys():
        answered = {method for series in entity.attributes[name] for method in series.values}
        eligible = [method for method in aggregation.methods if method in answered]
        check_eligible(name, eligible, aggregation.methods, requested)


def _periods_expected(aggregation: Aggregation, temporal: TemporalQuery | None) -> int:
    """Guess how many values a series of an answer has; an open range is taken for ten years."""
    length = aggregation.months * 30 * DAY + aggregation.microseconds
    if not length:
        return 1
    start, end = start_of_range(temporal), end_of_range(temporal)
    span = _TEN_YEARS if start is None or end is None else end - start
    return max(1, span // length)


def _takes_instances(filters: Filters, asked: Asked) -> bool:
    """Tell whether a filter may take away single instances of what is shown."""
    if filters.scope is not None:
        return True
    return bool(filters.names) and (
        asked.names is None or not filters.names.isdisjoint(asked.names)
    )


async def _read_restricted(
    past: SeenHistory,
    page: Sequence[tuple[Evolution, Selected | None]],
    filters: Filters,
    asked: Asked,
) -> Evolutions:
    evolutions = [evolution for evolution, _ in page]
    selected = {evolution.id: one for evolution, one in page if one is not None}
    # Which are the last ones is known only when the filters have taken theirs.
    last_n = None if asked.last_n is None else asked.most + 1
    window = replace(asked.window, last_n=last_n)
    found, cut = await past.read(evolutions, window)
    if cut and asked.aggregation is not None:
        raise RangeTooWide(asked.most)
    about = timeproperty_of(asked.temporal)
    with_scope = asked.names is None or SCOPE in asked.names
    entities = [
        _latest(
            restrict(filters, selected[one.id], one, about, with_scope=with_scope), asked.last_n
        )
        for one in _filled(evolutions, found)
    ]
    if asked.aggregation is not None:
        reckoned = [
            aggregate(one, asked.temporal, asked.aggregation, requested=asked.requested)
            for one in entities
        ]
        return _dated(evolutions, reckoned)
    return Evolutions(entities=entities, cut=cut)


def _latest(entity: TemporalEntity, last_n: int | None) -> TemporalEntity:
    if last_n is None:
        return entity
    attributes = {name: instances[-last_n:] for name, instances in entity.attributes.items()}
    return replace(entity, attributes=attributes)


def _filled(
    evolutions: Sequence[Evolution], entities: Sequence[TemporalEntity]
) -> list[TemporalEntity]:
    """Give each evolution of the page its entity, one without attributes where none are shown."""
    known = {one.id: one for one in entities}
    return [known.get(one.id) or empty_evolution(one) for one in evolutions]
