"""What runs: projects, what moves from city to city, places to try, and what was tried."""

from datetime import date
from typing import Annotated, Final

from msgspec import Meta

from hanze.collaboration.records.record import (
    Code,
    Label,
    Money,
    Place,
    Record,
    Refers,
    Structure,
    Trl,
    Web,
)

__all__ = [
    "DIFFERENCE_ASPECTS",
    "EVALUATION_OUTCOMES",
    "PILOT_OUTCOMES",
    "QUESTIONS",
    "QUESTION_ANSWERS",
    "REPLICATION_STATUSES",
    "STAGES",
    "STUCK_REASONS",
    "Answer",
    "BusinessCase",
    "Difference",
    "Evaluation",
    "LabSlot",
    "Lesson",
    "LivingLab",
    "PilotRecord",
    "Project",
    "Replication",
    "RuleSetAside",
    "StageChange",
]

#: The funnel. Stages may loop and be skipped, with a reason.
STAGES: Final = ("idea", "challenge", "pilot", "evaluated", "replicated", "scaled", "stopped")
#: Why pilots stay on the shelf.
STUCK_REASONS: Final = (
    "no-business-case",
    "no-co-investment",
    "no-shared-ownership",
    "users-not-taken-along",
    "rules",
    "silo",
    "scale",
    "unclear-platform-value",
    "demand-not-bundled",
    "no-long-term-vision",
    "not-invented-here",
)
EVALUATION_OUTCOMES: Final = ("good", "mixed", "poor", "unknown")
REPLICATION_STATUSES: Final = (
    "considered",
    "preparing",
    "adopted",
    "running",
    "evaluated",
    "dropped",
)
#: The strategy's five questions about a solution that was proven elsewhere.
QUESTIONS: Final = ("mature", "open", "together", "users", "research")
QUESTION_ANSWERS: Final = ("yes", "partly", "no", "unknown")
#: In what places may differ.
DIFFERENCE_ASPECTS: Final = (
    "size",
    "density",
    "infrastructure",
    "regulation",
    "age",
    "income",
    "education",
    "language",
    "other",
)
PILOT_OUTCOMES: Final = ("worked", "partly", "failed")

_City = Annotated[str, Refers.to("Municipality")]
_Partner = Annotated[str, Refers.to("Organization", "Municipality", "Region", "Country")]
_Organization = Annotated[str, Refers.to("Organization")]
_Solution = Annotated[str, Refers.to("Solution")]
_Project = Annotated[str, Refers.to("Project")]
_Outcome = Annotated[str, Code(EVALUATION_OUTCOMES)]
_Stage = Annotated[str, Code(STAGES)]


class BusinessCase(Structure, frozen=True, kw_only=True):
    """What it costs and brings: money, and value for the city.

    Attributes:
        costs: Of introducing it.
        benefits: In money, over its life.
        value: For the city and its residents, by language.
        url: The whole calculation.
    """

    costs: Money | None = None
    benefits: Money | None = None
    value: Label = {}
    url: Web | None = None


class Evaluation(Structure, frozen=True, kw_only=True):
    """In three parts: does it work, do people use it, does it pay.

    Attributes:
        technical: One of `EVALUATION_OUTCOMES`.
        behavioural: One of `EVALUATION_OUTCOMES`.
        business: One of `EVALUATION_OUTCOMES`.
        notes: Of each part or of the whole, by language.
        on: Day.
        by: Who evaluated, in words.
    """

    technical: _Outcome = "unknown"
    behavioural: _Outcome = "unknown"
    business: _Outcome = "unknown"
    technical_note: Label = {}
    behavioural_note: Label = {}
    business_note: Label = {}
    on: date | None = None
    by: str = ""
    url: Web | None = None


class Lesson(Structure, frozen=True, kw_only=True):
    """What was learned; a failure teaches as well."""

    text: Label
    failure: bool = False


class StageChange(Structure, frozen=True, kw_only=True):
    """A project went from one stage to another.

    Attributes:
        origin: One of `STAGES`.
        stage: One of `STAGES`.
        on: Day.
        reason: By language; there unless it was one step forward.
    """

    origin: _Stage
    stage: _Stage
    on: date
    reason: Label = {}


class Project(Record, frozen=True, kw_only=True):
    """A smart-city project.

    Attributes:
        stage: One of `STAGES`.
        stage_reason: Why it went to this stage, where it skipped or looped, by language.
        stage_history: How it came to its stage, the latest last.
        lead: Who leads.
        followers: Cities that go along.
        partners: Others that work on it.
        suppliers: Who delivers.
        knowledge_partners: Who researches.
        co_investors: Who else pays.
        interested: Cities that want to know more.
        demand: The challenge that it answers.
        solutions: That it uses.
        standards: That it uses.
        platform: That it runs on.
        trl: Technology readiness level reached.
        started_on: Day.
        ended_on: Day.
        budget: In all.
        business_case: Missing is shown from the start; scaling up needs it.
        evaluation: In three parts.
        lessons: With the failures.
        stuck_reasons: Of `STUCK_REASONS`, why it does not move.
        stuck_since: Day.
        residents_groups: Whom it is for.
        district: The part of the city.
        long_term_vision: By language.
        website: Address.
    """

    stage: _Stage
    stage_reason: Label = {}
    stage_history: tuple[StageChange, ...] = ()
    lead: _Partner | None = None
    followers: tuple[Place, ...] = ()
    partners: tuple[_Partner, ...] = ()
    suppliers: tuple[_Organization, ...] = ()
    knowledge_partners: tuple[_Organization, ...] = ()
    co_investors: tuple[_Partner, ...] = ()
    interested: tuple[_Partner, ...] = ()
    demand: Annotated[str, Refers.to("Demand")] | None = None
    solutions: tuple[_Solution, ...] = ()
    standards: tuple[Annotated[str, Refers.to("Standard")], ...] = ()
    platform: Annotated[str, Refers.to("Platform")] | None = None
    trl: Trl | None = None
    started_on: date | None = None
    ended_on: date | None = None
    budget: Money | None = None
    business_case: BusinessCase | None = None
    evaluation: Evaluation | None = None
    lessons: tuple[Lesson, ...] = ()
    stuck_reasons: tuple[Annotated[str, Code(STUCK_REASONS)], ...] = ()
    stuck_since: date | None = None
    residents_groups: tuple[str, ...] = ()
    district: Annotated[str, Refers.to("District")] | None = None
    long_term_vision: Label = {}
    website: Web | None = None


class Answer(Structure, frozen=True, kw_only=True):
    """An answer to one of `QUESTIONS`.

    Attributes:
        question: One of `QUESTIONS`.
        answer: One of `QUESTION_ANSWERS`.
        note: By language.
        evidence: Ids of records, or addresses, that it rests on.
    """

    question: Annotated[str, Code(QUESTIONS)]
    answer: Annotated[str, Code(QUESTION_ANSWERS)]
    note: Label = {}
    evidence: tuple[str, ...] = ()


class Difference(Structure, frozen=True, kw_only=True):
    """What differs between where it was proven and where it goes.

    Attributes:
        aspect: One of `DIFFERENCE_ASPECTS`.
        there: Where it was proven, in words or figures.
        here: Where it goes.
        note: What that means, by language.
    """

    aspect: Annotated[str, Code(DIFFERENCE_ASPECTS)]
    there: str = ""
    here: str = ""
    note: Label = {}


class Replication(Record, frozen=True, kw_only=True):
    """A solution that was proven elsewhere, on its way to a city or one of its districts.

    Attributes:
        project: Where it was proven.
        solution: What goes over.
        city: Where to.
        district: The part of the city; `None` for the whole.
        status: One of `REPLICATION_STATUSES`.
        answers: To the five questions.
        differences: Between there and here.
        adaptations: What has to change, by language.
        contributions: Residents' own ideas and measurements that the answers cite.
        credit_to: The city whose work it is.
        evaluation: In three parts.
        feedback: That flows back to the source city, by language.
        status_reason: Why it stands where it stands, by language.
        result_project: The project that it became.
    """

    project: _Project
    city: _City
    solution: _Solution | None = None
    district: Annotated[str, Refers.to("District")] | None = None
    status: Annotated[str, Code(REPLICATION_STATUSES)] = "considered"
    answers: tuple[Answer, ...] = ()
    differences: tuple[Difference, ...] = ()
    adaptations: Label = {}
    contributions: tuple[Annotated[str, Refers.to("Contribution")], ...] = ()
    credit_to: Place | None = None
    evaluation: Evaluation | None = None
    feedback: Label = {}
    status_reason: Label = {}
    result_project: _Project | None = None


class LabSlot(Structure, frozen=True, kw_only=True):
    """A period in which a living lab can be used."""

    starts: date
    ends: date
    places: int = 1
    taken: int = 0


class RuleSetAside(Structure, frozen=True, kw_only=True):
    """A rule that does not hold in the lab, who decided that, and until when."""

    rule: Label
    decided_by: str
    ground: str = ""
    until: date | None = None


class LivingLab(Record, frozen=True, kw_only=True):
    """A place to try things in real life.

    Attributes:
        owners: Cities that own it together.
        run_by: Who runs it.
        equipment: What is there.
        slots: When there is room.
        rules_set_aside: Rules that do not hold there.
        hosting_conditions: Of the host, by language.
        open_to: Countries whose companies may come; empty means anywhere.
        languages: Spoken there, BCP 47.
        website: Address.
    """

    owners: tuple[Place, ...]
    run_by: _Partner | None = None
    equipment: tuple[str, ...] = ()
    slots: tuple[LabSlot, ...] = ()
    rules_set_aside: tuple[RuleSetAside, ...] = ()
    hosting_conditions: Label = {}
    open_to: tuple[Annotated[str, Refers.to("Country")], ...] = ()
    languages: tuple[str, ...] = ()
    website: Web | None = None


class PilotRecord(Record, frozen=True, kw_only=True):
    """What was tested, where, with what result: a company's reference abroad.

    Attributes:
        tested: What, by language.
        result: By language.
        outcome: One of `PILOT_OUTCOMES`.
        solution: That was tested.
        organization: Whose it is.
        living_lab: Where, if in one.
        city: The host, who signs.
        starts: First day.
        ends: Last day.
        measured: Figures with their unit, in words.
        trl: Technology readiness level reached.
        signature: JWS (RFC 7515) of the host over the record's claims; it cannot change after.
        signed_on: Day.
        signed_by: The host's node or officer.
    """

    tested: Label
    result: Label
    outcome: Annotated[str, Code(PILOT_OUTCOMES)]
    city: _City
    organization: _Organization | None = None
    solution: _Solution | None = None
    living_lab: Annotated[str, Refers.to("LivingLab")] | None = None
    starts: date | None = None
    ends: date | None = None
    measured: tuple[str, ...] = ()
    trl: Trl | None = None
    signature: Annotated[str, Meta(max_length=100_000)] | None = None
    signed_on: date | None = None
    signed_by: str | None = None
