"""Evolutions as Context Sources answer them: read with suspicion (CIM 009, 4.3.6.1, 6.3.10, 6.3.17)."""

import asyncio
import re
from collections.abc import Sequence
from itertools import repeat
from typing import Final, TypeVar

import msgspec
from msgspec.structs import replace

from hanze.broker.distribution.answers import Reply
from hanze.broker.distribution.distributor import Distributor
from hanze.broker.distribution.narrowing import Portion, registered_names
from hanze.broker.distribution.ports import FailureKind, SourceFailed
from hanze.broker.distribution.requests import Call, without_map
from hanze.broker.evolution_reading import Asked
from hanze.broker.origin import Origin
from hanze.broker.registry import Match
from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.model import Entity, JsonValue
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.query.types import matches_types
from hanze.ngsild.representation.aggregated_received import received_aggregate
from hanze.ngsild.representation.temporal_received import joined_pieces, pieces_of, received_piece
from hanze.ngsild.temporal.merging import place_of
from hanze.ngsild.temporal.model import AggregatedEntity, Instance, TemporalEntity, TemporalQuery
from hanze.ngsild.temporal.moments import includes, moment_of, timeproperty_of

__all__ = ["TemporalAsk", "TemporalHeard", "ask_source", "ask_sources", "bounded", "unheard"]

E = TypeVar("E", TemporalEntity, AggregatedEntity)

_BAD_REQUEST: Final = 400
_NOT_FOUND: Final = 404
_PARTIAL: Final = 206
_RANGE: Final = re.compile(r"\s*DateTime\s+([0-9T:.,-]+Z)-([0-9T:.,-]+Z)/", re.ASCII)


class TemporalAsk(msgspec.Struct, frozen=True, kw_only=True):
    """One request to a source.

    Attributes:
        portion: What is asked for: what else comes is not let in.
        asked: Which attributes, which range, which representation.
        most: At most so many entities are asked for.
    """

    match: Match
    portion: Portion
    asked: Asked
    call: Call
    most: int = 1


class TemporalHeard(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a request.

    Attributes:
        entities: Those that were asked for, with what is registered of them.
        aggregated: The same, where aggregated values were asked for.
        received: How many came.
        more: Whether the source has more of them than were asked for.
        edge: Where the source cut instances off: the last moment that is whole, or with lastN the
            first one, in microseconds since 1970.
        failure: Why there is no answer, or what is wrong with it.
    """

    match: Match
    entities: tuple[TemporalEntity, ...] = ()
    aggregated: tuple[AggregatedEntity, ...] = ()
    received: int = 0
    more: bool = False
    edge: int | None = None
    failure: SourceFailed | None = None


async def ask_source(distributor: Distributor, origin: Origin, ask: TemporalAsk) -> TemporalHeard:
    """Ask one source; what goes wrong is in the answer."""
    match = ask.match
    try:
        reply = await distributor.ask(
            origin, match.registration, ask.call, information=match.information
        )
    except SourceFailed as failure:
        plain = without_map(ask.call) if failure.status == _BAD_REQUEST else None
        if plain is not None:
            return await ask_source(distributor, origin, replace(ask, call=plain))
        return TemporalHeard(match=match, failure=failure)
    if reply.status == _NOT_FOUND:
        return TemporalHeard(match=match)
    return await _Reading(ask, origin.now).read(reply)


async def ask_sources(
    distributor: Distributor, origin: Origin, asks: Sequence[TemporalAsk]
) -> list[TemporalHeard]:
    """Ask several at the same time; the answers are in their order."""
    return list(await asyncio.gather(*(ask_source(distributor, origin, one) for one in asks)))


def bounded(
    distributor: Distributor, matches: Sequence[Match]
) -> tuple[list[Match], list[TemporalHeard]]:
    """Keep as many sources as one operation asks, and say which are left out."""
    most = distributor.limits.max_sources
    wrong = f"is left out: one operation asks at most {most}"
    return list(matches[:most]), [unheard(match, wrong) for match in matches[most:]]


def unheard(match: Match, detail: str) -> TemporalHeard:
    """Say why a source is not asked, or not any longer."""
    registration_id = match.registration.id
    failure = SourceFailed(
        f"The source of {registration_id} {detail}",
        registration_id=registration_id,
        kind=FailureKind.TIMEOUT,
        attempted=False,
    )
    return TemporalHeard(match=match, failure=failure)


class _Reading:
    """Reads one answer; what is no evolution, or was not asked for, is left out of it."""

    def __init__(self, ask: TemporalAsk, now: str) -> None:
        self._ask = ask
        self._now = now
        self._wrong: str | None = None

    async def read(self, reply: Reply) -> TemporalHeard:
        ask = self._ask
        listed = isinstance(reply.body, list)
        items: Sequence[JsonValue] = reply.body if isinstance(reply.body, list) else [reply.body]
        contexts = reply.item_contexts or repeat(reply.context)
        entities: dict[str, TemporalEntity] = {}
        aggregated: dict[str, AggregatedEntity] = {}
        for item, context in zip(items, contexts, strict=False):
            try:
                if ask.asked.aggregation is None:
                    entity = self._let_in(await self._entity(item, context))
                    if entity is not None:
                        entities.setdefault(entity.id, self._in_range(entity))
                    continue
                values = self._let_in(received_aggregate(item, context))
                if values is not None:
                    aggregated.setdefault(values.id, values)
            except InvalidInput as error:
                self._complain(f"answers with what is no evolution: {error}")
        found = tuple(entities.values())
        return TemporalHeard(
            match=ask.match,
            entities=found,
            aggregated=tuple(aggregated.values()),
            received=len(items),
            more=listed
            and (len(items) > ask.most or 'rel="next"' in reply.headers.get("link", "")),
            edge=_edge(reply, found, ask.asked),
            failure=self._failure(reply.status),
        )

    async def _entity(self, item: JsonValue, context: Context) -> TemporalEntity:
        pieces = []
        for piece in pieces_of(item):
            pieces.append(received_piece(piece, context, now=self._now))
            await asyncio.sleep(0)
        return joined_pieces(pieces)

    def _let_in(self, found: E) -> E | None:
        """Leave of an evolution what was asked for, and what the source is registered for."""
        portion = self._ask.portion
        names: frozenset[str] | None = None
        if portion.ids and found.id not in portion.ids:
            self._complain("answers with an entity whose id was not asked for")
        elif portion.types is not None and not matches_types(portion.types, found.types):
            self._complain("answers with an entity of a type that was not asked for")
        else:
            bare = Entity(id=found.id, types=found.types, attributes={})
            names = registered_names(self._ask.match.information, bare)
            if names is None:
                self._complain("answers with an entity that it is not registered for")
        if names is None:
            return None
        if names and not names.issuperset(found.attributes.keys() - {SCOPE}):
            self._complain("answers with attributes that it is not registered for")
            allowed = names | {SCOPE}
            left = {one: own for one, own in found.attributes.items() if one in allowed}
            return replace(found, attributes=left)
        return found

    def _in_range(self, entity: TemporalEntity) -> TemporalEntity:
        """Leave out instances that are outside what was asked for."""
        asked, registered = self._ask.asked, self._ask.match.registration.dataset_ids
        temporal = asked.temporal
        attributes = {}
        for name, instances in entity.attributes.items():
            if asked.names is not None and name not in asked.names:
                continue
            own = tuple(
                one
                for one in instances
                if (name == SCOPE or temporal is None or _is_included(one, temporal))
                and (registered is None or one.attribute.dataset_id in registered)
                and (asked.datasets is None or one.attribute.dataset_id in asked.datasets)
            )
            if own:
                attributes[name] = own
        return replace(entity, attributes=attributes)

    def _complain(self, wrong: str) -> None:
        self._wrong = self._wrong or wrong

    def _failure(self, status: int) -> SourceFailed | None:
        if self._wrong is None:
            return None
        registration_id = self._ask.match.registration.id
        return SourceFailed(
            f"The source of {registration_id} {self._wrong}",
            registration_id=registration_id,
            kind=FailureKind.INVALID,
            status=status,
        )


def _is_included(instance: Instance, temporal: TemporalQuery) -> bool:
    moment = moment_of(instance, temporal.timeproperty)
    return moment is not None and includes(temporal, moment)


def _edge(reply: Reply, entities: Sequence[TemporalEntity], asked: Asked) -> int | None:
    """Tell up to where an answer is whole (6.3.10); `None` where all of it is."""
    if reply.status != _PARTIAL:
        return None
    said = _RANGE.match(reply.headers.get("content-range", ""))
    if said is not None:
        try:
            return parse_datetime(said[2])
        except InvalidInput:
            pass  # What came tells it too.
    about = timeproperty_of(asked.temporal)
    moments = [
        place_of(one, about)
        for entity in entities
        for own in entity.attributes.values()
        for one in own
    ]
    if not moments:
        return None
    return max(moments) if asked.last_n is None else min(moments)
