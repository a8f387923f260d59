"""How projects stand: what each lacks, since when and why it is stuck, and what to decide next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.kept import while_unchanged
from hanze.collaboration.profiles import country_of
from hanze.collaboration.records.projects import STAGES, Project
from hanze.collaboration.records.record import Label
from hanze.collaboration.rules.projects import scaling_gaps

__all__ = [
    "MISSING",
    "NEXT_DECISIONS",
    "NextDecision",
    "Standing",
    "Stuck",
    "missing_in",
    "projects_of",
    "standing",
    "standings",
]

#: What a project may lack; shown from the start.
MISSING: Final = ("business-case", "lead", "evaluation", "co-investor", "users")

#: What to decide next, and how it is put to people, by language.
NEXT_DECISIONS: Final[Mapping[str, Label]] = {
    "choose-lead": {
        "en": "Who leads this project?",
        "nl": "Wie trekt dit project?",
        "ko": "이 프로젝트는 누가 이끌까요?",
    },
    "remove-obstacle": {
        "en": "What would get this project moving again?",
        "nl": "Wat is er nodig om dit project weer op gang te krijgen?",
        "ko": "이 프로젝트를 다시 움직이게 하려면 무엇이 필요할까요?",
    },
    "state-challenge": {
        "en": "Which problem does it solve, and for whom?",
        "nl": "Welk probleem lost het op, en voor wie?",
        "ko": "누구의 어떤 문제를 해결하나요?",
    },
    "make-business-case": {
        "en": "What does it cost, what does it bring, and what is it worth to the city?",
        "nl": "Wat kost het, wat levert het op, en wat is het de stad waard?",
        "ko": "비용과 수익은 얼마이고, 도시에는 어떤 가치가 있나요?",
    },
    "involve-users": {
        "en": "How do the people who will use it take part?",
        "nl": "Hoe doen de mensen mee die het gaan gebruiken?",
        "ko": "실제로 사용할 사람들은 어떻게 참여하나요?",
    },
    "find-co-investor": {
        "en": "Who else pays?",
        "nl": "Wie betaalt er mee?",
        "ko": "누가 함께 투자하나요?",
    },
    "start-pilot": {
        "en": "Where do we try it, and who may join?",
        "nl": "Waar proberen we het uit, en wie mag meedoen?",
        "ko": "어디에서 시험하고, 누가 참여할 수 있나요?",
    },
    "evaluate": {
        "en": "Does it work, do people use it, and does it pay?",
        "nl": "Werkt het, gebruiken mensen het, en levert het genoeg op?",
        "ko": "잘 작동하고, 사람들이 사용하며, 경제성이 있나요?",
    },
    "replicate": {
        "en": "Which other city or district goes next?",
        "nl": "Welke andere stad of wijk volgt?",
        "ko": "다음은 어느 도시, 어느 지역인가요?",
    },
    "scale-up": {
        "en": "Do we introduce it everywhere?",
        "nl": "Voeren we het overal in?",
        "ko": "전체로 확대할까요?",
    },
    "share-lessons": {
        "en": "What did we learn that others should know?",
        "nl": "Wat hebben we geleerd dat anderen moeten weten?",
        "ko": "배운 점 가운데 다른 도시에 알려야 할 것은 무엇인가요?",
    },
    "keep-measuring": {
        "en": "Does it still do what it promised?",
        "nl": "Doet het nog wat het beloofde?",
        "ko": "약속한 효과가 계속 나타나나요?",
    },
}
_NEXT_STAGE: Final = {
    "start-pilot": "pilot",
    "state-challenge": "challenge",
    "evaluate": "evaluated",
    "replicate": "replicated",
    "scale-up": "scaled",
}


@dataclass(frozen=True, slots=True)
class Stuck:
    """Why a project does not move, and for how long.

    Attributes:
        reasons: Codes of `STUCK_REASONS`.
        since: Day.
        days: Until today.
    """

    reasons: tuple[str, ...]
    since: date | None
    days: int | None


@dataclass(frozen=True, slots=True)
class NextDecision:
    """What to decide next.

    Attributes:
        code: Of `NEXT_DECISIONS`.
        text: The same as a question, by language.
        stage: To which it would lead.
    """

    code: str
    text: Label
    stage: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a project stands.

    Attributes:
        project: With its city and date.
        missing: Codes of `MISSING`.
        scaling_gaps: What scaling up would be refused for: "money", "value", "lead".
        stuck: `None` where it moves.
        next_decision: What to decide next.
    """

    project: Held[Project]
    missing: tuple[str, ...]
    scaling_gaps: tuple[str, ...]
    stuck: Stuck | None
    next_decision: NextDecision


def standing(collective: Collective, project_id: str, *, today: date) -> Standing:
    """Tell how one project stands.

    Raises:
        RecordNotFound: There is no such project.
    """
    return _standing(collective, collective.get(project_id, Project), today)


def standings(
    collective: Collective,
    *,
    theme: str | None = None,
    city: str | None = None,
    country: str | None = None,
    today: date,
) -> list[Standing]:
    """Tell how projects stand: those stuck longest first, then by stage and id."""
    found = while_unchanged(
        collective, ("standings", today), lambda: _all_standings(collective, today)
    )
    if theme is None and city is None and country is None:
        return list(found)
    chosen = projects_of(collective, theme=theme, city=city, country=country)
    ids = {held.record.id for held in chosen}
    return [one for one in found if one.project.record.id in ids]


def _all_standings(collective: Collective, today: date) -> list[Standing]:
    found = [_standing(collective, held, today) for held in collective.of(Project)]
    return sorted(found, key=_urgency)


def projects_of(
    collective: Collective,
    *,
    theme: str | None = None,
    city: str | None = None,
    country: str | None = None,
) -> list[Held[Project]]:
    """Choose projects by id of their theme, city and country."""
    return [
        held
        for held in collective.of(Project)
        if (theme is None or theme in held.record.themes)
        and (city is None or held.city == city)
        and (country is None or country_of(collective, held.city) == country)
    ]


def _standing(collective: Collective, held: Held[Project], today: date) -> Standing:
    project = held.record
    missing = missing_in(collective, project)
    stuck = None
    if project.stuck_reasons:
        since = project.stuck_since
        days = (today - since).days if since is not None else None
        stuck = Stuck(project.stuck_reasons, since, days)
    gaps = scaling_gaps(project)
    code = _next(project, missing, gaps, stuck=stuck is not None)
    decision = NextDecision(code, NEXT_DECISIONS[code], _NEXT_STAGE.get(code))
    return Standing(held, missing, gaps, stuck, decision)


def missing_in(collective: Collective, project: Project) -> tuple[str, ...]:
    """List what a project lacks, by code of `MISSING`."""
    evaluation = project.evaluation
    parts = (
        (evaluation.technical, evaluation.behavioural, evaluation.business) if evaluation else ()
    )
    gaps = scaling_gaps(project)
    lacking = {
        "business-case": "money" in gaps or "value" in gaps,
        "lead": "lead" in gaps,
        "evaluation": project.stage not in {"idea", "challenge"}
        and (not parts or "unknown" in parts),
        "co-investor": not project.co_investors,
        "users": not project.residents_groups and not _has_contributions(collective, project.id),
    }
    return tuple(code for code in MISSING if lacking[code])


def _has_contributions(collective: Collective, project_id: str) -> bool:
    return any(reference.field == "became" for reference in collective.referring(project_id))


def _next(project: Project, missing: tuple[str, ...], gaps: tuple[str, ...], *, stuck: bool) -> str:
    """Choose one decision: what blocks comes before what follows."""
    stage = project.stage
    first = (
        (stage == "stopped", "share-lessons"),
        (stuck, "remove-obstacle"),
        (stage == "scaled", "keep-measuring"),
        ("lead" in missing, "choose-lead"),
        (stage == "idea", "state-challenge"),
    )
    for holds, code in first:
        if holds:
            return code
    if stage == "challenge":
        return "involve-users" if "users" in missing else "start-pilot"
    return _next_after_start(stage, missing, gaps)


def _next_after_start(stage: str, missing: tuple[str, ...], gaps: tuple[str, ...]) -> str:
    if "evaluation" in missing or stage == "pilot":
        return "evaluate"
    if gaps:
        return "make-business-case"
    if stage == "evaluated":
        return "find-co-investor" if "co-investor" in missing else "replicate"
    return "scale-up"


def _urgency(standing: Standing) -> tuple[int, int, str]:
    stuck = standing.stuck
    days = stuck.days or 0 if stuck is not None else -1
    return -days, STAGES.index(standing.project.record.stage), standing.project.record.id
