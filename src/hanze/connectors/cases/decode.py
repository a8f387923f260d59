"""Innovation cases as projects (pure)."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Municipality, Region
from hanze.collaboration.records.projects import Project
from hanze.connectors import Provenance
from hanze.connectors.countries import country_of
from hanze.connectors.decoded import Decoded, LeftOut, Row, entity_of
from hanze.connectors.known import Known, folded, key_of
from hanze.ngsild.model import Entity, JsonObject, JsonValue

__all__ = ["COLUMNS", "STAGE_OF", "Subjects", "decode"]

COLUMNS: Final = ("id", "name", "description", "lead_organisation_name", "status")

#: Stage by the source's status, and why. What is in use was tried, and is past the pilot; whether it
#: pays for its city nobody says, so that it is not "scaled".
STAGE_OF: Final[Mapping[str, tuple[str, str]]] = {
    "Planned": ("idea", "planned"),
    "In development": ("pilot", "in development"),
    "Pilot": ("pilot", "a pilot"),
    "Implemented": ("evaluated", "in use; whether it pays is not known"),
    "In production": ("evaluated", "in use; whether it pays is not known"),
    "Not in use anymore": ("stopped", "not in use any more"),
}

_KINDS: Final[Mapping[str, str]] = {
    "Central-Government": "agency",
    "Regional Government": "agency",
    "Local Government": "agency",
    "Governmental": "agency",
    "Private sector": "company",
    "Academic-Research": "university",
    "Consortium": "network",
}

#: Columns that say the same as another one, that fields hold, or that name persons.
_HELD: Final = frozenset(
    {"name", "description", "contact", "lead_organisation:name", "lead_organisation:category"}
)

_CITY: Final = re.compile(
    r"\b(?:[Cc]ity of|[Mm]unicipality of|[Gg]emeente) ([Tt]he \w+|['\w-]+(?: aan \w+)?)"
)
_PROVINCE: Final = re.compile(r"\bProvince of ((?:South |North )?\w+)")
_PROVINCES: Final = {
    "South Holland": "Zuid-Holland",
    "North Holland": "Noord-Holland",
    "North Brabant": "Noord-Brabant",
}
_WEB: Final = re.compile(r"https?://[^\s,;]+")

#: From the text of a case to ids of themes' concepts and of concepts.
Subjects = Callable[[str, Mapping[str, str]], tuple[tuple[str, ...], tuple[str, ...]]]


def decode(
    rows: Sequence[Row],
    known: Known,
    subjects: Subjects,
    provenance: Provenance,
    *,
    as_of: date | None = None,
) -> Decoded:
    """Make projects of cases, and records of who leads them.

    Rows of the same case (name and lead) with several technologies are one project.

    Args:
        known: Places and organisations that are there: a lead that is one of them is that one.
        subjects: Finds what a case is about.
        as_of: The day on which the cases were collected.
    """
    left_out: list[LeftOut] = []
    cases = _cases(rows, left_out)
    maker = _Maker(known, subjects, provenance, as_of)
    projects = [maker.project(case) for case in cases]
    made: list[Entity] = [*maker.countries.values(), *maker.organisations.values()]
    stages: dict[str, JsonValue] = {}
    for _, project in projects:
        stages[project.stage] = int(str(stages.get(project.stage, 0))) + 1
    details: dict[str, JsonValue] = {
        "rows": len(rows),
        "records": {
            "Project": len(projects),
            "Organization": len(maker.organisations),
            "Country": len(maker.countries),
        },
        "rowsOfTheSameCase": len(rows) - len(left_out) - len(projects),
        "stages": stages,
        "ledByKnownPlace": sum(
            1 for _, one in projects if one.source_city and ":Municipality:" in one.source_city
        ),
        "withoutTheme": sum(1 for _, one in projects if not one.themes),
        "withoutLead": sum(1 for _, one in projects if one.lead is None),
    }
    return Decoded([*made, *(entity for entity, _ in projects)], left_out, details)


def _cases(rows: Sequence[Row], left_out: list[LeftOut]) -> list[list[Row]]:
    """Bring rows of the same case together."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        cells = row.cells
        if not cells.get("name") or not cells.get("id"):
            left_out.append(LeftOut("The case has no name or no id", line=row.line))
        elif cells.get("status") not in STAGE_OF:
            wanted = ", ".join(STAGE_OF)
            reason = f'status must be one of {wanted}, not "{cells.get("status", "")[:40]}"'
            left_out.append(LeftOut(reason, line=row.line))
        else:
            key = folded(cells["name"]), folded(cells["lead_organisation_name"])
            found.setdefault(key, []).append(row)
    return list(found.values())


class _Maker:
    """Makes projects, and remembers the organisations and countries that they need."""

    def __init__(
        self, known: Known, subjects: Subjects, provenance: Provenance, as_of: date | None
    ) -> None:
        self.organisations: dict[str, Entity] = {}
        self.countries: dict[str, Entity] = {}
        self._known = known
        self._subjects = subjects
        self._told: dict[str, Any] = {
            "provenance": "imported",
            "source": provenance.source,
            "data_provider": provenance.provider,
            "license": provenance.license,
            "source_date": as_of,
        }

    def project(self, case: Sequence[Row]) -> tuple[Entity, Project]:
        cells = case[0].cells
        country = self._country(cells)
        place = self._place(cells, country)
        lead = self._lead(cells, country, place)
        stage, why = STAGE_OF[cells["status"]]
        texts = {"en": f"{cells['name']}. {cells['description']}"}
        themes, concepts = self._subjects(cells.get("primary_sector", ""), texts)
        urls = _WEB.findall(cells.get("url", ""))
        record = Project(
            id=f"urn:ngsi-ld:Project:ips-x:{key_of(cells['id'])}",
            title={"en": " ".join(cells["name"].split())},
            description={"en": cells["description"]} if cells["description"] else {},
            source_city=place or country or lead,
            themes=tuple(f"urn:ngsi-ld:Theme:hanze:{one}" for one in themes),
            concepts=concepts,
            stage=stage,
            stage_reason={"en": f"“{cells['status']}” in the source: {why}."},
            lead=lead,
            started_on=_year(cells.get("start_date", ""), last=False),
            ended_on=_year(cells.get("end_date", ""), last=True),
            website=urls[0] if urls else None,
            see_also=tuple(urls[1:]),
            **self._told,
        )
        return entity_of(record, _besides(case)), record

    def _country(self, cells: Mapping[str, str]) -> str | None:
        code = cells.get("geocoverage_codes", "")
        if not re.fullmatch(r"[A-Z]{2}", code):
            return None
        record = country_of(code, cells.get("geocoverage", "") or code)
        if record.id not in self._known:
            self.countries[record.id] = entity_of(record)
        return record.id

    def _place(self, cells: Mapping[str, str], country: str | None) -> str | None:
        """Find the city or province that leads, where the records know it."""
        name = cells["lead_organisation_name"]
        for text in (name, *_CITY.findall(name)):
            city = self._known.named(Municipality, text)
            if city is not None and city.country == country:
                return city.id
        for text in _PROVINCE.findall(name):
            region = self._known.named(Region, _PROVINCES.get(text, text))
            if region is not None and region.country == country:
                return region.id
        return None

    def _lead(self, cells: Mapping[str, str], country: str | None, place: str | None) -> str | None:
        """Name who leads: the place itself where it leads alone, else an organisation."""
        name = " ".join(cells["lead_organisation_name"].split())
        if not name:
            return None
        if place is not None and not re.search(r",| and | with ", name):
            return place
        present = self._known.named(Organization, name)
        record_id = f"urn:ngsi-ld:Organization:ips-x:{key_of(name)}"
        if present is not None and present.id != record_id:
            return present.id
        category = cells.get("lead_organisation_category", "")
        kind = "ministry" if name.startswith("Ministry") else _KINDS.get(category, "other")
        record = Organization(
            id=record_id,
            title={"en": name},
            kind=kind,
            country=country,
            municipality=place if place and ":Municipality:" in place else None,
            **self._told,
        )
        self.organisations.setdefault(
            record_id, entity_of(record, {"category": category} if category else None)
        )
        return record_id


def _besides(case: Sequence[Row]) -> JsonObject:
    """Keep what the source says and no field holds; technologies of all rows."""
    kept: dict[str, JsonValue] = {
        name: value for name, value in case[0].cells.items() if value and name not in _HELD
    }
    kept["technology"] = [*dict.fromkeys(_of(case, "technology"))]
    if len(case) > 1:
        kept["ids"] = [*_of(case, "id")]
    return kept


def _of(case: Sequence[Row], column: str) -> Iterator[str]:
    return (row.cells[column] for row in case if row.cells.get(column))


def _year(text: str, *, last: bool) -> date | None:
    """Read a year ("2020", "2021.0"): it begins on its first day and ends on its last one."""
    found = re.fullmatch(r"(\d{4})(?:\.0)?", text)
    if found is None:
        return None
    return date(int(found[1]), 12, 31) if last else date(int(found[1]), 1, 1)
