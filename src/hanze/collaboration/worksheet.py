"""The worksheet of a replication: five questions, filled in as far as the records tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hanze.collaboration.annotations import Annotations
from hanze.collaboration.collective import Collective, Held, RecordNotFound
from hanze.collaboration.differences import Compared, DistrictFacts, compare_places
from hanze.collaboration.records.offers import Solution
from hanze.collaboration.records.places import Municipality
from hanze.collaboration.records.projects import (
    QUESTIONS,
    STAGES,
    Answer,
    Evaluation,
    Lesson,
    Project,
    Replication,
)
from hanze.collaboration.records.record import LANGUAGES
from hanze.collaboration.records.residents import Comment
from hanze.collaboration.replication_evidence import (
    Cited,
    Ground,
    Subject,
    contributions_about,
    grounds_of,
)
from hanze.errors import InvalidInput

__all__ = [
    "NotElsewhere",
    "NotProven",
    "QuestionSheet",
    "Worksheet",
    "feedback_on",
    "proposed_answers",
    "replications_of",
    "worksheet",
]

_STOPPED: Final = "stopped"


class NotProven(InvalidInput):
    """A solution names no project of this collective that used it."""

    def __init__(self, solution: str) -> None:
        super().__init__(
            f"Solution {solution} names no project in which it was used; a replication starts from "
            "one",
            field="project",
            value=solution,
        )


class NotElsewhere(InvalidInput):
    """A project would be replicated as a whole to the city where it is."""

    def __init__(self, project: str, city: str) -> None:
        super().__init__(
            f"Project {project} is of {city} itself; name a district of it, or another city",
            field="city",
            value=city,
        )


@dataclass(frozen=True, slots=True)
class QuestionSheet:
    """One of the five questions.

    Attributes:
        question: One of `QUESTIONS`.
        proposed: One of `QUESTION_ANSWERS`; "unknown" where no ground leans anywhere.
        grounds: What it rests on.
    """

    question: str
    proposed: str
    grounds: tuple[Ground, ...]


@dataclass(frozen=True, slots=True)
class Worksheet:
    """All there is to know before something that was proven elsewhere goes to a city.

    Attributes:
        project: Where it was proven.
        solution: What goes over, where that is told.
        city: Where to.
        district: The part of the city, where it goes to one.
        questions: In the order of `QUESTIONS`.
        differences: Between there and here.
        contributions: Of residents of the city about the same, those of the district first.
        credit_to: Id of the city whose work it is.
        evaluation: Of the project, where it has one.
        lessons: Of the project.
        stuck_reasons: On what it got stuck there.
        others: Where else it went.
        feedback: Lessons of those others.
    """

    project: Held[Project]
    solution: Held[Solution] | None
    city: Held[Municipality]
    district: DistrictFacts | None
    questions: tuple[QuestionSheet, ...]
    differences: tuple[Compared, ...]
    contributions: tuple[Cited, ...]
    credit_to: str | None
    evaluation: Evaluation | None
    lessons: tuple[Lesson, ...]
    stuck_reasons: tuple[str, ...]
    others: tuple[Held[Replication], ...]
    feedback: tuple[Held[Comment], ...]


def worksheet(
    collective: Collective,
    annotations: Annotations,
    project: str,
    city: str,
    *,
    district: DistrictFacts | None = None,
) -> Worksheet:
    """Fill in the worksheet for something that was proven elsewhere.

    Args:
        project: Id of a project; of a solution: then the furthest project that used it counts.
        city: Id of the municipality that it goes to.
        district: The part of that city, where it goes to one.

    Raises:
        RecordNotFound: There is no such project, solution or city.
        NotProven: No project used the solution.
        NotElsewhere: It goes to the city that it is from, and to no district of it.
    """
    source, solution = _source(collective, project)
    target = collective.get(city, Municipality)
    if source.city == city and district is None:
        raise NotElsewhere(source.record.id, city)
    subject = Subject(source, solution, target, district.id if district is not None else None)
    cited = contributions_about(collective, annotations, subject)
    grounds = grounds_of(collective, annotations, subject, cited)
    there = collective.find(source.city) if source.city is not None else None
    home = there.record if there is not None and isinstance(there.record, Municipality) else None
    return Worksheet(
        project=source,
        solution=solution,
        city=target,
        district=district,
        questions=tuple(
            QuestionSheet(question, _proposed(grounds[question]), grounds[question])
            for question in QUESTIONS
        ),
        differences=compare_places(
            home,
            target.record,
            district=district,
            needs=solution.record.needs_infrastructure if solution is not None else (),
        ),
        contributions=tuple(cited),
        credit_to=_credit(collective, source),
        evaluation=source.record.evaluation,
        lessons=source.record.lessons,
        stuck_reasons=source.record.stuck_reasons,
        others=tuple(replications_of(collective, source.record.id)),
        feedback=tuple(feedback_on(collective, source.record.id)),
    )


def proposed_answers(sheet: Worksheet) -> tuple[Answer, ...]:
    """Write the worksheet's answers as a replication keeps them, with their grounds as notes.

    Questions about which nothing is known get none: somebody has to find out.
    """
    answers = []
    for one in sheet.questions:
        if one.proposed == "unknown":
            continue
        texts = [ground.text() for ground in one.grounds]
        answers.append(
            Answer(
                question=one.question,
                answer=one.proposed,
                note={
                    language: " ".join(text[language] for text in texts) for language in LANGUAGES
                },
                evidence=tuple(dict.fromkeys(id_ for one in one.grounds for id_ in one.evidence)),
            )
        )
    return tuple(answers)


def replications_of(collective: Collective, project_id: str) -> list[Held[Replication]]:
    """List where a project went, by id."""
    found = [
        collective.get(reference.source, Replication)
        for reference in collective.referring(project_id)
        if reference.field == "project" and _is(collective, reference.source, Replication)
    ]
    return sorted(found, key=lambda held: held.record.id)


def feedback_on(collective: Collective, project_id: str) -> list[Held[Comment]]:
    """List the lessons that flowed back to a project, the latest first."""
    found = [
        collective.get(reference.source, Comment)
        for reference in collective.referring(project_id)
        if reference.field == "about" and _is(collective, reference.source, Comment)
    ]
    lessons = [held for held in found if held.record.kind == "lesson"]
    return sorted(lessons, key=lambda held: (held.modified_at, held.record.id), reverse=True)


def _is(collective: Collective, record_id: str, kind: type[Replication] | type[Comment]) -> bool:
    held = collective.find(record_id)
    return held is not None and isinstance(held.record, kind)


def _source(collective: Collective, record_id: str) -> tuple[Held[Project], Held[Solution] | None]:
    held = collective.find(record_id)
    if held is not None and isinstance(held.record, Solution):
        solution = collective.get(record_id, Solution)
        used = [collective.find(one) for one in solution.record.proven_in]
        projects = [
            collective.get(one.record.id, Project)
            for one in used
            if one is not None and isinstance(one.record, Project)
        ]
        if not projects:
            raise NotProven(record_id)
        return max(projects, key=_furthest), solution
    project = collective.get(record_id, Project)
    for solution_id in project.record.solutions:
        try:
            return project, collective.get(solution_id, Solution)
        except RecordNotFound:
            continue
    return project, None


def _furthest(held: Held[Project]) -> tuple[bool, int, str]:
    stage = held.record.stage
    return stage != _STOPPED, STAGES.index(stage), held.record.id


def _credit(collective: Collective, source: Held[Project]) -> str | None:
    """The city whose work it is: the lead where that is a place, else where the record is from."""
    for one in (source.record.lead, source.city):
        held = collective.find(one) if one is not None else None
        if held is not None and isinstance(held.record, Municipality):
            return held.record.id
    return source.city


def _proposed(grounds: Sequence[Ground]) -> str:
    leanings = {ground.leaning for ground in grounds} - {None}
    if not leanings:
        return "unknown"
    return next(iter(leanings)) or "unknown" if len(leanings) == 1 else "partly"
