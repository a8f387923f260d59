"""Cities and companies of two countries that meet on a day, for tests."""

from datetime import date

from hanze.collaboration.gatherings.laying import slots_of, tables_of
from hanze.collaboration.records.gatherings import (
    Interpreter,
    MatchmakingDay,
    MeetingRequest,
    Participation,
)
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Country, Municipality
from hanze.collaboration.records.record import Record

__all__ = [
    "BUSAN",
    "DAY",
    "DAY_ID",
    "EINDHOVEN",
    "GUESTS",
    "LAMPS",
    "NL",
    "SENSORS",
    "everything",
    "guest_id",
    "places",
]

NL, KR = "urn:ngsi-ld:Country:NL", "urn:ngsi-ld:Country:KR"
EINDHOVEN = "urn:ngsi-ld:Municipality:NL:GM0772"
BUSAN = "urn:ngsi-ld:Municipality:KR:21"
LAMPS = "urn:ngsi-ld:Organization:test:lamps"
SENSORS = "urn:ngsi-ld:Organization:test:sensors"
DAY_ID = "urn:ngsi-ld:MatchmakingDay:GM0772:one"
ON = date(2027, 3, 5)

DAY = MatchmakingDay(
    id=DAY_ID,
    title={"en": "Dutch-Korean day", "nl": "Nederlands-Koreaanse dag", "ko": "한·네덜란드의 날"},
    source_city=EINDHOVEN,
    organiser=EINDHOVEN,
    on=ON,
    timezone="Europe/Amsterdam",
    venue={"en": "Town hall"},
    status="open",
    slots=slots_of(ON, first="09:30", minutes=25, pause=5, number=3),
    tables=tables_of(2, "hall"),
    interpreters=(
        Interpreter(key="T1", languages=("nl", "ko")),
        Interpreter(key="T2", languages=("nl", "ko", "en")),
    ),
)


def guest_id(name: str) -> str:
    return f"urn:ngsi-ld:Participation:test:{name}"


def places() -> list[Record]:
    return [
        Country(id=NL, title={"en": "Netherlands"}, iso_code="NL"),
        Country(id=KR, title={"en": "Korea"}, iso_code="KR"),
        Municipality(id=EINDHOVEN, title={"en": "Eindhoven"}, country=NL),
        Municipality(id=BUSAN, title={"en": "Busan", "ko": "부산광역시"}, country=KR),
        Organization(
            id=LAMPS, title={"en": "Lamps"}, kind="company", country=NL, source_city=EINDHOVEN
        ),
        Organization(
            id=SENSORS, title={"en": "Sensors"}, kind="company", country=KR, source_city=BUSAN
        ),
    ]


def _guest(
    name: str, party: str, city: str, side: str, languages: tuple[str, ...], *asked: tuple[str, int]
) -> Participation:
    return Participation(
        id=guest_id(name),
        title={"en": name},
        source_city=city,
        day=DAY_ID,
        party=party,
        side=side,
        languages=languages,
        requests=tuple(
            MeetingRequest(participation=guest_id(one), interest=much, why={"en": f"for {name}"})
            for one, much in asked
        ),
    )


#: Eindhoven and Busan need an interpreter, and so do Lamps and Busan.
GUESTS = (
    _guest("eindhoven", EINDHOVEN, EINDHOVEN, "home", ("nl",), ("busan", 5), ("sensors", 3)),
    _guest("lamps", LAMPS, EINDHOVEN, "home", ("nl",), ("busan", 4)),
    _guest("busan", BUSAN, BUSAN, "guest", ("ko",), ("eindhoven", 5)),
    _guest("sensors", SENSORS, BUSAN, "guest", ("ko", "nl"), ("lamps", 2)),
)


def everything() -> list[Record]:
    """Places, the day, and everybody who takes part."""
    return [*places(), DAY, *GUESTS]
