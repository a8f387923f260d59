"""Which projects are active, and what those that are not hold back."""

from dataclasses import replace as with_fields

import pytest
from msgspec.structs import replace

from hanze.governance.activation import (
    held_source,
    overdue_reviews,
    reckoned,
    require_active,
)
from hanze.governance.reasons import AccessDenied, Reason
from hanze.governance.records.activity import Activity, Project
from hanze.governance.records.assessment import Assessment, AssessmentKind
from hanze.governance.records.dataset import Dataset
from hanze.governance.records.hard_case import CaseKind, HardCase, Weighing
from hanze.governance.rules import Rules
from hanze.identity.caller import ANONYMOUS, Caller
from tests.assessing import (
    CITY,
    LOCATION,
    MOBILITY,
    NOON,
    PROJECT,
    approved,
    checked,
    dpia_answers,
    draft,
    prescan_answers,
)

HEALTH = "https://w3id.org/dpv/pd#Health"
ACTIVITY = "urn:ngsi-ld:ProcessingActivity:delft:counting"
DATASET = "urn:ngsi-ld:Dataset:delft:crowds"
PRESCAN = AssessmentKind.PRESCAN


def _project(*, sources: tuple[str, ...] = ("cameras",)) -> Project:
    return Project(id=PROJECT, title={"en": "Crowds"}, owner=CITY, sources=sources)


def _activity(**changes: object) -> Activity:
    members: dict[str, object] = {
        "id": ACTIVITY,
        "title": {"en": "Counting"},
        "organisation": CITY,
        "purposes": (MOBILITY,),
        "categories": (LOCATION,),
        "project": PROJECT,
    }
    return Activity(**{**members, **changes})  # type: ignore[arg-type]  # of the struct's types


def _dataset(**changes: object) -> Dataset:
    members: dict[str, object] = {
        "id": DATASET,
        "title": {"en": "Crowds"},
        "types": ("https://example.org/Crowd",),
        "project": PROJECT,
    }
    return Dataset(**{**members, **changes})  # type: ignore[arg-type]  # of the struct's types


def _state(
    project: Project,
    *assessments: Assessment,
    activity: Activity | None = None,
    dataset: Dataset | None = None,
    case: HardCase | None = None,
) -> Project:
    return reckoned(
        [project],
        assessments,
        [activity] if activity else [],
        [dataset] if dataset else [],
        [case] if case else [],
    )[PROJECT]


def _rules(
    project: Project, activity: Activity | None = None, dataset: Dataset | None = None
) -> Rules:
    return Rules(
        projects={PROJECT: project},
        activities={ACTIVITY: activity or _activity()},
        datasets={DATASET: dataset} if dataset else {},
    )


def test_project_should_be_active_when_it_is_assessed_and_checked() -> None:
    found = _state(checked(_project()), approved(draft(dpia_answers())), activity=_activity())
    assert found.active
    assert found.blocked == ()
    assert found.review_by == "2028-01-01"
    assert len(found.assessments) == 1


@pytest.mark.parametrize(
    ("project", "assessments", "blocked"),
    [
        (_project(), (), ("no_assessment", "no_security_check")),
        (checked(_project()), (), ("no_assessment",)),
        (checked(_project()), (draft(dpia_answers()),), ("assessment_not_approved",)),
        (_project(), (approved(draft(dpia_answers())),), ("no_security_check",)),
        (
            checked(_project()),
            (approved(draft(prescan_answers(n3_1=("iot",)), PRESCAN)),),
            ("dpia_required",),
        ),
        (
            replace(checked(_project()), sources=("cameras", "microphones")),
            (approved(draft(dpia_answers())),),
            ("security_check_outdated",),
        ),
    ],
)
def test_project_should_be_blocked_when_something_is_missing(
    project: Project, assessments: tuple[Assessment, ...], blocked: tuple[str, ...]
) -> None:
    found = _state(project, *assessments)
    assert (found.active, found.blocked) == (False, blocked)


def test_approved_prescan_should_do_when_it_asks_for_no_more() -> None:
    assert _state(checked(_project()), approved(draft(prescan_answers(), PRESCAN))).active


def test_impact_assessment_should_count_before_the_prescan_that_asked_for_it() -> None:
    prescan = approved(draft(prescan_answers(n3_1=("iot",)), PRESCAN))
    dpia = approved(draft(dpia_answers()))
    assert _state(checked(_project()), prescan, dpia).active


def test_approved_version_should_count_while_the_next_one_is_written() -> None:
    old, new = approved(draft(dpia_answers())), draft({}, version=2)
    assert _state(checked(_project()), old, new).active


@pytest.mark.parametrize(
    ("activity", "dataset", "blocked"),
    [
        (_activity(categories=(LOCATION, HEALTH)), None, "category_outside_assessment"),
        (_activity(purposes=(MOBILITY, "https://w3id.org/dpv#Marketing")), None, "purpose_outside"),
        (_activity(retention_days=31), None, "retention_outside_assessment"),
        (None, _dataset(categories=(HEALTH,)), "special_ground_missing"),
        (None, _dataset(purposes=("https://w3id.org/dpv#Marketing",)), "purpose_outside"),
        (None, _dataset(personal=True), "retention_outside_assessment"),
        (None, _dataset(personal=True, retention_days=31), "retention_outside_assessment"),
    ],
)
def test_project_should_be_blocked_when_it_goes_beyond_its_assessment(
    activity: Activity | None, dataset: Dataset | None, blocked: str
) -> None:
    found = _state(
        checked(_project()), approved(draft(dpia_answers())), activity=activity, dataset=dataset
    )
    assert not found.active
    assert any(code.startswith(blocked) for code in found.blocked)


def test_project_should_be_active_when_data_is_kept_as_long_as_was_assessed() -> None:
    dataset = _dataset(personal=True, retention_days=30, categories=(LOCATION,))
    assert _state(checked(_project()), approved(draft(dpia_answers())), dataset=dataset).active


def test_project_should_wait_for_its_hard_case() -> None:
    case = HardCase(
        id="urn:ngsi-ld:HardCase:delft:light",
        kind=CaseKind.NUDGING,
        title={"en": "Light"},
        question={"en": "May light lead people?"},
        project=PROJECT,
        open_until="2026-06-10",
        published_at=NOON,
        by="steward",
    )
    ready = (checked(_project()), approved(draft(dpia_answers())))
    assert _state(*ready, case=case).blocked == ("case_undecided",)
    for allowed, blocked in ((True, ()), (False, ("case_refused",))):
        weighing = Weighing(
            allowed=allowed, text="x", administrator="x", council="x", by="x", at=NOON
        )
        assert _state(*ready, case=replace(case, weighing=weighing)).blocked == blocked


def test_require_active_should_refuse_credentials_and_sources_of_a_project_that_is_not() -> None:
    rules = _rules(_state(_project()))
    bound = Caller(actor="client", activity=ACTIVITY)
    for caller in (bound, Caller(actor="source:cameras")):
        with pytest.raises(AccessDenied) as caught:
            require_active(rules, caller)
        assert caught.value.reason is Reason.PROJECT_NOT_ACTIVE
    for caller in (ANONYMOUS, Caller(actor="source:weather"), Caller(actor="client")):
        require_active(rules, caller)
    with pytest.raises(AccessDenied):
        require_active(rules, ANONYMOUS, project_id=_project().id)
    active = _state(checked(_project()), approved(draft(dpia_answers())))
    require_active(_rules(active), bound)
    require_active(_rules(active), ANONYMOUS, project_id=active.id)


def test_require_active_should_refuse_when_the_project_is_not_there() -> None:
    rules = with_fields(_rules(_project()), projects={})
    with pytest.raises(AccessDenied):
        require_active(rules, Caller(actor="client", activity=ACTIVITY))


def test_source_should_be_held_until_its_project_is_active() -> None:
    assert "no_assessment" in held_source(_rules(_state(_project())), "cameras", personal=False)
    active = _state(checked(_project()), approved(draft(dpia_answers())))
    assert held_source(_rules(active), "cameras", personal=True) == ""


def test_source_about_people_should_need_a_project() -> None:
    assert held_source(Rules(), "cameras", personal=False) == ""
    assert "about people" in held_source(Rules(), "cameras", personal=True)


@pytest.mark.parametrize(
    "dataset", [_dataset(), _dataset(project=None, activity=ACTIVITY), _dataset(project=None)]
)
def test_overdue_reviews_should_tell_of_projects_of_data_and_of_activities(
    dataset: Dataset,
) -> None:
    activity = _activity(datasets=(DATASET,) if not (dataset.project or dataset.activity) else ())
    project = _state(checked(_project()), approved(draft(dpia_answers()), "2026-05-31"))
    rules = _rules(project, activity, dataset)
    assert overdue_reviews(rules, [DATASET], today="2026-05-31") == ()
    assert overdue_reviews(rules, [DATASET], today="2026-06-01") == (PROJECT,)
    others = ["urn:ngsi-ld:Dataset:delft:others"]
    assert overdue_reviews(rules, others, today="2026-06-01") == ()
