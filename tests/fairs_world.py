"""A province that travels, cities at a fair, and vouchers, for tests of fairs and of money."""

from datetime import date, timedelta
from decimal import Decimal

from hanze.collaboration.records.gatherings import CityStory, JointPresentation, Session
from hanze.collaboration.records.missions import (
    BudgetLine,
    Cost,
    DayRate,
    Event,
    Mission,
    TravelPermission,
    VoucherScheme,
)
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.record import Money, Record
from hanze.collaboration.records.themes import Theme

__all__ = [
    "BRABANT",
    "DELFT",
    "EVENT",
    "GYEONGGI",
    "KOREA",
    "MISSION",
    "MOBILITY",
    "NETHERLANDS",
    "PERMISSION",
    "ROTTERDAM",
    "SCHEME",
    "SPAIN",
    "STAND",
    "UTRECHT",
    "a_permission",
    "a_scheme",
    "a_stand",
    "a_story",
    "fair_records",
    "money_records",
    "places",
]

NETHERLANDS = "urn:ngsi-ld:Country:NL"
KOREA = "urn:ngsi-ld:Country:KR"
SPAIN = "urn:ngsi-ld:Country:ES"
BRABANT = "urn:ngsi-ld:Region:NL:PV30"
GYEONGGI = "urn:ngsi-ld:Region:KR:31"
ROTTERDAM, UTRECHT, DELFT = (f"urn:ngsi-ld:Municipality:test:{name}" for name in ("r", "u", "d"))
MOBILITY = "urn:ngsi-ld:Theme:hanze:mobility"
EVENT = "urn:ngsi-ld:Event:test:expo"
STAND = "urn:ngsi-ld:JointPresentation:test:pavilion"
MISSION = "urn:ngsi-ld:Mission:test:brabant"
PERMISSION = "urn:ngsi-ld:TravelPermission:test:brabant"
SCHEME = "urn:ngsi-ld:VoucherScheme:test:fairs"
_DAY = date(2026, 5, 1)


def places() -> list[Record]:
    """Countries, regions, cities and a theme."""
    cities = ((ROTTERDAM, "Rotterdam", 4.48), (UTRECHT, "Utrecht", 5.12), (DELFT, "Delft", 4.36))
    return [
        Country(id=NETHERLANDS, title={"en": "Netherlands", "nl": "Nederland"}, iso_code="NL"),
        Country(id=KOREA, title={"en": "Korea", "ko": "대한민국"}, iso_code="KR"),
        Country(id=SPAIN, title={"en": "Spain", "nl": "Spanje"}, iso_code="ES"),
        Region(id=BRABANT, title={"en": "North Brabant"}, country=NETHERLANDS),
        Region(id=GYEONGGI, title={"en": "Gyeonggi", "ko": "경기도"}, country=KOREA),
        Theme(id=MOBILITY, title={"en": "Mobility", "nl": "Mobiliteit"}, notation="mobility"),
        *(
            Municipality(
                id=city,
                title={"en": name},
                country=NETHERLANDS,
                location={"type": "Point", "coordinates": [longitude, 52.0]},
            )
            for city, name, longitude in cities
        ),
    ]


def a_stand(**more: object) -> JointPresentation:
    """A stand of three cities; Delft tells no story."""
    values: dict[str, object] = {
        "id": STAND,
        "title": {"en": "Dutch pavilion", "nl": "Nederlands paviljoen", "ko": "네덜란드관"},
        "description": {"en": "We show it together.", "nl": "We laten het samen zien."},
        "source_city": NETHERLANDS,
        "source_date": _DAY,
        "themes": (MOBILITY,),
        "event": EVENT,
        "stand": {"en": "Hall 2"},
        "stand_number": "D-141",
        "led_by": {"en": "The mayor of Utrecht"},
        "participants": 200,
        "cities": (UTRECHT, ROTTERDAM, DELFT),
        "city_count": 17,
        "highlights": {"en": "Bicycles count themselves.\n\nWater finds its own way."},
    }
    return JointPresentation(**(values | more))  # type: ignore[arg-type]  # names are as they are there


def a_story(city: str, key: str, *sessions: Session, **more: object) -> CityStory:
    """A story with a track."""
    values: dict[str, object] = {
        "id": f"urn:ngsi-ld:CityStory:test:{key}",
        "title": {"en": f"Story of {key}"},
        "description": {"en": f"What {key} does.", "nl": f"Wat {key} doet."},
        "source_city": city,
        "source_date": _DAY,
        "presentation": STAND,
        "city": city,
        "track": {"en": f"Track of {key}"},
        "sessions": sessions,
    }
    return CityStory(**(values | more))  # type: ignore[arg-type]  # likewise


def fair_records(first: date = date(2026, 11, 3)) -> list[Record]:
    """A fair of three days from a day on, with the stand and two stories."""
    second = first + timedelta(days=1)
    return [
        Event(
            id=EVENT,
            title={"en": "Smart City Expo"},
            source_city=SPAIN,
            kind="fair",
            starts=first,
            ends=first + timedelta(days=2),
            timezone="Europe/Madrid",
            country=SPAIN,
            venue={"en": "Barcelona"},
            website="https://expo.example/",
        ),
        a_stand(),
        a_story(
            UTRECHT,
            "Utrecht",
            Session(
                key="bikes",
                title={"en": "Counting bicycles", "ko": "자전거 수 세기"},
                starts=f"{second}T10:00",
                ends=f"{second}T10:45",
                room={"en": "Room A"},
                speakers={"en": "Traffic department"},
            ),
            Session(key="later", title={"en": "To be told"}),
        ),
        a_story(
            ROTTERDAM,
            "Rotterdam",
            Session(key="water", title={"en": "Water squares"}, starts=f"{second}T09:30"),
            Session(key="open", title={"en": "Opening"}, starts=str(first)),
        ),
    ]


def a_permission(**more: object) -> TravelPermission:
    """The permission of Brabant, approved, with a cost in won."""
    values: dict[str, object] = {
        "id": PERMISSION,
        "title": {"en": "Permission to travel to Gyeonggi"},
        "source_city": BRABANT,
        "source_date": _DAY,
        "mission": MISSION,
        "number": "C2350630/6066843",
        "status": "approved",
        "approved_on": date(2025, 1, 20),
        "budget": (
            BudgetLine(part="officials", amount=Decimal(8763), people=1),
            BudgetLine(part="staff", amount=Decimal(10344), people=2, number="6066843-2"),
        ),
        "costs": (
            Cost(part="officials", amount=Decimal("8330.00"), currency="EUR"),
            Cost(part="staff", amount=Decimal("9424.31"), currency="EUR"),
            Cost(
                part="staff",
                amount=Decimal(98000),
                currency="KRW",
                on=date(2025, 3, 6),
                description={"en": "Train to Suwon"},
                receipt="R-7",
            ),
        ),
        "rates": (
            DayRate(currency="KRW", rate=Decimal("0.000635"), on=date(2025, 3, 6), source="ECB"),
        ),
    }
    return TravelPermission(**(values | more))  # type: ignore[arg-type]  # likewise


def a_scheme(**more: object) -> VoucherScheme:
    """A scheme of 5,000 euro for missions to Korea, open all of 2026."""
    values: dict[str, object] = {
        "id": SCHEME,
        "title": {"en": "Vouchers for fairs", "nl": "Beursvouchers"},
        "source_city": NETHERLANDS,
        "source_date": _DAY,
        "giver": NETHERLANDS,
        "conditions": {"en": "For whoever shows something at the stand."},
        "budget": Money(Decimal(5000), "EUR"),
        "most": Money(Decimal(2500), "EUR"),
        "opens": date(2026, 1, 1),
        "closes": date(2026, 12, 31),
        "countries": (KOREA,),
    }
    return VoucherScheme(**(values | more))  # type: ignore[arg-type]  # likewise


def money_records() -> list[Record]:
    """The visit of Brabant with its permission, and the scheme."""
    mission = Mission(
        id=MISSION,
        title={"en": "Visit to Gyeonggi", "nl": "Bezoek aan Gyeonggi"},
        source_city=BRABANT,
        source_date=_DAY,
        direction="outgoing",
        organiser=BRABANT,
        country=KOREA,
        starts=date(2025, 3, 3),
        ends=date(2025, 3, 8),
        timezone="Asia/Seoul",
        home_timezone="Europe/Amsterdam",
    )
    return [mission, a_permission(), a_scheme()]
