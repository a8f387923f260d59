"""Mentors and students: who fits, who waits and why, and what may become of a mentorship."""

from datetime import date
from typing import cast

import pytest
from msgspec.structs import replace

from hanze.collaboration.language.annotate import Annotator
from hanze.collaboration.mentoring.mentorships import (
    DoNotFit,
    begin_mentorship,
    mentorship_of,
    move_mentorship,
    reasons_for,
)
from hanze.collaboration.mentoring.pairing import fit_of, match_mentors
from hanze.collaboration.records.cooperation import MentorProfile, Mentorship
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.organisations import Contact
from hanze.collaboration.rules.speaking import SpeaksForAnother
from hanze.collaboration.rules.step import RuleBroken
from hanze.collaboration.vocabulary.concept import load_vocabulary
from hanze.collaboration.writing import create_record
from hanze.identity.caller import Caller
from tests.collectives import NOW, WRITER, collective_of, holding
from tests.relations_world import EINDHOVEN, LAB, MENTOR, STUDENT, SUWON, UTRECHT, people, places

TODAY = date(2026, 6, 15)


@pytest.fixture(scope="module")
def annotator() -> Annotator:
    return Annotator(load_vocabulary())


def _people() -> tuple[MentorProfile, MentorProfile]:
    mentor, student = people()
    return cast("MentorProfile", mentor), cast("MentorProfile", student)


async def test_mentor_and_student_should_be_matched_by_theme_and_language(
    annotator: Annotator,
) -> None:
    async with collective_of(*places(), *people()) as collective:
        found = match_mentors(collective, annotator, TODAY)
        reasons = reasons_for(collective, annotator, found.proposals[0])
        elsewhere = match_mentors(
            collective, annotator, TODAY, theme="urn:ngsi-ld:Theme:test:other"
        )
    (fit,) = found.proposals
    assert (fit.mentor.record.id, fit.student.record.id) == (MENTOR, STUDENT)
    # The mentor's theme is a part of what the student asks for; "en-GB" is English.
    assert (fit.parts["themes"], fit.parts["abroad"], fit.languages) == (1.0, 1.0, ("en",))
    assert found.waiting == {}
    assert set(reasons) == {"nl", "en", "ko"}
    assert "영어" in reasons["ko"]
    assert "Engels" in reasons["nl"]
    assert elsewhere.proposals == ()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"languages": ("ko",)}, "no-language"),
        ({"themes": ("urn:ngsi-ld:Theme:test:else",)}, "no-theme"),
        ({"until": date(2026, 1, 1)}, "over"),
        ({"contact": "urn:ngsi-ld:Contact:test:gone"}, "no-consent"),
    ],
)
async def test_profile_should_wait_with_the_reason(
    annotator: Annotator, changes: dict[str, object], reason: str
) -> None:
    mentor, student = _people()
    async with collective_of(*places(), replace(mentor, **changes), student) as collective:
        found = match_mentors(collective, annotator, TODAY)
    assert found.proposals == ()
    assert found.waiting[MENTOR] == reason


async def test_person_should_be_matched_by_consent_only(annotator: Annotator) -> None:
    mentor, student = _people()
    contact = Contact(id="urn:ngsi-ld:Contact:test:m", title={"en": "A teacher"}, person=True)
    named = replace(mentor, contact=contact.id)
    async with collective_of(*places(), contact, named, student) as collective:
        assert match_mentors(collective, annotator, TODAY).waiting[MENTOR] == "no-consent"
    agreed = replace(contact, consent_on=date(2026, 1, 1))
    async with collective_of(*places(), agreed, named, student) as collective:
        assert len(match_mentors(collective, annotator, TODAY).proposals) == 1


async def test_better_fit_should_get_the_only_place(annotator: Annotator) -> None:
    mentor, student = _people()
    near = replace(student, id=f"{STUDENT}-near", country=mentor.country)
    async with collective_of(*places(), mentor, student, near) as collective:
        found = match_mentors(collective, annotator, TODAY)
    assert [fit.student.record.id for fit in found.proposals] == [STUDENT]
    assert found.waiting == {near.id: "others-full"}


async def test_mentorship_should_go_from_proposal_to_outcome(annotator: Annotator) -> None:
    async with holding(*places(), *people()) as held:
        collective = await held.collective()
        made = mentorship_of(collective, annotator, MENTOR, STUDENT, today=TODAY)
        await begin_mentorship(held.store, WRITER, made, now=NOW)
        collective = await held.collective()
        # Who has somebody takes no second one, and nobody is proposed to the same again.
        assert match_mentors(collective, annotator, TODAY).waiting[MENTOR] == "has-all"
        second = replace(made, id="urn:ngsi-ld:Mentorship:test:second")
        with pytest.raises(RuleBroken, match="has time for 1"):
            await begin_mentorship(held.store, WRITER, second, now=NOW)

        async def move(status: str, outcome: dict[str, str]) -> Mentorship:
            return await move_mentorship(
                held.store, WRITER, made.id, status, outcome=outcome, today=TODAY, now=NOW
            )

        with pytest.raises(RuleBroken, match="active or stopped"):
            await move("completed", {"en": "Too early."})
        assert (await move("active", {})).since == TODAY
        with pytest.raises(RuleBroken, match="what came of it"):
            await move("completed", {})
        assert (await move("completed", {"en": "A job."})).until == TODAY
        with pytest.raises(RuleBroken, match="nothing else"):
            await move("active", {})


async def test_mentorship_should_be_of_a_mentor_and_a_student() -> None:
    turned = Mentorship(
        id="urn:ngsi-ld:Mentorship:test:turned",
        title={"en": "Turned"},
        mentor=STUDENT,
        student=MENTOR,
    )
    async with holding(*places(), *people()) as held:
        with pytest.raises(InvalidRecord, match="profile of a mentor"):
            await held.add(turned)


async def test_mentorship_should_not_be_made_when_nothing_is_shared(annotator: Annotator) -> None:
    mentor, student = _people()
    async with collective_of(*places(), replace(mentor, languages=()), student) as collective:
        one, other = (collective.get(name, MentorProfile) for name in (MENTOR, STUDENT))
        assert fit_of(collective, annotator, one, other) is None
        with pytest.raises(DoNotFit):
            mentorship_of(collective, annotator, MENTOR, STUDENT, today=TODAY)


@pytest.mark.parametrize("organisation", [SUWON, LAB])
async def test_profile_should_be_its_own_organisations_to_write(organisation: str) -> None:
    mentor, _ = _people()
    caller = Caller(actor="a", roles=WRITER.roles, organisation=organisation)
    other = Caller(actor="b", roles=WRITER.roles, organisation=UTRECHT)
    async with holding(*places()) as held:
        with pytest.raises(SpeaksForAnother):
            await create_record(held.store, other, mentor, now=NOW)
        await create_record(held.store, caller, mentor, now=NOW)


async def test_mentorship_should_be_for_its_two_sides_to_say(annotator: Annotator) -> None:
    async with holding(*places(), *people()) as held:
        made = mentorship_of(await held.collective(), annotator, MENTOR, STUDENT, today=TODAY)
        other = Caller(actor="b", roles=WRITER.roles, organisation=UTRECHT)
        with pytest.raises(SpeaksForAnother):
            await begin_mentorship(held.store, other, made, now=NOW)
        eindhoven = Caller(actor="a", roles=WRITER.roles, organisation=EINDHOVEN)
        await begin_mentorship(held.store, eindhoven, made, now=NOW)
