"""The collective's records of other nodes: whose they are, and how these nodes are asked."""

from collections.abc import Callable, Sequence
from typing import Final

from hanze.broker.distribution.ports import PeerRequest, Peers, SourceFailed
from hanze.broker.ports import RegistersView
from hanze.collaboration.collective import Collective
from hanze.collaboration.members import Member, members
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.record import Record
from hanze.collaboration.replicas.model import Source, SourceUnreachable
from hanze.league.model import Status
from hanze.league.service import League

__all__ = ["AskingPeers", "OwnCity", "is_named", "sources_of", "staying_members"]

#: On whose account requests go out: no registration's.
_ACCOUNT: Final = "urn:hanze:league:records"
_OK: Final = 200


class AskingPeers:
    """Asks peers through the way to other nodes, which signs requests to members of the league."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    async def ask(
        self, source: Source, method: str, path: str, body: bytes | None, *, timeout_s: float
    ) -> bytes:
        """Send one request and return the body of its answer.

        Raises:
            SourceUnreachable: There is no answer, or one with an error.
        """
        headers: tuple[tuple[str, str], ...] = (("accept", "application/json"),)
        if body is not None:
            headers = (*headers, ("content-type", "application/json"))
        request = PeerRequest(
            registration_id=_ACCOUNT,
            method=method,
            url=source.url + path,
            headers=headers,
            body=body,
            timeout_s=timeout_s,
        )
        try:
            answer = await self._peers.send(request)
        except SourceFailed as error:
            raise SourceUnreachable(source.name, str(error)) from error
        if answer.status != _OK:
            raise SourceUnreachable(source.name, f"it answers with status {answer.status}")
        return answer.body


class OwnCity:
    """Finds the city that this node is the node of, by what its operator calls it.

    Args:
        league: Knows what that is.
    """

    def __init__(self, league: Callable[[], League]) -> None:
        self._league = league
        self._found: tuple[str, int, str | None] | None = None

    def id(self, collective: Collective) -> str | None:
        """Return its id; `None` where the node is in no league, or its city is no record here."""
        me = self._league().me()
        if me is None or not me.city:
            return None
        if self._found is None or self._found[:2] != (me.city, collective.version):
            named = (
                (not isinstance(held.record, Municipality), held.record.id)
                for held in collective.own()
                if isinstance(held.record, Municipality | Region | Country)
                and _is_called(held.record, me.city)
            )
            found = min(named, default=None)
            self._found = (me.city, collective.version, found[1] if found is not None else None)
        return self._found[2]


def is_named(collective: Collective, city: str, name: str) -> bool:
    """Whether a city is called so: as its record here says; anything, where there is none."""
    if city == name:
        return True
    held = collective.own_of(city)
    return held is None or _is_called(held.record, name)


def sources_of(league: League) -> tuple[Source, ...]:
    """List the confirmed members."""
    return tuple(
        Source(peer.id, peer.name, peer.city, peer.url.rstrip("/"))
        for peer in league.peers()
        if peer.status is Status.CONFIRMED
    )


def staying_members(registers: RegistersView, sources: Sequence[Source]) -> list[Member]:
    """List the cities that are tenants of this node.

    One that moved out stays for others to read until its own node is trusted: then that one speaks
    for it, and what is left here is nobody's any more.
    """
    urls = {source.url for source in sources}
    return [
        one
        for one in members(registers)
        if one.moved_to is None or one.moved_to.rstrip("/") not in urls
    ]


def _is_called(record: Record, name: str) -> bool:
    codes = (getattr(record, field, None) for field in ("cbs_code", "kostat_code"))
    known = {record.id, *record.title.values(), *(code for code in codes if code)}
    return name.strip().casefold() in {one.casefold() for one in known}
