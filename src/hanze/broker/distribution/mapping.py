"""Entity maps that sources make, and maps of entities over sources (CIM 009, 5.14.4, 5.14.5)."""

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from hanze.broker.distribution.answers import Reply
from hanze.broker.distribution.asking import query_call
from hanze.broker.distribution.distributor import Distributor
from hanze.broker.distribution.narrowing import Portion
from hanze.broker.distribution.ports import FailureKind, SourceFailed
from hanze.broker.distribution.reach import Reach
from hanze.broker.distribution.requests import MAP_HEADER, Call
from hanze.broker.distribution.sources import Heard
from hanze.broker.distribution.surveying import Survey, survey
from hanze.broker.entity_map import LOCAL, EntityMap, EntityMaps
from hanze.broker.origin import Origin
from hanze.broker.registry import Match
from hanze.ngsild.query.named import attributes_looked_at
from hanze.ngsild.query.patterns import found_in
from hanze.ngsild.registration.operations import Operation
from hanze.ngsild.uri import is_uri

__all__ = [
    "MapAsk",
    "MapHeard",
    "ask_for_maps",
    "fill_map",
    "map_call",
    "note_maps",
]

#: What a source calls its map goes back to it in a header.
_LOCATION: Final = re.compile(r"[\x21-\x7e]{1,2048}")
#: Parameters that say nothing of which entities match.
_PAGING: Final = frozenset({"limit", "offset", "options"})
_SLICE: Final = 4096
_NOT_FOUND: Final = 404


class MapAsk(msgspec.Struct, frozen=True):
    """One request for a map of a portion of what a source has."""

    match: Match
    portion: Portion
    call: Call


class MapHeard(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it.

    Attributes:
        ids: Of entities; those alone that were asked for.
        location: The map that the source made, as it calls it.
        failure: Why there is no answer, or what is wrong with it.
        missing: The source knows nothing of maps, or of what was asked.
    """

    match: Match
    ids: tuple[str, ...] = ()
    location: str | None = None
    failure: SourceFailed | None = None
    missing: bool = False

    @property
    def declined(self) -> bool:
        """Whether the source makes no map, and may yet answer a query (5.5.14)."""
        refused = self.failure is not None and self.failure.kind is FailureKind.REFUSED
        return self.location is None and (self.missing or refused)


async def ask_for_maps(
    distributor: Distributor, origin: Origin, asks: Sequence[MapAsk], *, most: int
) -> list[MapHeard]:
    """Have several sources make maps at the same time; the answers are in their order.

    Args:
        distributor: The way to them.
        origin: The request.
        asks: What of each.
        most: Entities that one map may have.
    """
    replies = await distributor.ask_all(origin, [(one.match, one.call) for one in asks])
    heard = []
    for ask, reply in zip(asks, replies, strict=True):
        if isinstance(reply, SourceFailed):
            heard.append(MapHeard(match=ask.match, failure=reply))
        else:
            heard.append(await _read(ask, reply, most))
    return heard


async def _read(ask: MapAsk, reply: Reply, most: int) -> MapHeard:
    """Read an EntityMap (5.2.39); what it says of registrations is the source's own affair."""
    if reply.status == _NOT_FOUND:
        return MapHeard(match=ask.match, missing=True)
    body = reply.body
    entries = body.get("entityMap") if isinstance(body, Mapping) else None
    if entries is None and isinstance(body, Mapping):
        # A map of nothing may leave the member out.
        entries = {}
    if not isinstance(entries, Mapping):
        return _wrong(ask, reply, "answers with what is no entity map")
    if len(entries) > most:
        return _wrong(ask, reply, f"answers with a map of more than {most} entities")
    ids: list[str] = []
    others = False
    for number, one in enumerate(entries):
        if number % _SLICE == _SLICE - 1:
            await asyncio.sleep(0)
        if is_uri(one) and _is_asked(one, ask.portion):
            ids.append(one)
        else:
            others = True
    heard = MapHeard(match=ask.match, ids=tuple(ids), location=_location(reply))
    if not others:
        return heard
    failure = _failed(ask, reply, "answers with entities that were not asked for")
    return msgspec.structs.replace(heard, failure=failure)


def _is_asked(entity_id: str, portion: Portion) -> bool:
    if portion.ids:
        return entity_id in portion.ids
    return portion.id_pattern is None or found_in(portion.id_pattern, entity_id)


def _location(reply: Reply) -> str | None:
    named = reply.headers.get(MAP_HEADER)
    if named is None and isinstance(reply.body, Mapping):
        own = reply.body.get("id")
        named = own if isinstance(own, str) else None
    return named if named is not None and _LOCATION.fullmatch(named) else None


def _wrong(ask: MapAsk, reply: Reply, detail: str) -> MapHeard:
    return MapHeard(match=ask.match, failure=_failed(ask, reply, detail))


def _failed(ask: MapAsk, reply: Reply, detail: str) -> SourceFailed:
    registration_id = ask.match.registration.id
    return SourceFailed(
        f"The source of {registration_id} {detail}",
        registration_id=registration_id,
        kind=FailureKind.INVALID,
        status=reply.status,
    )


def map_call(call: Call, path: str) -> Call:
    """Make of a query the request for a map of what it finds.

    Args:
        call: A page of the query.
        path: Of the resource that makes maps.
    """
    return replace(
        call,
        path=path,
        query=lambda context: [pair for pair in call.query(context) if pair[0] not in _PAGING],
    )


async def fill_map(reach: Reach, maps: EntityMaps, found: EntityMap) -> list[Heard]:
    """Fill a map with the entities that match here and at sources (5.14.4).

    Sources that make maps are asked for one; of others, and of those that decline, all pages are
    gone through. Where filters are looked at here, the entities are candidates.

    Args:
        reach: The query.
        maps: Says how many there may be.
        found: Empty.

    Returns:
        Answers that give reason to warn.

    Raises:
        TooManyEntities: There are more than the node keeps the ids of.
        TooManyMapped: So it is of the map.
    """
    able = [
        match
        for match in reach.matches
        if Operation.CREATE_ENTITY_MAP_QUERY_ENTITY in match.registration.operations
    ]
    others = [match for match in reach.matches if match not in able]
    distributor, origin = reach.sources.distributor, reach.origin
    asks = [ask for match in able for ask in _asks(reach, match)]
    listed, mapped = await asyncio.gather(
        survey(_listing(reach, others)),
        ask_for_maps(distributor, origin, asks, most=maps.most_entities),
    )
    await _note_listed(found, listed, others)
    troubles = list(listed.troubles)
    declined = [match for match in able if any(_declines(match, one) for one in mapped)]
    if declined:
        listed = await survey(_listing(reach, declined))
        await _note_listed(found, listed, declined)
        troubles += listed.troubles
    kept = [one for one in mapped if one.match not in declined]
    note_maps(found, kept)
    maps.check_size(found)
    return troubles + [Heard(match=one.match, failure=one.failure) for one in kept if one.failure]


def _declines(match: Match, heard: MapHeard) -> bool:
    return heard.match is match and heard.declined


async def _note_listed(found: EntityMap, listed: Survey, matches: Sequence[Match]) -> None:
    names = {number: match.registration.id for number, match in enumerate(matches, 1)}
    for number, entity_id in enumerate(listed.ids):
        if number % _SLICE == _SLICE - 1:
            await asyncio.sleep(0)
        for source in _holders(listed.holders[entity_id], names):
            found.add(entity_id, source)


def note_maps(found: EntityMap, mapped: Sequence[MapHeard]) -> None:
    """Take in what sources have mapped.

    One that made several maps, for several parts of its registration, is asked without any later.
    """
    made: dict[str, list[str]] = {}
    for one in mapped:
        registration_id = one.match.registration.id
        for entity_id in one.ids:
            found.add(entity_id, registration_id)
        if one.location is not None:
            made.setdefault(registration_id, []).append(one.location)
    found.linked |= {source: several[0] for source, several in made.items() if len(several) == 1}


def _asks(reach: Reach, match: Match) -> Iterator[MapAsk]:
    question = reach.question(reach.asked.names)
    for portion in reach.portions(match):
        call = query_call(match.registration, portion, question, reach.origin.context, limit=1)
        yield MapAsk(match, portion, map_call(call, "entityMaps"))


def _listing(reach: Reach, matches: Sequence[Match]) -> Reach:
    """Narrow a query to some sources, so that it lists ids, those of the node itself too."""
    asked = reach.asked
    query = asked.query
    if asked.filtered_here:
        looked_at = () if query.types is not None else sorted(attributes_looked_at(query))
        query = replace(reach.unfiltered(), attributes=tuple(looked_at))
    # An ordered list is one of ids alone: the node's own stand in it one by one.
    asked = replace(asked, query=query, names=frozenset(), split=False)
    return replace(reach, asked=asked, matches=matches, listed=True)


def _holders(bits: int, names: Mapping[int, str]) -> Iterator[str]:
    if bits & 1:
        yield LOCAL
    for number, name in names.items():
        if bits >> number & 1:
            yield name
