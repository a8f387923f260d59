"""Which questions an assessment has, what it lacks, and what follows from its answers."""

from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # PyYAML has no types of its own

from hanze.errors import InvalidInput
from hanze.governance.answering import checked_answers
from hanze.governance.assessing import (
    SPECIAL_CATEGORIES,
    AssessmentNotReady,
    approvable,
    digest_of,
    missing,
    needs_dpia,
    progress,
)
from hanze.governance.forms import form_of, known_terms
from hanze.governance.purposes import PURPOSES
from hanze.governance.records.assessment import AssessmentKind
from tests.assessing import LOCATION, advised, dpia_answers, draft, prescan_answers

MATERIAL = Path(__file__).parents[4] / "shared" / "data" / "governance"
HEALTH = "https://w3id.org/dpv/pd#Health"
PRESCAN = AssessmentKind.PRESCAN

needs_material = pytest.mark.skipif(
    not MATERIAL.is_dir(), reason="the material of the ministries is not here"
)


def _tasks(name: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}

    def visit(task: dict[str, Any]) -> None:
        found[task["id"]] = task
        for one in task.get("tasks", ()):
            visit(one)

    for task in yaml.safe_load((MATERIAL / "dpia" / f"{name}.yaml").read_text("utf-8"))["tasks"]:
        visit(task)
    return found


@needs_material
@pytest.mark.parametrize("kind", AssessmentKind)
def test_form_should_have_the_sections_and_numbers_of_the_model(kind: AssessmentKind) -> None:
    tasks = _tasks(kind.value)
    form = form_of(kind)
    numbers = {one.number for section in form.sections for one in section.questions}
    assert numbers <= tasks.keys()
    official = {key for key, one in tasks.items() if "." not in key and one.get("is_official_id")}
    if kind is AssessmentKind.DPIA:
        assert len(form.sections) == 17
        assert {one.number for one in form.sections} == official


@needs_material
def test_dutch_titles_should_be_those_of_the_model() -> None:
    tasks = _tasks("dpia")
    for section in form_of(AssessmentKind.DPIA).sections:
        title = " ".join(str(tasks[section.number]["task"]).split()).replace("\u2019", "'")
        assert section.title["nl"] == title


@needs_material
def test_special_categories_should_be_those_of_the_vocabulary() -> None:
    blocks = (MATERIAL / "dpv-2.3" / "pd.ttl").read_text("utf-8").split("\n\n")
    special = {
        one.split()[0].removeprefix("pd:")
        for one in blocks
        if one.startswith("pd:")
        and ("dpv:SpecialCategoryPersonalData" in one or "pd:specialcategory-classes" in one)
    }
    assert {one.rpartition("#")[2] for one in SPECIAL_CATEGORIES} == {
        one for one in special if one[:1].isupper()
    }


def test_every_text_should_be_in_three_languages() -> None:
    terms = known_terms()
    texts = [one.name for one in (*terms.category, *terms.purpose, *terms.basis)]
    texts += [one.name for one in terms.special_ground]
    for kind in AssessmentKind:
        for section in form_of(kind).sections:
            texts.append(section.title)
            for question in section.questions:
                texts += [question.ask, *(one.name for one in question.options)]
    assert all(one.keys() == {"en", "nl", "ko"} and all(one.values()) for one in texts)


def test_purposes_to_choose_from_should_be_known() -> None:
    assert {one.iri for one in known_terms().purpose} <= PURPOSES


def test_assessment_should_be_approvable_when_everything_is_answered() -> None:
    approvable(advised(draft(dpia_answers())))
    approvable(draft(prescan_answers(), PRESCAN))
    assert all(one.complete for one in progress(draft(dpia_answers())))


@pytest.mark.parametrize("number", sorted(dpia_answers()))
def test_approvable_should_refuse_when_any_answer_is_missing(number: str) -> None:
    answers = {key: said for key, said in dpia_answers().items() if key != number}
    with pytest.raises(AssessmentNotReady) as caught:
        approvable(advised(draft(answers)))
    assert "incomplete" in caught.value.codes
    assert set(caught.value.missing) & {number, number.replace("16.1", "17.1")}


def test_approvable_should_ask_for_the_advice_of_the_officer_about_these_answers() -> None:
    with pytest.raises(AssessmentNotReady) as caught:
        approvable(draft(dpia_answers()))
    assert caught.value.codes == ("no_advice",)
    old = advised(draft(dpia_answers()))
    old.answers["1.1"] = ("Something else.",)
    with pytest.raises(AssessmentNotReady) as caught:
        approvable(old)
    assert caught.value.codes == ("advice_outdated",)


@pytest.mark.parametrize("ticked", ["yes", "no"])
def test_special_categories_should_need_a_ground_whatever_is_ticked(ticked: str) -> None:
    answers = dpia_answers(n2_1_3=(LOCATION, HEALTH), n12_1_1=(ticked,))
    with pytest.raises(AssessmentNotReady) as caught:
        approvable(advised(draft(answers)))
    assert "special_ground_missing" in caught.value.codes
    answers["12.1.2.5"] = ("https://w3id.org/dpv/legal/eu/gdpr#A9-2-h",)
    approvable(advised(draft(answers)))


def test_high_risk_that_is_left_should_need_the_prior_consultation() -> None:
    answers = dpia_answers(n17_1_4__0=("high",))
    with pytest.raises(AssessmentNotReady) as caught:
        approvable(advised(draft(answers)))
    assert caught.value.codes == ("incomplete", "prior_consultation_missing")
    answers["17.1.5[0]"] = ("Consulted on 1 May; advised to blur.",)
    approvable(advised(draft(answers)))


def test_each_risk_should_have_its_measures() -> None:
    answers = dpia_answers(n16_1_1__3=("Somebody is followed.",))
    lacking = missing(draft(answers))
    assert {"16.1.2[3]", "16.1.7[3]", "17.1.3[3]", "17.1.7[3]"} <= set(lacking)


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        (prescan_answers(n0_1=("yes",)), "legislation"),
        (prescan_answers(n3_1=("iot",)), "supervisory_list"),
        (prescan_answers(n4_1=("large-scale", "monitoring")), "european_list"),
        (prescan_answers(n1_1_1=("yes",), n1_1_2=(HEALTH,)), "special_categories"),
        (
            prescan_answers(
                n1_1_1=("yes",),
                n1_1_2=(LOCATION,),
                n1_4_1=("residents", "children", "vulnerable"),
                n1_5_1=("yes",),
                n1_5_3=("always",),
                n1_5_4=("400",),
            ),
            "risk",
        ),
    ],
)
def test_prescan_should_ask_for_an_assessment_when_a_criterion_is_met(
    answers: dict[str, tuple[str, ...]], code: str
) -> None:
    assert needs_dpia(draft(prescan_answers(), PRESCAN)) == ()
    assert needs_dpia(draft(prescan_answers(n4_1=("large-scale",)), PRESCAN)) == ()
    assert needs_dpia(draft(answers, PRESCAN)) == (code,)


def test_digest_should_change_with_every_answer() -> None:
    first = draft(dpia_answers())
    assert digest_of(first) == digest_of(draft(dpia_answers()))
    assert digest_of(first) != digest_of(draft(dpia_answers(n14_1=("Otherwise.",))))
    assert digest_of(first) != digest_of(draft(dpia_answers(), cases=("urn:x",)))


def test_checked_answers_should_write_terms_out() -> None:
    given = {
        "2.1.3": ["pd:Health", "pd:Health"],
        "5.1.1": ["dpv:PublicPolicyMaking"],
        "14.1": [" "],
    }
    assert checked_answers(AssessmentKind.DPIA, given) == {
        "2.1.3": (HEALTH,),
        "5.1.1": ("https://w3id.org/dpv#PublicPolicyMaking",),
        "14.1": (),
    }


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("99.1", "x"),
        ("2.1.3[0]", HEALTH),
        ("16.1.1", "x"),
        ("16.1.1[50]", "x"),
        ("16.1.1[0", "x"),
        ("__class__", "x"),
        ("12.1.1", "maybe"),
        ("13.1.1.5", "perhaps"),
        ("11.1.1.1", "https://w3id.org/dpv/legal/eu/gdpr#A9-2-h"),
        ("10.1.1.4", "0"),
        ("10.1.1.4", "many"),
        ("5.1.1", "dpv:NoSuchPurpose"),
        ("2.1.3", "no iri"),
        ("17.1.7[0]", "x" * 301),
        ("1.1", "x" * 20_001),
    ],
)
def test_checked_answers_should_refuse_what_does_not_fit(key: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        checked_answers(AssessmentKind.DPIA, {key: [said]})
    assert caught.value.field == key[:40]


def test_checked_answers_should_refuse_two_answers_where_one_is_asked() -> None:
    with pytest.raises(InvalidInput, match="one answer"):
        checked_answers(AssessmentKind.DPIA, {"12.1.1": ["yes", "no"]})
