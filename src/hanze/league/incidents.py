"""Tells other members of the league of incidents, and hears of theirs."""

import asyncio
import logging
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from hanze.broker.distribution.ports import PeerRequest, Peers
from hanze.errors import HanzeError, InvalidInput
from hanze.governance.duties import require_duty
from hanze.governance.records.incident import HeardIncident, Incident, SharedWith
from hanze.governance.securing.breach import text_within
from hanze.governance.securing.incidents import Incidents
from hanze.identity.caller import Caller
from hanze.identity.roles import SECURITY_OFFICER
from hanze.league.gossip import NotConfirmed
from hanze.league.model import Peer
from hanze.league.requests import Identified, SignedRequests
from hanze.league.service import League

__all__ = ["INCIDENTS", "IncidentTold", "IncidentsBetween"]

_log = logging.getLogger(__name__)

#: Where members are told, below their address.
INCIDENTS: Final = "/api/v1/league/peer/incidents"
_MOST_TEXT: Final = 5_000
_MOST_LINE: Final = 300


class IncidentTold(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What one member tells another.

    Attributes:
        id: Of the incident where it happened.
        title: What happened.
        text: What others should know, and do; nobody's data.
        drill: Whether it was only practised.
    """

    id: Annotated[str, Meta(min_length=1, max_length=500)]
    title: Annotated[str, Meta(min_length=1, max_length=_MOST_LINE)]
    text: Annotated[str, Meta(min_length=1, max_length=_MOST_TEXT)]
    drill: bool = False


class IncidentsBetween:
    """What this node and other members tell each other of incidents.

    Args:
        incidents: Keeps them.
        league: Knows the members.
        requests: Signs.
        peers: Reaches other nodes.
    """

    def __init__(
        self, incidents: Incidents, league: League, requests: SignedRequests, peers: Peers
    ) -> None:
        self._incidents = incidents
        self._league = league
        self._requests = requests
        self._peers = peers

    async def share(self, caller: Caller, incident_id: str, text: str, *, now: str) -> Incident:
        """Tell all confirmed members that were not told yet; who does not answer is told again.

        Args:
            text: What others should know, and do; nobody's data.

        Raises:
            DutyMissing: The caller is no security officer.
            IncidentNotFound: There is no such incident.
            InvalidInput: There is no text, or the node is in no league.
        """
        require_duty(caller, SECURITY_OFFICER)
        incident = self._incidents.shown(caller, incident_id)
        told = IncidentTold(
            id=incident.id,
            title=incident.title,
            text=text_within(text, "text", most=_MOST_TEXT),
            drill=incident.drill,
        )
        if self._league.me() is None:
            raise InvalidInput("The node is in no league", field="text")
        known = {one.member for one in incident.shared}
        members = [one for one in self._league.confirmed() if one.id not in known]
        heard = await asyncio.gather(*(self._tell(one, told) for one in members))
        shared = [
            SharedWith(member=one.id, name=one.name, at=now)
            for one, is_heard in zip(members, heard, strict=True)
            if is_heard
        ]
        return await self._incidents.share(caller, incident_id, shared, now=now)

    async def hear(self, who: Identified, told: IncidentTold, *, now: str) -> None:
        """Keep what a member tells.

        Raises:
            NotConfirmed: The operator has not confirmed it.
        """
        if not who.is_confirmed or who.for_anybody:
            raise NotConfirmed
        peer = next((one for one in self._league.confirmed() if one.id == who.member), None)
        await self._incidents.hear(
            HeardIncident(
                id=f"{who.member}#{told.id}",
                member=who.member,
                name=peer.name if peer is not None else who.member,
                title=told.title,
                text=told.text,
                drill=told.drill,
                at=now,
            )
        )

    async def _tell(self, member: Peer, told: IncidentTold) -> bool:
        url, body = member.url + INCIDENTS, msgspec.json.encode(told)
        headers = self._requests.signed("POST", url, {}, body)
        try:
            answer = await self._peers.send(
                PeerRequest(
                    registration_id=member.url,
                    method="POST",
                    url=url,
                    headers=(("content-type", "application/json"), *headers.items()),
                    body=body,
                    timeout_s=self._league.limits.timeout_s,
                )
            )
        except HanzeError as error:
            _log.warning("%s was not told of an incident: %s", member.name, error)
            return False
        if answer.status >= 300:
            _log.warning(
                "%s was not told of an incident: it answers %d", member.name, answer.status
            )
        return answer.status < 300
