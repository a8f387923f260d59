"""Reading the catalogues of other nodes and of whoever publishes one, and keeping what they list."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

import msgspec

from hanze.broker.distribution.ports import PeerRequest, Peers, SourceFailed
from hanze.catalogue.graphs import CatalogueUnreadable, read_graph
from hanze.catalogue.harvested import Elsewhere, Harvest, listed_in
from hanze.errors import HanzeError, InvalidInput, NotFound, Unavailable
from hanze.governance.duties import account_of, require_duty
from hanze.governance.kept import Kept, RegistersView
from hanze.governance.ports import Transacting, Unit
from hanze.governance.records.log import AuditRecord
from hanze.identity.caller import NODE, Caller
from hanze.identity.roles import OPERATOR, STEWARD

__all__ = ["CATALOGUE_PATH", "HarvestNotFound", "HarvestSource", "Harvests"]

#: Where nodes have their catalogues.
CATALOGUE_PATH: Final = "/api/v1/catalogue"
#: On whose account requests go out: no registration's.
_ACCOUNT: Final = "urn:hanze:catalogue"
_ACCEPT: Final = "application/ld+json, text/turtle;q=0.9"
_TIMEOUT_S: Final = 20.0
_MOST_PAGES: Final = 50
_MOST_DATASETS: Final = 5_000
_MOST_ADDED: Final = 100
_LONGEST: Final = 2_000
_OK: Final = 200


class HarvestNotFound(NotFound):
    """No catalogue is read at this address."""

    def __init__(self, url: str) -> None:
        super().__init__(f"No catalogue is read at {url[:200]}")


class _NoCatalogue(Unavailable):
    """There is no answer, or none that is a catalogue."""


@dataclass(frozen=True, slots=True)
class HarvestSource:
    """A member of the league whose catalogue is read.

    Attributes:
        peer: Its id in the league.
        name: As it calls itself.
        url: Where it is reached, without a slash at its end.
    """

    peer: str
    name: str
    url: str


class Harvests:
    """What other catalogues list.

    Args:
        store: Commits.
        members: Who is in the league now.
        peers: Reaches other nodes, and whoever else publishes a catalogue.
    """

    def __init__(
        self,
        store: Callable[[], Transacting],
        members: Callable[[], Sequence[HarvestSource]],
        peers: Peers,
    ) -> None:
        self._store = store
        self._members = members
        self._peers = peers
        self.kept = Kept("catalogue-harvest", Harvest)

    def load(self, registers: RegistersView) -> None:
        """Read what is committed."""
        self.kept.load(registers)

    def listed(self) -> tuple[Harvest, ...]:
        """List what others listed, by name; what a node that left the league listed is gone."""
        confirmed = {one.peer for one in self._members()}
        found = (one for one in self.kept.all().values() if not one.peer or one.peer in confirmed)
        return tuple(sorted(found, key=lambda one: (one.name.casefold(), one.id)))

    async def add(self, caller: Caller, url: str, *, now: str) -> Harvest:
        """Read a catalogue, now and from now on.

        Raises:
            DutyMissing: The caller is neither steward nor operator.
            InvalidInput: It is no address.
            Unavailable: There is no catalogue there; nothing is kept.
        """
        require_duty(caller, STEWARD, OPERATOR)
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or len(url) > _LONGEST:
            raise InvalidInput("A catalogue has an http or https address", field="url", value=url)
        known = self.kept.get(url)
        others = sum(1 for one in self.kept.all().values() if not one.peer)
        if known is None and others >= _MOST_ADDED:
            raise InvalidInput(f"At most {_MOST_ADDED} catalogues are read", field="url")
        title, found = await self._read(url)
        harvest = Harvest(
            id=url,
            name=title or parts.hostname,
            peer=known.peer if known else "",
            read_at=now,
            tried_at=now,
            datasets=found,
        )
        await self._keep(harvest, account_of(caller, "catalogue.harvested", [url], now=now))
        return harvest

    async def remove(self, caller: Caller, url: str, *, now: str) -> None:
        """Read a catalogue no longer, and let go of what it listed.

        Raises:
            DutyMissing: The caller is neither steward nor operator.
            HarvestNotFound: It is not read; members of the league are, as long as they are that.
        """
        require_duty(caller, STEWARD, OPERATOR)
        harvest = self.kept.get(url)
        if harvest is None or harvest.peer:
            raise HarvestNotFound(url)
        account = account_of(caller, "catalogue.harvest-ended", [url], now=now)
        await self._keep(harvest, account, gone=True)

    async def refresh(self, caller: Caller, *, now: str) -> tuple[Harvest, ...]:
        """Read all catalogues again.

        Raises:
            DutyMissing: The caller is neither steward nor operator.
        """
        require_duty(caller, STEWARD, OPERATOR)
        await self.step(now)
        return self.listed()

    async def step(self, now: str) -> None:
        """Read the catalogues of members and of others again; what fails stays as it was, and old."""
        members = {one.url + CATALOGUE_PATH: one for one in self._members()}
        for url, one in self.kept.all().items():
            if one.peer and url not in members:
                account = account_of(NODE, "catalogue.harvest-ended", [url], now=now)
                await self._keep(one, account, gone=True)
        for url, member in members.items():
            known = self.kept.get(url)
            if known is None or known.peer != member.peer or known.name != member.name:
                known = Harvest(id=url, name=member.name, peer=member.peer)
            await self._again(known, now)
        for one in [one for one in self.kept.all().values() if not one.peer]:
            await self._again(one, now)

    async def _again(self, known: Harvest, now: str) -> None:
        problem, read_at, found = "", now, known.datasets
        try:
            _, found = await self._read(known.id)
        except HanzeError as error:
            problem, read_at = str(error)[:500], known.read_at
        harvest = msgspec.structs.replace(
            known, read_at=read_at, tried_at=now, problem=problem, datasets=found
        )
        await self._keep(harvest, None)

    async def _keep(
        self, harvest: Harvest, account: AuditRecord | None, *, gone: bool = False
    ) -> None:
        def unit(uow: Unit) -> None:
            (self.kept.unstage if gone else self.kept.stage)(uow.registers, harvest)
            if account is not None:
                uow.log.append(account)

        await self._store().transact(unit)
        (self.kept.forget if gone else self.kept.publish)(harvest)

    async def _read(self, url: str) -> tuple[str, tuple[Elsewhere, ...]]:
        """Read all pages of a catalogue; the next one is at the same place, or is not asked for."""
        name, found = "", dict[str, Elsewhere]()
        place, asked = urlsplit(url)[:2], set[str]()
        while url and url not in asked and len(asked) < _MOST_PAGES:
            asked.add(url)
            raw = await self._ask(url)
            title, listed, following = await asyncio.to_thread(_look_through, raw)
            name = name or title
            found |= {one.id: one for one in listed}
            url = urljoin(url, following) if following else ""
            if urlsplit(url)[:2] != place or len(found) >= _MOST_DATASETS:
                break
        return name, tuple(found.values())[:_MOST_DATASETS]

    async def _ask(self, url: str) -> bytes:
        request = PeerRequest(
            registration_id=_ACCOUNT,
            method="GET",
            url=url,
            headers=(("accept", _ACCEPT),),
            timeout_s=_TIMEOUT_S,
        )
        try:
            answer = await self._peers.send(request)
        except SourceFailed as error:
            raise _NoCatalogue(f"No catalogue at {url[:200]}: {error}") from error
        if answer.status != _OK:
            raise _NoCatalogue(f"{url[:200]} answers with status {answer.status}")
        return answer.body


def _look_through(raw: bytes) -> tuple[str, tuple[Elsewhere, ...], str]:
    title, listed, following = listed_in(read_graph(raw))
    if not listed and not title:
        raise CatalogueUnreadable("There is no catalogue in it")
    return title, listed, following
