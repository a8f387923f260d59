"""The demo city in a node: put there once, then kept alive.

What other people write to the city's entities stays; what they delete stays deleted.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cache
from itertools import count
from typing import Protocol

from hanze.broker.batch import BatchResult, update_entities, upsert_fragments
from hanze.broker.ports import Store
from hanze.connectors.simulation.city import City, Document, build_city, entities, step
from hanze.connectors.simulation.past import remember
from hanze.identity.caller import Caller
from hanze.ngsild.model import Fragment, JsonValue
from hanze.ngsild.representation.parse import NullPolicy, parse_fragment
from hanze.ngsild.vocabulary import HANZE

__all__ = ["Host", "run", "seed"]

_log = logging.getLogger(__name__)

#: The year of the first diet of the league.
_SEED = 1356
_CALLER = Caller(actor="simulation", roles=frozenset({"reader", "writer"}))
_PAUSE_S = 2.0
#: So every site is looked at each ten seconds, and a turn takes a few milliseconds.
_PARTS = 5


class Host(Protocol):
    """What the city needs of the node in which it lives."""

    @property
    def store(self) -> Store: ...
    @property
    def clock(self) -> Callable[[], str]: ...


@cache
def _city() -> City:
    return build_city(_SEED)


def _moment(now: str) -> datetime:
    return datetime.fromisoformat(now)


def _fragments(documents: Sequence[Document]) -> list[Fragment]:
    return [parse_fragment(document, HANZE, NullPolicy.REFUSE) for document in documents]


def _values(document: Document) -> Iterator[JsonValue]:
    """Yield what a document measures, without when."""
    for name, attribute in document.items():
        if isinstance(attribute, dict) and name != "dateObserved":
            yield attribute["value"]


async def seed(host: Host) -> None:
    """Put the city into a node, or complete it; a node that has it is left as it is.

    Raises:
        HanzeError: An entity is refused by the node.
    """
    city = _city()
    documents = entities(city, _moment(host.clock()))
    first = str(documents[0]["id"])
    if host.store.stored(_CALLER.tenant, first) is not None:
        return
    # The city's own entity goes last: where it is, all others are.
    ordered = [(fragment, HANZE) for fragment in _fragments([*documents[1:], documents[0]])]
    result = await upsert_fragments(host.store, _CALLER, ordered, now=host.clock())
    for _, error in result.errors:
        raise error


async def run(host: Host) -> None:
    """Let the city live until this is cancelled, and remember its past week meanwhile."""
    async with asyncio.TaskGroup() as group:
        group.create_task(remember(host, _CALLER, _city()))
        group.create_task(_live(host))


async def _live(host: Host) -> None:
    """Write what changed, a part at a time."""
    city = _city()
    written: dict[JsonValue, tuple[JsonValue, ...]] = {}
    for turn in count():
        now = host.clock()
        measured = step(city, _moment(now), part=turn % _PARTS, parts=_PARTS)
        changed = {
            document["id"]: values
            for document in measured
            if written.get(document["id"]) != (values := tuple(_values(document)))
        }
        if changed:
            updates = _fragments([d for d in measured if d["id"] in changed])
            _report(await update_entities(host.store, _CALLER, updates, now=now))
            written |= changed
        await asyncio.sleep(_PAUSE_S)


def _report(result: BatchResult) -> None:
    for entity_id, error in result.errors:
        _log.debug("The simulation cannot update %s: %s", entity_id, error)
