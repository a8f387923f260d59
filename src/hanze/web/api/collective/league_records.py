"""Public records that live here, told to other nodes of the league, and how fresh theirs are."""

from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import Meta

from hanze.collaboration.collective import Collective
from hanze.collaboration.held import Home
from hanze.collaboration.replicas.model import Changes, Listing, Part, RecordsRead, Wanted
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken

__all__ = ["ROUTES", "Freshness", "HomeNode", "freshness_of", "home_of_record"]

_LONGEST_WAIT_S: Final = 30.0
#: Ids of records and what stands around them.
_MOST_KB: Final = 256


class Freshness(Answer, frozen=True):
    """How fresh the part of another node is.

    Attributes:
        node: Its name.
        url: Where it is reached.
        city: As it calls the city that it is the node of.
        records: How many of its records are among those that this node shows.
        heard_at: When it last told what it has.
        stale_since: Since when nothing is heard of it; absent while its part is fresh.
        cities: Ids of the cities that it speaks for.
    """

    node: str
    url: str
    city: str
    records: int
    heard_at: str | None = None
    stale_since: str | None = None
    cities: Sequence[str] = ()


class HomeNode(Answer, frozen=True):
    """The node that keeps a record which is here as a replica; it is changed there."""

    node: str
    url: str
    stale_since: str | None = None


class Parts(Answer, frozen=True):
    """The parts of all other nodes, by their names."""

    parts: list[Freshness]


class WaitingFor(Taken, frozen=True):
    """After which cursor changes are told, and for how many seconds to wait for one."""

    cursor: Annotated[str, Meta(max_length=100)]
    wait: Annotated[float, Meta(ge=0, le=_LONGEST_WAIT_S)] = 0.0


def freshness_of(collective: Collective, now: str) -> list[Freshness]:
    """Tell how fresh the part of each other node is."""
    return [_told(part) for part in collective.parts(now)]


def home_of_record(home: Home | None, parts: Sequence[Freshness]) -> HomeNode | None:
    """Name the node that keeps a record, where that is another."""
    if home is None:
        return None
    stale = next((one.stale_since for one in parts if one.url == home.url), None)
    return HomeNode(node=home.name, url=home.url, stale_since=stale)


def _told(part: Part) -> Freshness:
    return Freshness(
        node=part.source.name,
        url=part.source.url,
        city=part.source.city,
        records=part.records,
        heard_at=part.heard_at,
        stale_since=part.stale_since,
        cities=part.cities,
    )


async def list_own(ask: Ask) -> Listing:
    """List the public records that live on this node, each with a digest of what it says."""
    return await ask.node.giving.listing()


async def tell_changes(ask: Ask) -> Changes:
    """Tell which public records changed after a cursor, as soon as one does."""
    wanted = ask.parameters(WaitingFor)
    return await ask.node.giving.changes(wanted.cursor, wait_s=wanted.wait)


async def read_own(ask: Ask) -> RecordsRead:
    """Read public records that live on this node, by their ids."""
    wanted = await ask.body(Wanted, most_kb=_MOST_KB)
    return await ask.node.giving.read(wanted.ids)


async def list_parts(ask: Ask) -> Parts:
    """Tell how fresh the part of each other node of the league is."""
    collective = await ask.node.collective.refresh(ask.now)
    return Parts(parts=freshness_of(collective, ask.now))


ROUTES = (
    ApiRoute("GET", "/league/records", list_own, Listing),
    ApiRoute("GET", "/league/records/changes", tell_changes, Changes, WaitingFor),
    ApiRoute("POST", "/league/records/read", read_own, RecordsRead, body=Wanted),
    ApiRoute("GET", "/league/freshness", list_parts, Parts),
)
