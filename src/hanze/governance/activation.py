"""Whether a project may act, what keeps it from acting, and what it holds meanwhile (pure)."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from typing import Final

import msgspec

from hanze.governance.assessing import (
    SPECIAL_CATEGORIES,
    categories_of,
    needs_dpia,
    purposes_of,
    retention_of,
    special_ground_of,
)
from hanze.governance.reasons import AccessDenied, Reason
from hanze.governance.records.activity import Activity, Project
from hanze.governance.records.assessment import Assessment, AssessmentKind
from hanze.governance.records.dataset import Dataset
from hanze.governance.records.hard_case import HardCase
from hanze.governance.rules import Rules
from hanze.identity.caller import Caller

__all__ = [
    "SOURCE_ACTOR",
    "check_digest",
    "counting_of",
    "held_source",
    "overdue_reviews",
    "reckoned",
    "require_active",
]

#: How the actor of what a source writes begins; its name follows.
SOURCE_ACTOR: Final = "source:"


def reckoned(
    projects: Iterable[Project],
    assessments: Collection[Assessment],
    activities: Collection[Activity],
    datasets: Collection[Dataset],
    cases: Collection[HardCase],
) -> Mapping[str, Project]:
    """Say of each project whether it is active, and what is missing.

    A project is bound by the hard cases that are about it: it waits for what is decided.

    Returns:
        By id, with `assessments`, `active`, `blocked` and `review_by` as the other records have it.
    """
    return {
        one.id: _reckoned(
            one,
            [item for item in assessments if item.project == one.id],
            [item for item in activities if item.project == one.id],
            [item for item in datasets if item.project == one.id],
            [item for item in cases if item.project == one.id],
        )
        for one in projects
    }


def counting_of(assessments: Iterable[Assessment]) -> Assessment | None:
    """Choose what a project is bound by: its newest approved impact assessment, else pre-scan."""
    approved = [one for one in assessments if one.approved]
    return max(
        approved,
        key=lambda one: (one.kind is AssessmentKind.DPIA, one.version),
        default=None,
    )


def check_digest(project: Project) -> str:
    """Return the SHA-256 of what a security check is about: the notes, and the sources."""
    terms = {"notes": project.check_notes, "sources": sorted(project.sources)}
    return hashlib.sha256(msgspec.json.encode(terms, order="sorted")).hexdigest()


def require_active(rules: Rules, caller: Caller, *, project_id: str | None = None) -> None:
    """Refuse a caller that works for a project which is not active.

    Credentials are bound to a project by their processing activity; sources by their names.

    Args:
        project_id: Of the project for which the caller's credential was made, besides.

    Raises:
        AccessDenied: `PROJECT_NOT_ACTIVE`.
    """
    if project_id is not None:
        made_for = rules.projects.get(project_id)
        if made_for is None or not made_for.active:
            raise _not_active(project_id, made_for)
    if caller.activity is not None:
        activity = rules.activities.get(caller.activity)
        if activity is not None and activity.project is not None:
            project = rules.projects.get(activity.project)
            if project is None or not project.active:
                raise _not_active(activity.project, project)
    if caller.actor.startswith(SOURCE_ACTOR):
        name = caller.actor.removeprefix(SOURCE_ACTOR)
        for project in rules.projects.values():
            if name in project.sources and not project.active:
                raise _not_active(project.id, project)


def held_source(rules: Rules, name: str, *, personal: bool) -> str:
    """Say why a source may not run yet; "" where it may.

    Args:
        personal: Whether what it brings is about people: then it needs a project.
    """
    mine = [one for one in rules.projects.values() if name in one.sources]
    for project in mine:
        if not project.active:
            return _sentence(project.id, project)
    if personal and not mine:
        return (
            "What it brings is about people: it needs a project with an approved assessment and a "
            "security check (`hanze project`)"
        )
    return ""


def overdue_reviews(rules: Rules, datasets: Iterable[str], *, today: str) -> tuple[str, ...]:
    """List the projects of some datasets whose assessment should have been reviewed by now.

    Until that is done there are no new agreements about these data (`stewarding.offering`).

    Args:
        datasets: Their ids.
        today: Date text.
    """
    chosen = set(datasets)
    of_datasets = {
        project
        for one in rules.datasets.values()
        if one.id in chosen
        for project in (one.project, _project_of(rules, one.activity))
    }
    of_activities = {
        one.project for one in rules.activities.values() if not chosen.isdisjoint(one.datasets)
    }
    found = (rules.projects.get(name or "") for name in of_datasets | of_activities)
    return tuple(
        sorted(
            one.id for one in found if one is not None and one.review_by and one.review_by < today
        )
    )


def _project_of(rules: Rules, activity_id: str | None) -> str | None:
    activity = rules.activities.get(activity_id or "")
    return activity.project if activity is not None else None


def _reckoned(
    project: Project,
    assessments: Collection[Assessment],
    activities: Collection[Activity],
    datasets: Collection[Dataset],
    cases: Collection[HardCase],
) -> Project:
    counts = counting_of(assessments)
    blocked = [*_unassessed(assessments, counts), *_unchecked(project), *_undecided(cases)]
    if counts is not None:
        blocked += _outside(counts, activities, datasets)
    return msgspec.structs.replace(
        project,
        assessments=tuple(sorted(one.id for one in assessments)),
        active=not blocked,
        blocked=tuple(blocked),
        review_by=counts.review_by if counts is not None else None,
    )


def _unassessed(assessments: Collection[Assessment], counts: Assessment | None) -> list[str]:
    if not assessments:
        return ["no_assessment"]
    if counts is None:
        return ["assessment_not_approved"]
    return ["dpia_required"] if needs_dpia(counts) else []


def _unchecked(project: Project) -> list[str]:
    if project.security_check is None:
        return ["no_security_check"]
    current = project.security_check.digest == check_digest(project)
    return [] if current else ["security_check_outdated"]


def _undecided(cases: Collection[HardCase]) -> list[str]:
    found = []
    if any(one.weighing is None for one in cases):
        found.append("case_undecided")
    if any(one.weighing is not None and not one.weighing.allowed for one in cases):
        found.append("case_refused")
    return found


def _outside(
    counts: Assessment, activities: Collection[Activity], datasets: Collection[Dataset]
) -> list[str]:
    """Say in what activities and data go beyond what was assessed."""
    both: tuple[Activity | Dataset, ...] = (*activities, *datasets)
    categories = {name for one in both for name in one.categories}
    purposes = {name for one in both for name in one.purposes}
    found = []
    if not categories <= categories_of(counts):
        found.append("category_outside_assessment")
    if not purposes <= purposes_of(counts):
        found.append("purpose_outside_assessment")
    special = not categories.isdisjoint(SPECIAL_CATEGORIES) or any(one.special for one in datasets)
    if special and special_ground_of(counts) is None:
        found.append("special_ground_missing")
    if _keeps_longer(retention_of(counts), activities, datasets):
        found.append("retention_outside_assessment")
    return found


def _keeps_longer(
    days: int | None, activities: Collection[Activity], datasets: Collection[Dataset]
) -> bool:
    if days is None:
        return False
    kept = [one.retention_days for one in activities if one.retention_days is not None]
    kept += [one.retention_days or days + 1 for one in datasets if one.personal]
    return any(one > days for one in kept)


def _not_active(project_id: str, project: Project | None) -> AccessDenied:
    return AccessDenied(Reason.PROJECT_NOT_ACTIVE, _sentence(project_id, project), field="activity")


def _sentence(project_id: str, project: Project | None) -> str:
    why = ", ".join(project.blocked) if project is not None else "it does not exist"
    return f"Project {project_id} is not active: {why}"
