"""A journey of a province, with its agreement, costs and what is to follow, as records of tests."""

from datetime import date
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from hanze.collaboration.collective import Collective
from hanze.collaboration.records.cooperation import Accord, GroupMember, GroupTask, WorkingGroup
from hanze.collaboration.records.missions import (
    BudgetLine,
    Cost,
    Delegate,
    Event,
    FollowUp,
    Mission,
    MissionReport,
    ProgrammeItem,
    ReportSection,
    TravelPermission,
    Update,
)
from hanze.collaboration.records.organisations import Contact, Organization
from hanze.collaboration.records.places import Country, Region
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.themes import Theme
from tests.collectives import collective_of

__all__ = [
    "ACCORD",
    "BRABANT",
    "FIRST",
    "GYEONGGI",
    "INVITATION",
    "JOURNEY",
    "PERMISSION",
    "PROJECT",
    "REPORT",
    "STUDIES",
    "TODAY",
    "journey",
    "travelled",
]

TODAY = date(2026, 11, 22)
BRABANT = "urn:ngsi-ld:Region:NL:PV30"
GYEONGGI = "urn:ngsi-ld:Region:KR:31"
NL, KR = "urn:ngsi-ld:Country:NL", "urn:ngsi-ld:Country:KR"
ENERGY = "urn:ngsi-ld:Theme:hanze:energy"
JOURNEY = "urn:ngsi-ld:Mission:test:brabant-2025"
FIRST = "urn:ngsi-ld:Mission:test:brabant-2023"
ACCORD = "urn:ngsi-ld:Accord:test:brabant-gyeonggi"
GROUP = "urn:ngsi-ld:WorkingGroup:test:brabant-gyeonggi"
PERMISSION = "urn:ngsi-ld:TravelPermission:test:brabant-2025"
REPORT = "urn:ngsi-ld:MissionReport:test:brabant-2025"
INVITATION = "urn:ngsi-ld:FollowUp:test:invitation"
STUDIES = "urn:ngsi-ld:FollowUp:test:studies"
PROJECT = "urn:ngsi-ld:Project:test:batteries"
DESK = "urn:ngsi-ld:Contact:test:desk"


#: Read once: it is only looked at.
_READ: Final[list[Collective]] = []


async def travelled() -> Collective:
    """The records of `journey`, read; not to be refreshed, as their store is closed."""
    if not _READ:
        async with collective_of(*journey()) as collective:
            _READ.append(collective)
    return _READ[0]


def journey() -> list[Record]:
    """The visit of North Brabant to Gyeonggi in March 2025, and one before it."""
    return [
        replace(one, provenance="entered", source_city=one.source_city or BRABANT)
        for one in (*_places(), *_agreed(), *_missions(), *_money(), *_outcomes())
    ]


def _places() -> list[Record]:
    return [
        Country(id=NL, title={"nl": "Nederland", "en": "Netherlands"}, iso_code="NL"),
        Country(
            id=KR, title={"nl": "Zuid-Korea", "en": "South Korea", "ko": "대한민국"}, iso_code="KR"
        ),
        Region(
            id=BRABANT,
            title={"nl": "Noord-Brabant", "en": "North Brabant", "ko": "노르트브라반트주"},
            country=NL,
        ),
        Region(id=GYEONGGI, title={"en": "Gyeonggi", "ko": "경기도"}, country=KR),
        Theme(id=ENERGY, title={"nl": "Energie", "en": "Energy", "ko": "에너지"}),
        Organization(
            id="urn:ngsi-ld:Organization:test:iae",
            title={"en": "Institute for Advanced Engineering", "ko": "고등기술연구원"},
            kind="other",
        ),
        Contact(id=DESK, title={"en": "International desk"}, organization=BRABANT),
        Event(
            id="urn:ngsi-ld:Event:test:interbattery",
            title={"en": "InterBattery 2025", "ko": "인터배터리 2025"},
            kind="fair",
            starts=date(2025, 3, 5),
            ends=date(2025, 3, 7),
        ),
        Project(
            id=PROJECT,
            title={"en": "Second life of batteries", "nl": "Tweede leven van accu's"},
            stage="pilot",
        ),
    ]


def _agreed() -> list[Record]:
    return [
        Accord(
            id=ACCORD,
            title={"nl": "Overeenkomst 2024", "en": "Agreement 2024", "ko": "2024년 협약"},
            kind="memorandum",
            parties=(BRABANT, GYEONGGI),
            status="offered",
            concluded="2024-10",
        ),
        WorkingGroup(
            id=GROUP,
            title={"en": "Working group batteries", "ko": "배터리 실무단"},
            accord=ACCORD,
            members=(GroupMember(party=BRABANT), GroupMember(party=GYEONGGI)),
            tasks=(
                GroupTask(key="a", title={"en": "Plan"}, done_on=date(2025, 1, 10)),
                GroupTask(key="b", title={"en": "Study"}, due=date(2025, 12, 31)),
            ),
        ),
    ]


def _missions() -> list[Record]:
    return [
        Mission(
            id=FIRST,
            title={"en": "First visit to Gyeonggi", "nl": "Eerste bezoek aan Gyeonggi"},
            direction="outgoing",
            organiser=BRABANT,
            country=KR,
            status="completed",
            starts=date(2023, 5, 8),
            ends=date(2023, 5, 12),
            timezone="Asia/Seoul",
            home_timezone="Europe/Amsterdam",
        ),
        Mission(
            id=JOURNEY,
            title={"nl": "Bezoek aan Gyeonggi", "en": "Visit to Gyeonggi", "ko": "경기도 방문"},
            themes=(ENERGY,),
            direction="outgoing",
            organiser=BRABANT,
            country=KR,
            places=(GYEONGGI,),
            goal={"nl": "Elkaar ontmoeten.", "en": "To meet.", "ko": "서로 만납니다."},
            status="completed",
            starts=date(2025, 3, 4),
            ends=date(2025, 3, 8),
            timezone="Asia/Seoul",
            home_timezone="Europe/Amsterdam",
            accord=ACCORD,
            events=("urn:ngsi-ld:Event:test:interbattery",),
            delegates=_delegates(),
            programme=_programme(),
        ),
    ]


def _delegates() -> tuple[Delegate, ...]:
    return (
        Delegate(
            role={"nl": "Gedeputeerde", "en": "Member of the executive", "ko": "부지사"},
            organization=BRABANT,
            part="officials",
            leads=True,
        ),
        Delegate(
            role={"nl": "Ambtenaren", "en": "Staff", "ko": "직원"},
            organization=BRABANT,
            part="staff",
            people=2,
            contact=DESK,
        ),
    )


def _programme() -> tuple[ProgrammeItem, ...]:
    return (
        ProgrammeItem(
            key="governor",
            kind="meeting",
            title={"en": "Meeting with the governor", "ko": "경기도지사 면담"},
            starts="2025-03-05T08:00",
            ends="2025-03-05T09:30",
            hosts=(GYEONGGI,),
            note={"en": "To speak of batteries."},
            outcome={"en": "Both go on <together> & soon."},
        ),
        ProgrammeItem(
            key="iae",
            kind="visit",
            title={"en": "Visit to the institute", "ko": "연구원 방문"},
            starts="2025-03-06",
            hosts=("urn:ngsi-ld:Organization:test:iae",),
        ),
        ProgrammeItem(key="women", kind="event", title={"en": "Women in Tech"}, proposed=True),
    )


def _money() -> list[Record]:
    return [
        TravelPermission(
            id=PERMISSION,
            title={"en": "Permission"},
            mission=JOURNEY,
            number="C2350630/6066843",
            status="approved",
            approved_on=date(2025, 1, 14),
            approved_by={"nl": "Gedeputeerde Staten", "en": "Provincial Executive"},
            budget=(
                BudgetLine(part="officials", amount=Decimal("8763.00"), people=1),
                BudgetLine(part="staff", amount=Decimal("10344.00"), people=2),
            ),
            costs=(
                Cost(part="officials", amount=Decimal("8330.00"), currency="EUR"),
                Cost(part="staff", amount=Decimal("9486.54"), currency="EUR"),
            ),
        )
    ]


def _outcomes() -> list[Record]:
    reached = date(2025, 3, 8)
    return [
        FollowUp(
            id="urn:ngsi-ld:FollowUp:test:plan",
            title={"en": "A plan for batteries", "ko": "배터리 계획"},
            kind="result",
            mission=JOURNEY,
            on=reached,
            owner=BRABANT,
            status="done",
            done_on=reached,
            became=(PROJECT,),
        ),
        FollowUp(
            id=INVITATION,
            title={"nl": "Uitnodiging", "en": "Invitation for 2026", "ko": "2026년 초청"},
            kind="follow-up",
            mission=JOURNEY,
            accord=ACCORD,
            on=reached,
            due=date(2099, 12, 31),
            owner=BRABANT,
        ),
        FollowUp(
            id=STUDIES,
            title={"nl": "Marktonderzoek", "en": "Market studies", "ko": "시장 조사"},
            kind="follow-up",
            mission=JOURNEY,
            on=reached,
            due=date(2025, 6, 30),
            owner=GYEONGGI,
            updates=(Update(on=date(2025, 6, 1), text={"en": "A bureau was asked."}),),
        ),
        FollowUp(
            id="urn:ngsi-ld:FollowUp:test:first",
            title={"en": "Write an agreement"},
            kind="follow-up",
            mission=FIRST,
            on=date(2023, 5, 12),
            status="done",
            done_on=date(2024, 10, 15),
            became=(ACCORD,),
        ),
        MissionReport(
            id=REPORT,
            title={"nl": "Verslag", "en": "Report", "ko": "보고서"},
            mission=JOURNEY,
            author=BRABANT,
            sections=(
                ReportSection(key="conclusion", text={"nl": "Goed.\n\nNog eens.", "en": "Good."}),
            ),
        ),
    ]
