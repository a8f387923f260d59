"""(Unexpected) connections as JSON: links that nobody entered, each with its evidence."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import Meta

from hanze.collaboration.collective import Collective, Held, RecordNotFound
from hanze.collaboration.connections import Connection, find_connections
from hanze.collaboration.meetings import MEETING_TYPES
from hanze.collaboration.records.record import Record
from hanze.web.api.collective.records import Named, named, named_if
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken

__all__ = ["ROUTES"]

_MOST: Final = 200


class ChoiceOfConnections(Taken, frozen=True):
    """Which connections.

    Attributes:
        record: Id of one of the two records.
        city: Id of the city of one of the two.
        theme: Id of a theme, or its concept, of one of the two.
        limit: How many at most.
    """

    record: str | None = None
    city: str | None = None
    theme: str | None = None
    limit: Annotated[int, Meta(ge=1, le=_MOST)] = 20


class End(Answer, frozen=True):
    """One of the two records, with whose it is and of which day."""

    record: Named
    date: str
    source_city: Named | None = None


class StepOfEvidence(Answer, frozen=True):
    """A record says something in an attribute: the id of a record, a concept, or a text."""

    record: str
    attribute: str
    value: str


class ConnectionFound(Answer, frozen=True):
    """A link that nobody entered; `surprise` is 0 to 1."""

    kind: str
    one: End
    other: End
    surprise: float
    path: Sequence[StepOfEvidence]


class ConnectionsFound(Answer, frozen=True):
    """Connections, the most surprising first."""

    connections: list[ConnectionFound]


async def list_connections(ask: Ask) -> ConnectionsFound:
    """List links between records that nobody entered, with the evidence of each."""
    choice = ask.parameters(ChoiceOfConnections)
    collective = await ask.node.collective.refresh(ask.now)
    for record_id in (choice.record, choice.city):
        if record_id is not None and collective.find(record_id) is None:
            raise RecordNotFound(record_id)
    meetings = ask.node.meetings
    await meetings.prepare(collective, MEETING_TYPES)
    found = await asyncio.to_thread(
        find_connections,
        collective,
        meetings,
        record=choice.record,
        city=choice.city,
        theme=choice.theme,
        limit=choice.limit,
    )
    return ConnectionsFound(connections=[_connection(one, collective) for one in found])


def _connection(one: Connection, collective: Collective) -> ConnectionFound:
    return ConnectionFound(
        kind=one.kind,
        one=_end(one.one, collective),
        other=_end(one.other, collective),
        surprise=round(one.surprise, 4),
        path=[
            StepOfEvidence(record=step.record, attribute=step.attribute, value=step.value)
            for step in one.path
        ],
    )


def _end(held: Held[Record], collective: Collective) -> End:
    city = held.city
    return End(
        record=named(held.record.id, collective),
        date=held.date,
        source_city=named_if(city, collective),
    )


ROUTES = (ApiRoute("GET", "/connections", list_connections, ConnectionsFound, ChoiceOfConnections),)
