"""Query entities over Context Sources (CIM 009, 5.7.2).

The result has an order: first what the node has itself, then what sources have and the node does
not, source after source in the order of their registration. A first page that the node's own
entities fill takes one round: sources are asked for these alone. Any other takes one where everybody
gives a page, and a second one for what several may have; counts and later pages go by a survey.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from hanze.broker.consumption import check_breadth, query_entities
from hanze.broker.distribution.filling import Filling
from hanze.broker.distribution.ports import SourceFailed
from hanze.broker.distribution.reach import Own, Querying, Reach
from hanze.broker.distribution.sources import Heard, Sources, warnings_of
from hanze.broker.distribution.surveying import Survey, Surveys
from hanze.broker.distribution.warnings import error_of
from hanze.broker.origin import Origin
from hanze.broker.ports import Store, StoredEntity
from hanze.broker.registry import Match
from hanze.ngsild.model import Entity
from hanze.ngsild.registration.operations import Operation

__all__ = ["Page", "matching_sources", "page_of", "query_over_sources"]

#: A source that takes either can be asked.
_ASKING: Final = frozenset((Operation.QUERY_ENTITY, Operation.QUERY_BATCH))
#: Entities that a source is asked for at once: the most that nodes like this one give.
_MOST_AT_ONCE: Final = 1000


class Page(msgspec.Struct, frozen=True):
    """A page of a query's result.

    Attributes:
        entities: As they are stored where nobody else has any of them.
        count: How many match in all, when the query asked for it.
        more: Whether entities follow after this page.
        warnings: Values of `NGSILD-Warning`.
        failures: Sources that gave no answer, or one with something wrong in it.
        holders: Who has some of an entity, as entity maps say it, by its id; those that are not
            here are the node's own alone.
    """

    entities: Sequence[StoredEntity | Entity]
    count: int | None
    more: bool
    warnings: Sequence[str] = ()
    failures: Sequence[SourceFailed] = ()
    holders: Mapping[str, Sequence[str]] = {}


async def query_over_sources(
    store: Store, sources: Sources, surveys: Surveys, origin: Origin, asked: Querying
) -> Page:
    """Return a page of the entities that match, of the node itself and of sources.

    Raises:
        TenantNotFound: The caller's tenant does not exist.
        InvalidInput: The query is too wide, or follows relationships deeper than the join level.
        TooManyEntities: It concerns more than the node can keep apart.
        BadGateway: Only one exclusive or redirect source may have it, and refuses (6.3.17).
        GatewayTimeout: It does not answer.
        LoopDetected: It leads back here.
    """
    matches = matching_sources(sources, origin, asked)
    if not matches and not asked.is_linked:
        found = await query_entities(
            store, origin.caller, asked.query, join_level=asked.join_level, now=origin.now
        )
        return Page(found.entities, found.count, found.more)
    check_breadth(asked.query, local=False, join_level=asked.join_level)
    reach = Reach(store=store, sources=sources, origin=origin, asked=asked, matches=matches)
    query = asked.query
    page = None
    if not query.offset and not query.count and not asked.filtered_here:
        page = await _first_page(reach)
    # Who begins again sees what has changed; who goes on stays with the result that was begun.
    return page or await page_of(reach, await surveys.of(reach, again=not query.offset))


def matching_sources(sources: Sources, origin: Origin, asked: Querying) -> list[Match]:
    """Find the sources that may have something of what is asked (5.12)."""
    query = asked.query
    found = sources.distributor.registry.matching(
        origin, asked.wanted, geo=query.geo, scope=query.scope, csf=asked.csf
    )
    return [match for match in found if not _ASKING.isdisjoint(match.registration.operations)]


async def _first_page(reach: Reach) -> Page | None:
    """Make the first page of what everybody gives first; `None` where that does not tell it."""
    query = reach.asked.query
    # Before anything is asked: it takes a fraction of a millisecond, and may say what to ask for.
    found = await reach.local(query)
    own = await reach.own(found.entities)
    if found.more and found.entities:
        return await _own_page(reach, own) if len(own) == len(found.entities) else None
    filling = Filling(own, query.limit, reach.selects)
    heard, second = await _first_answers(reach, own, filling)
    _raise_failure(reach, heard, empty=not found.entities)
    warnings = warnings_of(heard, reach.sources.distributor.alias)
    if not any(one.entities for one in heard) and not reach.has_proxied:
        return Page(found.entities, None, found.more, warnings, _failures(heard))
    if not filling.is_sure:
        return None
    page = filling.page
    more = len(filling.ids) > query.limit or found.more or any(one.more for one in heard)
    if second is None:
        second = await reach.by_ids(_missing(reach, heard, page))
    every = [*heard, *second]
    return Page(
        reach.assembled(page, own, every),
        None,
        more,
        warnings_of(every, reach.sources.distributor.alias),
        _failures(every),
        reach.holders(page, own, every),
    )


async def _own_page(reach: Reach, own: Mapping[str, Own]) -> Page:
    """Make a page that the node's own entities fill.

    Which entities are on it is known: others may only have more of them.
    """
    ids = list(own)
    heard = await reach.by_ids((match, ids) for match in reach.matches)
    return Page(
        reach.assembled(ids, own, heard),
        None,
        True,
        warnings_of(heard, reach.sources.distributor.alias),
        _failures(heard),
        reach.holders(ids, own, heard),
    )


async def _first_answers(
    reach: Reach, own: Mapping[str, Own], filling: Filling
) -> tuple[list[Heard], list[Heard] | None]:
    """Ask all sources for what they give first.

    Of several, each may have entities that another gives: that takes a second round. Where there is
    one alone, all that it would be asked for then is known by now, and is asked at the same time.

    Returns:
        Their answers, and those to the second round where that is over.
    """
    most = min(reach.asked.query.limit + 1, _MOST_AT_ONCE)
    question = reach.question(reach.asked.names)
    asks = [
        reach.ask(match, portion, question, limit=most)
        for match in reach.matches
        for portion in reach.portions(match)
    ]
    first = reach.sources.fill(reach.origin, asks, filling)
    if len(reach.matches) > 1 or not own:
        return await first, None
    heard, second = await asyncio.gather(first, reach.by_ids([(reach.matches[0], list(own))]))
    return heard, second


def _missing(
    reach: Reach, heard: Sequence[Heard], page: Sequence[str]
) -> list[tuple[Match, list[str]]]:
    """Say which entities of a page a source may have, and did not give as it has so many."""
    missing: list[tuple[Match, list[str]]] = []
    for match in reach.matches:
        mine = [one for one in heard if one.match is match]
        if any(one.more for one in mine):
            given = {entity.id for one in mine for entity in one.entities}
            missing.append((match, [one for one in page if one not in given]))
    return missing


async def page_of(reach: Reach, survey: Survey) -> Page:
    """Make a page of the entities whose ids are known."""
    query = reach.asked.query
    start, end = query.offset, query.offset + query.limit
    own: dict[str, Own] = {}
    if query.limit and start < survey.block:
        found = await reach.local(replace(query, count=False))
        own = await reach.own(found.entities)
    others = survey.ids[max(0, start - survey.block) : max(0, end - survey.block)]
    page = [*own, *others]
    own |= await reach.own(reach.own_of(survey.held_by(0, others)))
    wanted = [
        (match, survey.held_by(number, page)) for number, match in enumerate(reach.matches, 1)
    ]
    heard = await reach.by_ids(wanted)
    troubles = [*survey.troubles, *heard]
    _raise_failure(reach, troubles, empty=not survey.count)
    return Page(
        reach.assembled(page, own, heard),
        survey.count if query.count else None,
        end < survey.count and bool(query.limit),
        warnings_of(troubles, reach.sources.distributor.alias),
        _failures(troubles),
        reach.holders(page, own, heard),
    )


def _failures(heard: Iterable[Heard]) -> tuple[SourceFailed, ...]:
    """List what went wrong, once for each source."""
    failed = {one.match.registration.id: one.failure for one in heard if one.failure is not None}
    return tuple(failed.values())


def _raise_failure(reach: Reach, heard: Sequence[Heard], *, empty: bool) -> None:
    """Fail with the only source that has what is asked, where that is registered so (6.3.17)."""
    if not empty or len(reach.matches) != 1 or not reach.has_proxied:
        return
    for one in heard:
        if one.failed and one.failure is not None:
            error = error_of(one.failure)
            error.warnings = warnings_of(heard, reach.sources.distributor.alias)
            raise error
