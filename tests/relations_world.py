"""Partners of two countries with a history: contact, steps, visits, an accord, work together."""

from datetime import date, timedelta
from decimal import Decimal

from hanze.collaboration.cooperating.terms import digest_of
from hanze.collaboration.records.cooperation import (
    Accord,
    AccordSignature,
    Cooperation,
    CooperationStep,
    CountryLead,
    MentorProfile,
    Minutes,
    WorkingGroup,
)
from hanze.collaboration.records.missions import (
    BudgetLine,
    Cost,
    Event,
    FollowUp,
    Mission,
    MissionReport,
    ProgrammeItem,
    TravelPermission,
)
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.offers import Solution
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.projects import Project, Replication
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.themes import Theme

__all__ = [
    "ACCORD",
    "BRABANT",
    "COMPANY",
    "EINDHOVEN",
    "GYEONGGI",
    "KR",
    "LAB",
    "MENTOR",
    "MISSION",
    "NL",
    "RAIN",
    "STUDENT",
    "SUWON",
    "UTRECHT",
    "WATER",
    "country_lead",
    "history",
    "people",
    "places",
]

NL, KR = "urn:ngsi-ld:Country:NL", "urn:ngsi-ld:Country:KR"
BRABANT, GYEONGGI = "urn:ngsi-ld:Region:test:brabant", "urn:ngsi-ld:Region:test:gyeonggi"
EINDHOVEN, UTRECHT, SUWON = (
    f"urn:ngsi-ld:Municipality:test:{name}" for name in ("eindhoven", "utrecht", "suwon")
)
LAB = "urn:ngsi-ld:Organization:test:lab"
COMPANY = "urn:ngsi-ld:Organization:test:pumps"
WATER, RAIN = "urn:ngsi-ld:Theme:test:water", "urn:ngsi-ld:Theme:test:rain"
MISSION = "urn:ngsi-ld:Mission:test:visit"
ACCORD = "urn:ngsi-ld:Accord:test:water"
MENTOR, STUDENT = (f"urn:ngsi-ld:MentorProfile:test:{name}" for name in ("mentor", "student"))


def places() -> list[Record]:
    """Two countries, their regions and cities, a lab and a company, and a theme with a part."""
    return [
        Country(id=NL, title={"en": "Netherlands"}, iso_code="NL"),
        Country(id=KR, title={"en": "Korea"}, iso_code="KR"),
        Region(id=BRABANT, title={"en": "Brabant"}, country=NL),
        Region(id=GYEONGGI, title={"en": "Gyeonggi"}, country=KR, leads_themes=(RAIN,)),
        Municipality(id=EINDHOVEN, title={"en": "Eindhoven"}, country=NL, region=BRABANT),
        Municipality(id=UTRECHT, title={"en": "Utrecht"}, country=NL),
        Municipality(id=SUWON, title={"en": "Suwon"}, country=KR, region=GYEONGGI),
        Organization(
            id=LAB, title={"en": "Rain lab"}, kind="university", country=KR, municipality=SUWON
        ),
        Organization(id=COMPANY, title={"en": "Pumps"}, kind="company", country=NL),
        Theme(id=WATER, title={"en": "Water", "nl": "Water", "ko": "물"}),
        Theme(id=RAIN, title={"en": "Heavy rain"}, broader=WATER),
    ]


def history(today: date) -> list[Record]:
    """A first contact 300 days ago, a visit 200 days ago, an accord 100 days ago, and what followed."""
    return [*places(), *_agreed(today), *_travelled(today), *_told(today), *_worked(today)]


def _agreed(today: date) -> list[Record]:
    cooperation = Cooperation(
        id="urn:ngsi-ld:Cooperation:test:ours",
        title={"en": "Brabant and Gyeonggi"},
        source_city=BRABANT,
        party=BRABANT,
        partner=GYEONGGI,
        since=today - timedelta(days=300),
        interests=(WATER,),
        interest_notes={"en": "Above all what happens under the streets."},
    )
    accord = Accord(
        id=ACCORD,
        title={"en": "Memorandum on water"},
        source_city=BRABANT,
        themes=(WATER,),
        kind="memorandum",
        parties=(BRABANT, GYEONGGI),
        terms={"en": "We share measurements."},
        status="offered",
    )
    return [
        cooperation,
        CooperationStep(
            id="urn:ngsi-ld:CooperationStep:test:contacts",
            title={"en": "Contacts"},
            source_city=BRABANT,
            cooperation=cooperation.id,
            step="contacts",
            due=today - timedelta(days=20),
        ),
        accord,
        *(
            AccordSignature(
                id=f"urn:ngsi-ld:AccordSignature:test:{number}",
                title={"en": "Signature"},
                source_city=party,
                accord=accord.id,
                party=party,
                digest=digest_of(accord),
                signed_on=today - timedelta(days=100 + number),
            )
            for number, party in enumerate((BRABANT, GYEONGGI))
        ),
        WorkingGroup(
            id="urn:ngsi-ld:WorkingGroup:test:water",
            title={"en": "Working group"},
            source_city=BRABANT,
            accord=accord.id,
            minutes=(Minutes(on=today - timedelta(days=50), text={"en": "We began."}),),
            next_meeting=today + timedelta(days=10),
        ),
    ]


def _travelled(today: date) -> list[Record]:
    starts = today - timedelta(days=200)
    return [
        Event(
            id="urn:ngsi-ld:Event:test:fair",
            title={"en": "Water fair"},
            kind="fair",
            starts=starts,
            ends=starts,
            country=KR,
        ),
        Mission(
            id=MISSION,
            title={"en": "Visit to Gyeonggi"},
            source_city=BRABANT,
            themes=(RAIN,),
            direction="outgoing",
            organiser=BRABANT,
            country=KR,
            places=(GYEONGGI,),
            status="completed",
            starts=starts,
            ends=starts + timedelta(days=2),
            timezone="Asia/Seoul",
            home_timezone="Europe/Amsterdam",
            programme=(
                ProgrammeItem(
                    key="lab",
                    kind="visit",
                    title={"en": "Visit to the lab"},
                    starts=f"{starts.isoformat()}T10:00",
                    hosts=(LAB,),
                ),
                ProgrammeItem(key="fly", kind="travel", title={"en": "Flight"}),
            ),
            events=("urn:ngsi-ld:Event:test:fair",),
        ),
    ]


def _told(today: date) -> list[Record]:
    """What the visit cost, its report, and what followed."""
    starts = today - timedelta(days=200)
    return [
        TravelPermission(
            id="urn:ngsi-ld:TravelPermission:test:visit",
            title={"en": "Leave to travel"},
            source_city=BRABANT,
            mission=MISSION,
            number="C1",
            status="approved",
            approved_on=starts - timedelta(days=30),
            budget=(BudgetLine(part="staff", amount=Decimal(1000)),),
            costs=(Cost(part="staff", amount=Decimal("900.50"), currency="EUR", on=starts),),
        ),
        MissionReport(
            id="urn:ngsi-ld:MissionReport:test:visit",
            title={"en": "Report"},
            source_city=BRABANT,
            mission=MISSION,
            status="published",
            published_on=starts + timedelta(days=30),
        ),
        FollowUp(
            id="urn:ngsi-ld:FollowUp:test:invite",
            title={"en": "Invite them"},
            source_city=BRABANT,
            kind="follow-up",
            mission=MISSION,
            on=starts + timedelta(days=2),
            owner=BRABANT,
            status="done",
            done_on=starts + timedelta(days=40),
        ),
    ]


def _worked(today: date) -> list[Record]:
    return [
        Demand(
            id="urn:ngsi-ld:Demand:test:drains",
            title={"en": "Full drains"},
            problem={"en": "Streets flood."},
            source_city=SUWON,
            themes=(RAIN,),
        ),
        Solution(
            id="urn:ngsi-ld:Solution:test:pump",
            title={"en": "Pump"},
            what_it_does={"en": "Pumps."},
            providers=(COMPANY,),
        ),
        Project(
            id="urn:ngsi-ld:Project:test:streets",
            title={"en": "Dry streets"},
            source_city=SUWON,
            themes=(RAIN,),
            stage="pilot",
            lead=SUWON,
            partners=(EINDHOVEN,),
            suppliers=(COMPANY,),
            solutions=("urn:ngsi-ld:Solution:test:pump",),
            started_on=today - timedelta(days=30),
        ),
        Replication(
            id="urn:ngsi-ld:Replication:test:considered",
            title={"en": "Rain map"},
            source_city=EINDHOVEN,
            project="urn:ngsi-ld:Project:test:streets",
            city=EINDHOVEN,
            credit_to=SUWON,
            status="considered",
            source_date=today - timedelta(days=5),
        ),
    ]


def country_lead(name: str, **fields: object) -> CountryLead:
    """A lead of Utrecht for water with Korea, unless fields say otherwise."""
    given: dict[str, object] = {
        "id": f"urn:ngsi-ld:CountryLead:test:{name}",
        "title": {"en": f"Lead {name}"},
        "source_city": NL,
        "theme": WATER,
        "country": NL,
        "lead": UTRECHT,
        "partner_country": KR,
    }
    return CountryLead(**(given | fields))  # type: ignore[arg-type]  # gathered by name


def people() -> list[Record]:
    """A mentor in Korea and a student in the Netherlands who both work on rain."""
    return [
        MentorProfile(
            id=MENTOR,
            title={"en": "Mentor"},
            source_city=SUWON,
            themes=(RAIN,),
            role="mentor",
            organization=LAB,
            country=KR,
            languages=("ko", "en"),
            wishes={"en": "I teach how streets take up rainwater."},
        ),
        MentorProfile(
            id=STUDENT,
            title={"en": "Student"},
            source_city=EINDHOVEN,
            themes=(WATER,),
            role="student",
            country=NL,
            languages=("nl", "en-GB"),
            wishes={"en": "I want to learn about rainwater."},
        ),
    ]
