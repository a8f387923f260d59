"""Alerts of watches and proposals of light, as pages show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hanze.broker.consumption import query_entities
from hanze.insight.entities import ALERT, PROPOSAL
from hanze.ngsild.model import Entity
from hanze.ngsild.query.tree import Direction, EntityQuery, Ordering, OrderTerm, ValuePath
from hanze.ngsild.terms import NGSI_LD
from hanze.ngsild.vocabulary import HANZE
from hanze.web.portal.formats import parse_moment
from hanze.web.portal.places import text_in
from hanze.web.portal.site import Visit
from hanze.web.portal.values import title_of

__all__ = ["MOST", "Alert", "Proposal", "alert_of", "alerts_of", "proposals_of"]

#: The last ones of a watch; the others are data as any other.
MOST: Final = 20
_NEWEST: Final = Ordering((OrderTerm(ValuePath((NGSI_LD + "createdAt",)), Direction.DESCENDING),))


@dataclass(frozen=True, slots=True)
class Alert:
    """What somebody was told, and until when it held.

    Attributes:
        href: Of the entity's page.
        severity: In words: how unusual, not how bad.
        since: When the deviation began.
        until: When it was over; `None` while it lasts.
    """

    href: str
    title: str
    description: str
    severity: str
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A light scenario that a person decides on.

    Attributes:
        scenario: In words.
        status: One of "proposed", "confirmed", "declined", "lapsed".
        decided_by: Who; "" where nobody did, and for what lapsed.
    """

    id: str
    href: str
    scenario: str
    description: str
    reason: str
    status: str
    issued: datetime | None
    decided_by: str
    decided_at: datetime | None


async def alerts_of(visit: Visit, watch: str) -> list[Alert]:
    """Read the last alerts of a watch, the newest first."""
    found = await _made(visit, ALERT, "Alert", watch)
    return [alert_of(visit, one) for one in found]


async def proposals_of(visit: Visit, watch: str) -> list[Proposal]:
    """Read the last proposals of a watch, the newest first."""
    found = await _made(visit, PROPOSAL, "LightScenarioProposal", watch)
    return [_proposal(visit, one) for one in found]


def alert_of(visit: Visit, entity: Entity) -> Alert:
    """Take an alert from its entity."""
    severity = _text(visit, entity, "severity")
    return Alert(
        href=visit.entity_path(entity.id),
        title=title_of(entity, visit.language),
        description=_text(visit, entity, "description"),
        severity=visit.language.term("value", severity) or severity,
        since=parse_moment(_text(visit, entity, "validFrom")),
        until=parse_moment(_text(visit, entity, "validTo")),
    )


def _proposal(visit: Visit, entity: Entity) -> Proposal:
    scenario = _text(visit, entity, "scenario")
    status = _text(visit, entity, "proposalStatus")
    return Proposal(
        id=entity.id,
        href=visit.entity_path(entity.id),
        scenario=visit.language.term("value", scenario) or scenario,
        description=_text(visit, entity, "description"),
        reason=_text(visit, entity, "reasons"),
        status=status,
        issued=parse_moment(_text(visit, entity, "dateIssued")),
        decided_by=_text(visit, entity, "decidedBy") if status != "lapsed" else "",
        decided_at=parse_moment(_text(visit, entity, "decidedAt")),
    )


async def _made(visit: Visit, iri: str, kind: str, watch: str) -> Sequence[Entity]:
    store = visit.site.node.store
    query = EntityQuery(
        types=(frozenset({iri}),),
        id_pattern=f"^urn:ngsi-ld:{kind}:insight:{watch}:",
        ordering=_NEWEST,
        limit=MOST,
    )
    found = await query_entities(store, visit.caller, query, local=True, now=visit.now)
    return [store.load(stored) for stored in found.entities]


def _text(visit: Visit, entity: Entity, term: str) -> str:
    """Write an attribute of ours: a text, a moment, or texts by language."""
    instances = entity.attributes.get(HANZE.expand_name(term), ())
    value = instances[0].value if instances else ""
    if isinstance(value, Mapping):
        return str(value["@value"]) if "@value" in value else text_in(value, visit.language.code)
    return str(value)
