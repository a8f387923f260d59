"""Questions that the whole league answers: who has what, and who did not answer."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlsplit

from hanze.broker.distribution.ports import FailureKind, SourceFailed
from hanze.broker.distribution.querying import Page
from hanze.broker.distribution.reach import Querying
from hanze.broker.entity_map import LOCAL
from hanze.broker.origin import Origin
from hanze.broker.ports import StoredEntity
from hanze.league.model import Peer
from hanze.league.registering import REGISTRATION_PREFIX
from hanze.ngsild.model import Entity
from hanze.ngsild.query.tree import EntityQuery
from hanze.web.portal.formats import parse_moment
from hanze.web.portal.reading import Reader
from hanze.web.portal.site import Visit

__all__ = ["Asking", "Notice", "Whose", "offered_types"]

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Whose:
    """Who has an entity, or some of it.

    Attributes:
        city: Name of its city; of a broker outside the league what that is called.
        node: Name of the node.
        portal: Where its pages begin; "" where it has none that are known.
        here: Whether it is this node.
    """

    city: str
    node: str
    portal: str = ""
    here: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A node whose part is missing, or is not whole.

    Attributes:
        silent: Whether it did not answer at all; else its answer was of no use, or not all of it.
        heard: When it answered last, where that is known.
    """

    whose: Whose
    silent: bool
    heard: datetime | None


class Asking:
    """Asks the league on behalf of a visitor.

    Args:
        visit: Who asks.
        reader: Reads what the node has itself.
    """

    def __init__(self, visit: Visit, reader: Reader) -> None:
        node = visit.site.node
        self._visit = visit
        self._reader = reader
        self._node = node
        self._peers = {one.id: one for one in node.league.peers()}

    async def page(self, query: EntityQuery) -> Page:
        """Ask for a page; raises what `query_over_sources` raises."""
        reading = self._node.reading
        origin = Origin(caller=self._visit.caller, context=self._visit.context, now=self._visit.now)
        return await reading.query(origin, Querying(query=query, split=reading.splits))

    async def every(self, query: EntityQuery) -> AsyncIterator[tuple[list[Entity], Page]]:
        """Go through all that match, in pages."""
        offset, more = 0, True
        while more:
            page = await self.page(replace(query, limit=_PAGE, offset=offset, count=False))
            more, offset = page.more, offset + _PAGE
            yield self.entities(page), page

    def entities(self, page: Page) -> list[Entity]:
        """Load what is stored here; what came from elsewhere is whole already."""
        loaded = (
            self._reader.load(one) if isinstance(one, StoredEntity) else one
            for one in page.entities
        )
        return [one for one in loaded if one is not None]

    def whose(self, page: Page, entity_id: str) -> tuple[Whose, ...]:
        """Say who has an entity of a page."""
        return tuple(self._named(one) for one in page.holders.get(entity_id, (LOCAL,)))

    def cities(self, page: Page, entity_id: str) -> tuple[str, ...]:
        """Name the cities that have an entity of a page."""
        return tuple(dict.fromkeys(one.city for one in self.whose(page, entity_id)))

    def href(self, entity_id: str, whose: Sequence[Whose]) -> str:
        """Give the address of an entity's page: here where some of it is here, else where it is."""
        quoted = quote(entity_id, safe="")
        if any(one.here for one in whose):
            return self._visit.entity_path(entity_id)
        portal = next((one.portal for one in whose if one.portal), "")
        return f"{portal}entity/{quoted}" if portal else f"/ngsi-ld/v1/entities/{quoted}"

    def notices(self, page: Page) -> list[Notice]:
        """Say whose part is missing."""
        return [self._notice(one) for one in page.failures]

    def _notice(self, failure: SourceFailed) -> Notice:
        peer = self._peer(failure.registration_id)
        return Notice(
            self._named(failure.registration_id),
            silent=failure.kind in (FailureKind.TIMEOUT, FailureKind.REFUSED),
            heard=None if peer is None else parse_moment(peer.contact.at),
        )

    def _named(self, holder: str) -> Whose:
        if holder == LOCAL:
            me = self._node.league.me()
            title = self._node.settings.portal.title
            return Whose(*((title, title) if me is None else (me.city, me.name)), here=True)
        peer = self._peer(holder)
        if peer is not None:
            return Whose(peer.city, peer.name, f"{peer.url}/{self._visit.language.code}/")
        registration = self._node.registry.get(self._visit.caller.tenant, holder)
        if registration is None:
            return Whose(holder, holder)
        name = registration.document.get("registrationName")
        called = name if isinstance(name, str) else urlsplit(registration.endpoint).netloc
        return Whose(called, called)

    def _peer(self, registration_id: str) -> Peer | None:
        return self._peers.get(registration_id.removeprefix(REGISTRATION_PREFIX))


def offered_types(visit: Visit) -> Iterator[str]:
    """List the types that others are registered for, as IRIs; some several times."""
    for registration in visit.site.node.registry.of_tenant(visit.caller.tenant):
        for info in registration.information:
            for one in info.entities:
                yield from one.types
