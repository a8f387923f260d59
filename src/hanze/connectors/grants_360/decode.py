"""Grants as projects that are paid for, with funders, recipients and programmes (pure)."""

import re
from collections.abc import Mapping
from typing import Any

from hanze.collaboration.records.offers import Subsidy
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Municipality
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.record import Money
from hanze.connectors import Provenance
from hanze.connectors.countries import country_id
from hanze.connectors.decoded import Decoded, day_of, entity_of
from hanze.connectors.grants_360.grants import Event, Grant, Party, Programme, Read
from hanze.connectors.known import Known, key_of
from hanze.ngsild.model import Entity, JsonValue

__all__ = ["decode"]


def decode(read: Read, known: Known, provenance: Provenance) -> Decoded:
    """Make a project of each grant: its budget is what was awarded, in the grant's own currency.

    How far a project is the standard does not say: with actual dates it runs or ran ("pilot"), without
    it is an idea that got money.

    Args:
        read: Grants with what was published, what was left out, and the licence.
        known: Places and organisations that are there.
    """
    grants, left_out, license_url = read
    maker = _Maker(known, provenance, license_url)
    projects = [maker.project(grant, raw) for grant, raw in grants]
    totals: dict[str, JsonValue] = {}
    for grant, _ in grants:
        so_far = totals.get(grant.currency, 0)
        totals[grant.currency] = float(str(so_far)) + float(grant.amount_awarded)
    details: dict[str, JsonValue] = {
        "grants": len(grants) + len(left_out),
        "records": {
            "Project": len(projects),
            "Subsidy": len(maker.subsidies),
            "Organization": len(maker.organisations),
        },
        "awarded": totals,
    }
    made = [*maker.organisations.values(), *maker.subsidies.values(), *projects]
    return Decoded(made, left_out, details)


class _Maker:
    """Makes projects, and remembers the organisations and programmes that they need."""

    def __init__(self, known: Known, provenance: Provenance, license_url: str | None) -> None:
        self.organisations: dict[str, Entity] = {}
        self.subsidies: dict[str, Entity] = {}
        self._known = known
        self._told: dict[str, Any] = {
            "provenance": "imported",
            "source": provenance.source,
            "license": license_url,
        }

    def project(self, grant: Grant, raw: Mapping[str, Any]) -> Entity:
        told = self._told | {
            "source_date": day_of(grant.date_modified) or day_of(grant.award_date),
            "data_provider": grant.funding_organization[0].name,
        }
        funders = [self._party(one, "other", told) for one in grant.funding_organization]
        recipients = [self._party(one, "other", told) for one in grant.recipient_organization]
        programmes = [self._subsidy(one, funders[0], told) for one in grant.grant_programme]
        dates = (*grant.actual_dates, *grant.planned_dates, Event())[0]
        record = Project(
            id=f"urn:ngsi-ld:Project:360giving:{key_of(grant.id)}",
            title={"en": grant.title},
            description={"en": grant.description} if grant.description else {},
            source_city=recipients[0],
            stage="pilot" if grant.actual_dates else "idea",
            stage_reason={"en": "It was granted money; how far it is the source does not say."},
            lead=recipients[0],
            partners=tuple(recipients[1:]),
            co_investors=tuple(funders),
            started_on=day_of(dates.start_date),
            ended_on=day_of(dates.end_date),
            budget=Money(grant.amount_awarded, grant.currency),
            website=_web(grant.url),
            **told,
        )
        # Contact persons of organisations are not kept.
        besides: dict[str, Any] = {
            name: value
            for name, value in raw.items()
            if name not in ("title", "description", "recipientOrganization", "fundingOrganization")
        }
        besides["programmes"] = [one for one in programmes if one is not None]
        return entity_of(record, besides)

    def _party(self, party: Party, kind: str, told: Mapping[str, Any]) -> str:
        coded = self._known.coded(party.id, ("Organization",))
        record_id = f"urn:ngsi-ld:Organization:360giving:{key_of(party.id)}"
        if coded is not None and coded != record_id:
            return coded
        city = self._known.named(Municipality, party.name)
        if city is not None:
            return city.id
        country = party.address_country or ""
        record = Organization(
            id=record_id,
            title={"en": party.name},
            kind=kind,
            country=country_id(country) if re.fullmatch(r"[A-Z]{2}", country) else None,
            registration=party.id,
            website=_web(party.url),
            **told,
        )
        self.organisations.setdefault(record_id, entity_of(record))
        return record_id

    def _subsidy(self, programme: Programme, funder: str, told: Mapping[str, Any]) -> str | None:
        name = programme.title or programme.code
        if not name:
            return None
        key = f"{key_of(funder.rpartition(':')[2])}-{key_of(programme.code or name)}"
        places = ":Municipality:" in funder
        record = Subsidy(
            id=f"urn:ngsi-ld:Subsidy:360giving:{key}",
            title={"en": name},
            description={"en": programme.description} if programme.description else {},
            source_city=funder,
            funder=None if places else funder,
            website=_web(programme.url),
            **told,
        )
        self.subsidies.setdefault(record.id, entity_of(record))
        return record.id


def _web(url: str | None) -> str | None:
    return url if url and url.startswith(("http://", "https://")) else None
