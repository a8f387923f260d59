"""Missions and events for the tests of their calendar."""

from datetime import date

from hanze.collaboration.records.missions import Event, Mission, ProgrammeItem
from hanze.collaboration.records.places import Country, Municipality
from hanze.collaboration.records.record import Record

__all__ = [
    "BUSAN",
    "KR",
    "NL",
    "ROTTERDAM",
    "UTRECHT",
    "WATER",
    "event",
    "item",
    "mission",
    "places",
]

NL, KR = "urn:ngsi-ld:Country:NL", "urn:ngsi-ld:Country:KR"
UTRECHT = "urn:ngsi-ld:Municipality:NL:GM0344"
ROTTERDAM = "urn:ngsi-ld:Municipality:NL:GM0599"
BUSAN = "urn:ngsi-ld:Municipality:KR:21"
WATER = "urn:ngsi-ld:Theme:hanze:water"


def places() -> list[Record]:
    found: list[Record] = [
        Country(id=NL, title={"en": "Netherlands"}, iso_code="NL"),
        Country(id=KR, title={"en": "Korea"}, iso_code="KR"),
    ]
    for record_id, name, country in (
        (UTRECHT, "Utrecht", NL),
        (ROTTERDAM, "Rotterdam", NL),
        (BUSAN, "Busan", KR),
    ):
        found.append(Municipality(id=record_id, title={"en": name}, country=country))
    return found


def mission(key: str, organiser: str, starts: date, ends: date, **more: object) -> Mission:
    fields: dict[str, object] = {
        "id": f"urn:ngsi-ld:Mission:test:{key}",
        "title": {"en": f"Mission {key}"},
        "source_city": organiser,
        "direction": "outgoing",
        "organiser": organiser,
        "country": KR,
        "starts": starts,
        "ends": ends,
        "timezone": "Asia/Seoul",
        "home_timezone": "Europe/Amsterdam",
        "themes": (WATER,),
        **more,
    }
    return Mission(**fields)  # type: ignore[arg-type]  # the test's own


def event(key: str, title: dict[str, str], starts: date, **more: object) -> Event:
    fields: dict[str, object] = {
        "id": f"urn:ngsi-ld:Event:test:{key}",
        "title": title,
        "kind": "fair",
        "starts": starts,
        "ends": starts,
        "country": KR,
        **more,
    }
    return Event(**fields)  # type: ignore[arg-type]  # the test's own


def item(key: str, starts: str | None, ends: str | None = None, **more: object) -> ProgrammeItem:
    fields: dict[str, object] = {"kind": "visit", "title": {"en": key}, **more}
    return ProgrammeItem(key=key, starts=starts, ends=ends, **fields)  # type: ignore[arg-type]  # the test's own
