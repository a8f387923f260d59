"""What the portal reads of the history: which attributes it holds, and their values of a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from hanze.broker.evolution_reading import Asked, Evolutions, read_page
from hanze.broker.ports import Store
from hanze.broker.seen_history import SeenHistory
from hanze.identity.caller import Caller
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.temporal.filter import Filters
from hanze.ngsild.temporal.model import (
    AggregatedSeries,
    Aggregation,
    Instance,
    TemporalEntity,
    TemporalQuery,
    TimeProperty,
    Timerel,
)
from hanze.ngsild.temporal.moments import moment_of
from hanze.web.portal.history.selection import Span

__all__ = ["Known", "Past", "Shape", "attributes_of", "is_number", "known_of", "latest_of"]

#: The last instances of each attribute: of an entity that is gone, datasets are those among them.
_LAST: Final = 24
_MOST: Final = 50_000


class Shape(Enum):
    """How an attribute is best shown."""

    NUMBERS = "numbers"
    WORDS = "words"
    PLACES = "places"


@dataclass(frozen=True, slots=True)
class Known:
    """An attribute that has a history.

    Attributes:
        name: IRI.
        latest: Its last instance of each dataset, the one without a dataset first.
        shape: How it is shown.
        time: What says when a value held: when it was measured, else when it was written.
        gone_since: DateTime text; there where the entity no longer has it.
    """

    name: str
    latest: tuple[Attribute, ...]
    shape: Shape
    time: TimeProperty
    gone_since: str | None = None

    @property
    def written(self) -> bool:
        """Whether times say when a value was written, as nobody said when it was so."""
        return self.time is not TimeProperty.OBSERVED_AT


class Past:
    """The history of one entity, as one caller reads it."""

    def __init__(self, store: Store, caller: Caller, entity_id: str, *, now: str) -> None:
        self._store = store
        self._caller = caller
        self._seen = SeenHistory(store, caller, now)
        self._entity_id = entity_id

    async def overview(self) -> TemporalEntity | None:
        """Read the last instances of everything; `None` where there never was such an entity."""
        found = await self._retrieve(Asked(most=_MOST, last_n=_LAST))
        return found.entities[0] if found.entities else None

    async def latest(self, known: Known, before: int) -> int | None:
        """Return when the last value before a moment was, in microseconds since 1970."""
        query = TemporalQuery(Timerel.BEFORE, before, timeproperty=known.time)
        asked = Asked(most=1, names=frozenset((known.name,)), temporal=query, last_n=1)
        read, _ = await self._read(asked)
        return latest_of(read.get(known.name, ()), known.time)

    async def instances(
        self, several: Sequence[Known], datasets: Iterable[str | None], span: Span, *, most: int
    ) -> Mapping[str, Sequence[Instance]]:
        """Read the values of a time, the last ones of each attribute.

        Args:
            several: Attributes that are timed alike.
            datasets: Of all of them.
            span: The time.
            most: One value more than so many, at most, of each attribute: then there are more.
        """
        temporal = TemporalQuery(Timerel.BETWEEN, span.start, span.end, several[0].time)
        asked = Asked(
            most=(most + 1) * len(several),
            names=frozenset(known.name for known in several),
            datasets=frozenset(datasets),
            temporal=temporal,
            last_n=most + 1,
        )
        read, _ = await self._read(asked)
        return read

    async def first(
        self, known: Known, datasets: Iterable[str | None], span: Span, *, most: int
    ) -> tuple[Sequence[Instance], bool]:
        """Read the values of a time, the first ones: at most so many, and whether more follow."""
        temporal = TemporalQuery(Timerel.BETWEEN, span.start, span.end, known.time)
        asked = Asked(
            most=most,
            names=frozenset((known.name,)),
            datasets=frozenset(datasets),
            temporal=temporal,
        )
        read, cut = await self._read(asked)
        return read.get(known.name, ()), cut

    async def aggregates(
        self,
        several: Sequence[Known],
        datasets: Iterable[str | None] | None,
        span: Span,
        aggregation: Aggregation,
    ) -> Mapping[str, Sequence[AggregatedSeries]]:
        """Take the values of several attributes together that are timed alike."""
        temporal = TemporalQuery(Timerel.BETWEEN, span.start, span.end, several[0].time)
        asked = Asked(
            most=_MOST,
            names=frozenset(known.name for known in several),
            datasets=None if datasets is None else frozenset(datasets),
            temporal=temporal,
            aggregation=aggregation,
        )
        found = await self._retrieve(asked)
        return found.aggregated[0].attributes if found.aggregated else {}

    async def _read(self, asked: Asked) -> tuple[Mapping[str, tuple[Instance, ...]], bool]:
        found = await self._retrieve(asked)
        return (found.entities[0].attributes if found.entities else {}), found.cut

    async def _retrieve(self, asked: Asked) -> Evolutions:
        evolution = self._store.history.evolution(self._caller.tenant, self._entity_id)
        if evolution is None or not self._seen.sees(evolution):
            return Evolutions()
        await self._seen.note([evolution])
        return await read_page(self._seen, [(evolution, None)], Filters(), asked)


def latest_of(instances: Iterable[Instance], time: TimeProperty) -> int | None:
    """Return when the last of some values was, in microseconds since 1970."""
    moments = (moment_of(one, time) for one in instances if one.deleted_at is None)
    return max((moment for moment in moments if moment is not None), default=None)


def attributes_of(overview: TemporalEntity, present: Entity | None) -> list[Known]:
    """List the attributes that an entity has, then those that it had."""
    there = {} if present is None else present.attributes
    found = [known_of(name, instances) for name, instances in there.items()]
    for name, instances in overview.attributes.items():
        values = [one.attribute for one in instances if one.deleted_at is None]
        if name not in there and values:
            gone = next((one.deleted_at for one in reversed(instances) if one.deleted_at), None)
            found.append(known_of(name, values, gone or overview.deleted_at))
    return found


def is_number(value: object) -> bool:
    """Tell numbers from truth values, which are words on a page."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def known_of(name: str, instances: Sequence[Attribute], gone_since: str | None = None) -> Known:
    """Say how an attribute is shown, by its last instances."""
    latest = {one.dataset_id: one for one in instances}
    ordered = tuple(latest[key] for key in sorted(latest, key=lambda key: key or ""))
    timed = any(one.observed_at is not None for one in ordered)
    time = TimeProperty.OBSERVED_AT if timed else TimeProperty.MODIFIED_AT
    return Known(name, ordered, _shape(ordered), time, gone_since)


def _shape(instances: Sequence[Attribute]) -> Shape:
    if any(one.kind is AttributeKind.GEO_PROPERTY for one in instances):
        return Shape.PLACES
    if any(one.kind is AttributeKind.PROPERTY and is_number(one.value) for one in instances):
        return Shape.NUMBERS
    return Shape.WORDS
