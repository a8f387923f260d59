"""One record of each type of cooperation across borders, with all that it may say."""

from datetime import date
from decimal import Decimal

from hanze.collaboration.cooperating.terms import digest_of
from hanze.collaboration.records.cooperation import (
    Accord,
    AccordSignature,
    Cooperation,
    CooperationStep,
    CountryLead,
    Document,
    GroupMember,
    GroupTask,
    MentorProfile,
    Mentorship,
    Minutes,
    WorkingGroup,
)
from hanze.collaboration.records.gatherings import (
    CityStory,
    DayTable,
    DayTravel,
    Interpreter,
    JointPresentation,
    MatchmakingDay,
    MeetingRequest,
    MeetingSlot,
    Participation,
    Session,
)
from hanze.collaboration.records.missions import (
    BudgetLine,
    Cost,
    DayRate,
    Delegate,
    Event,
    FollowUp,
    Mission,
    MissionReport,
    ProgrammeItem,
    ReportSection,
    TravelPermission,
    Update,
    Voucher,
    VoucherScheme,
)
from hanze.collaboration.records.record import Money, Record
from tests.portal.collective_world import BUSAN, DEMAND, GRONINGEN, MOBILITY, PROJECT, PROVEN

__all__ = ["ACCORD", "DAY", "MISSION", "PERMISSION", "STAND", "samples"]

NETHERLANDS, KOREA = "urn:ngsi-ld:Country:NL", "urn:ngsi-ld:Country:KR"
RACKERS = "urn:ngsi-ld:Organization:test:a"
COOPERATION = "urn:ngsi-ld:Cooperation:test:busan"
ACCORD = "urn:ngsi-ld:Accord:test:busan"
GROUP = "urn:ngsi-ld:WorkingGroup:test:busan"
MISSION = "urn:ngsi-ld:Mission:test:busan"
EVENT = "urn:ngsi-ld:Event:test:fair"
STAND = "urn:ngsi-ld:JointPresentation:test:stand"
DAY = "urn:ngsi-ld:MatchmakingDay:test:day"
PERMISSION = "urn:ngsi-ld:TravelPermission:test:busan"
HOME = "urn:ngsi-ld:Participation:test:home"
#: Of a record that no node here holds yet.
UNHEARD = "urn:ngsi-ld:Organization:elsewhere:unheard"
_FILE = Document(
    title={"nl": "De tekst", "ko": "본문"}, sha256="ab" * 32, size=1_234, url="https://x.example/a"
)


def samples() -> list[Record]:
    """Records that name each other, those first that others name."""
    agreed = (*_worked(), *_agreed(), *_grouped())
    return [*agreed, *_travelled(), *_followed(), *_shown(), *_met(), *_paid(), *_people()]


def _worked() -> list[Record]:
    return [
        Cooperation(
            id=COOPERATION,
            title={"nl": "Groningen en Busan"},
            source_city=GRONINGEN,
            party=GRONINGEN,
            partner=BUSAN,
            status="active",
            since=date(2025, 1, 1),
            goal={"nl": "Van elkaar leren"},
            interests=(MOBILITY,),
            interest_notes={"en": "Parking of bicycles"},
        ),
        CooperationStep(
            id="urn:ngsi-ld:CooperationStep:test:challenges",
            title={"nl": "Opgaven"},
            source_city=GRONINGEN,
            cooperation=COOPERATION,
            step="challenges",
            due=date(2026, 2, 1),
            done_on=date(2026, 1, 15),
            challenges=(DEMAND,),
            progress={"nl": "Eén opgave genoemd"},
            documents=(_FILE,),
        ),
    ]


def _agreed() -> list[Record]:
    accord = Accord(
        id=ACCORD,
        title={"nl": "Fietsen in twee havensteden", "ko": "두 항구 도시의 자전거"},
        source_city=GRONINGEN,
        themes=(MOBILITY,),
        kind="memorandum",
        parties=(GRONINGEN, BUSAN),
        terms={"nl": "Wij delen metingen.", "en": "We share what we measure."},
        valid_from=date(2026, 1, 1),
        valid_until=date(2030, 12, 31),
        status="offered",
        documents=(_FILE,),
        cooperation=COOPERATION,
    )
    return [
        accord,
        AccordSignature(
            id="urn:ngsi-ld:AccordSignature:test:groningen",
            title={"nl": "Groningen tekent"},
            source_city=GRONINGEN,
            accord=ACCORD,
            party=GRONINGEN,
            digest=digest_of(accord),
            signed_on=date(2026, 1, 2),
            signatory={"nl": "Wethouder"},
        ),
    ]


def _grouped() -> list[Record]:
    return [
        WorkingGroup(
            id=GROUP,
            title={"nl": "Werkgroep fietsen"},
            source_city=GRONINGEN,
            accord=ACCORD,
            members=(
                GroupMember(party=GRONINGEN, role={"nl": "Trekker"}),
                GroupMember(party=BUSAN),
            ),
            tasks=(
                GroupTask(key="t1", title={"nl": "Tellen"}, owner=BUSAN, due=date(2026, 3, 1)),
                GroupTask(key="t2", title={"nl": "Delen"}, done_on=date(2026, 2, 1)),
            ),
            minutes=(Minutes(on=date(2026, 1, 20), text={"nl": "Begonnen"}, document="cd" * 32),),
            next_meeting=date(2026, 4, 1),
        ),
        CountryLead(
            id="urn:ngsi-ld:CountryLead:test:bicycles",
            title={"nl": "Fietsen"},
            source_city=GRONINGEN,
            theme=MOBILITY,
            country=NETHERLANDS,
            lead=GRONINGEN,
            partner_country=KOREA,
            partner_lead=BUSAN,
            since=date(2026, 1, 1),
            orders={"nl": "Daarna een open aanbesteding"},
        ),
    ]


def _travelled() -> list[Record]:
    return [
        Event(
            id=EVENT,
            title={"en": "Bicycle fair"},
            source_city=BUSAN,
            kind="fair",
            starts=date(2026, 5, 11),
            ends=date(2026, 5, 13),
            timezone="Asia/Seoul",
            country=KOREA,
            municipality=BUSAN,
            venue={"ko": "벡스코"},
            website="https://fair.example/",
        ),
        Mission(
            id=MISSION,
            title={"nl": "Naar Busan"},
            source_city=GRONINGEN,
            themes=(MOBILITY,),
            direction="outgoing",
            organiser=GRONINGEN,
            country=KOREA,
            places=(BUSAN,),
            goal={"nl": "Zien hoe Busan fietsen telt", "en": "To see how Busan counts bicycles"},
            status="confirmed",
            starts=date(2026, 5, 10),
            ends=date(2026, 5, 14),
            timezone="Asia/Seoul",
            home_timezone="Europe/Amsterdam",
            delegates=(
                Delegate(role={"nl": "Wethouder"}, organization=GRONINGEN, part="officials"),
                Delegate(role={"nl": "Staf"}, organization=UNHEARD, people=2, languages=("nl",)),
            ),
            programme=(
                ProgrammeItem(
                    key="visit",
                    kind="visit",
                    title={"nl": "Bezoek aan de haven"},
                    starts="2026-05-11T10:00",
                    ends="2026-05-11T11:30",
                    hosts=(BUSAN,),
                    place={"ko": "부산항"},
                ),
            ),
            events=(EVENT,),
            accord=ACCORD,
            cooperation=COOPERATION,
            open_to_others=True,
            register_before=date(2026, 4, 1),
            places_left=3,
        ),
    ]


def _followed() -> list[Record]:
    return [
        FollowUp(
            id="urn:ngsi-ld:FollowUp:test:counting",
            title={"nl": "Samen tellen"},
            source_city=GRONINGEN,
            kind="follow-up",
            mission=MISSION,
            accord=ACCORD,
            group=GROUP,
            on=date(2026, 5, 12),
            due=date(2026, 9, 1),
            owner=GRONINGEN,
            became=(PROJECT,),
            updates=(Update(on=date(2026, 6, 1), text={"nl": "De teller staat er"}),),
        ),
        MissionReport(
            id="urn:ngsi-ld:MissionReport:test:busan",
            title={"nl": "Verslag Busan"},
            source_city=GRONINGEN,
            mission=MISSION,
            author=GRONINGEN,
            sections=(ReportSection(key="conclusion", text={"nl": "Het was goed."}),),
            documents=(_FILE,),
        ),
    ]


def _shown() -> list[Record]:
    return [
        JointPresentation(
            id=STAND,
            title={"en": "Dutch stand"},
            source_city=GRONINGEN,
            event=EVENT,
            mission=MISSION,
            stand={"en": "Holland"},
            stand_number="B2",
            led_by={"en": "The mayor"},
            participants=20,
            cities=(GRONINGEN,),
            city_count=3,
            highlights={"en": "Bicycles\n\nWater"},
        ),
        CityStory(
            id="urn:ngsi-ld:CityStory:test:groningen",
            title={"nl": "Groningen fietst"},
            source_city=GRONINGEN,
            presentation=STAND,
            city=GRONINGEN,
            track={"nl": "Fietsstad"},
            sessions=(
                Session(key="s1", title={"nl": "Tellen"}, starts="2026-05-12"),
                Session(
                    key="s2",
                    title={"nl": "Stallen"},
                    starts="2026-05-12T14:00",
                    ends="2026-05-12T15:00",
                    speakers={"nl": "De fietsmeester"},
                ),
            ),
            projects=(PROJECT, PROVEN),
        ),
    ]


def _met() -> list[Record]:
    return [
        MatchmakingDay(
            id=DAY,
            title={"nl": "Ontmoetingen in Busan"},
            source_city=BUSAN,
            event=EVENT,
            organiser=BUSAN,
            on=date(2026, 5, 12),
            timezone="Asia/Seoul",
            status="open",
            register_before=date(2026, 5, 1),
            slots=(
                MeetingSlot(key="a", starts="2026-05-12T09:00", ends="2026-05-12T09:30"),
                MeetingSlot(key="b", starts="2026-05-12T09:40", ends="2026-05-12T10:10"),
            ),
            tables=(DayTable(key="1", place="hall"), DayTable(key="2")),
            travel=(DayTravel(one="hall", other="harbour", minutes=15),),
            interpreters=(Interpreter(key="i1", languages=("nl", "ko"), away=("b",)),),
            across_only=False,
            most_meetings=4,
        ),
        Participation(
            id=HOME,
            title={"ko": "부산"},
            source_city=BUSAN,
            day=DAY,
            party=BUSAN,
            side="home",
            languages=("ko",),
        ),
        Participation(
            id="urn:ngsi-ld:Participation:test:guest",
            title={"nl": "Groningen"},
            source_city=GRONINGEN,
            day=DAY,
            party=GRONINGEN,
            side="guest",
            languages=("nl", "en"),
            offers={"nl": "Tellers"},
            seeks={"nl": "Stallingen"},
            requests=(MeetingRequest(participation=HOME, interest=5, why={"nl": "Zij tellen al"}),),
            away=("b",),
            most_meetings=2,
        ),
    ]


def _paid() -> list[Record]:
    return [
        TravelPermission(
            id=PERMISSION,
            title={"nl": "Toestemming Busan"},
            source_city=GRONINGEN,
            mission=MISSION,
            number="G-2026/17",
            status="approved",
            approved_on=date(2026, 3, 1),
            approved_by={"nl": "College"},
            budget=(
                BudgetLine(part="officials", amount=Decimal("4100.50"), people=1),
                BudgetLine(part="staff", amount=Decimal(7000), number="G-2026/18"),
            ),
            costs=(
                Cost(part="officials", amount=Decimal("4000.25"), currency="EUR"),
                Cost(
                    part="staff",
                    amount=Decimal(900_000),
                    currency="KRW",
                    on=date(2026, 5, 11),
                    receipt="12",
                ),
            ),
            rates=(DayRate(currency="KRW", rate=Decimal("0.000631"), on=date(2026, 5, 11)),),
        ),
        VoucherScheme(
            id="urn:ngsi-ld:VoucherScheme:test:busan",
            title={"nl": "Vouchers voor Busan"},
            source_city=GRONINGEN,
            giver=GRONINGEN,
            conditions={"nl": "Een bedrijf uit de regio"},
            budget=Money(Decimal(20_000), "EUR"),
            most=Money(Decimal("2500.50"), "EUR"),
            opens=date(2026, 1, 1),
            closes=date(2026, 4, 1),
            countries=(KOREA,),
            vouchers=(
                Voucher(
                    number="1",
                    to=RACKERS,
                    mission=MISSION,
                    amount=Decimal(1500),
                    status="requested",
                    on=date(2026, 2, 1),
                ),
            ),
        ),
    ]


def _people() -> list[Record]:
    mentor, student = "urn:ngsi-ld:MentorProfile:test:m", "urn:ngsi-ld:MentorProfile:test:s"
    return [
        MentorProfile(
            id=mentor,
            title={"nl": "Mentor fietsen"},
            source_city=GRONINGEN,
            themes=(MOBILITY,),
            role="mentor",
            organization=RACKERS,
            country=NETHERLANDS,
            languages=("nl", "en"),
            capacity=3,
            wishes={"nl": "Helpt met tellen"},
            until=date(2027, 1, 1),
        ),
        MentorProfile(
            id=student, title={"ko": "학생"}, source_city=BUSAN, role="student", languages=("ko",)
        ),
        Mentorship(
            id="urn:ngsi-ld:Mentorship:test:1",
            title={"nl": "Samen tellen"},
            source_city=GRONINGEN,
            mentor=mentor,
            student=student,
            status="active",
            since=date(2026, 2, 1),
            reasons={"nl": "Hetzelfde thema"},
            outcome={"nl": "Een teller"},
        ),
    ]
