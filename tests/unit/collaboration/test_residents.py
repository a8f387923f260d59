"""What residents bring in: without an account, through a clerk, for a child; and what becomes of it."""

import asyncio
import re
from datetime import date

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.broker.provision import (
    create_entity,
    delete_entity,
    merge_entity,
    update_attributes,
)
from hanze.collaboration.collective import RecordNotFound
from hanze.collaboration.inert import TextRefused, inert
from hanze.collaboration.members import MEMBERS, Member
from hanze.collaboration.records.entities import attributes_of, write_record
from hanze.collaboration.records.places import Municipality
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.residents import Contribution, Measured
from hanze.collaboration.residents import (
    ConsentMissing,
    ContributionsClosed,
    NotAnAnswer,
    Submission,
    UnfitContribution,
    answer,
    anyone,
    contribute,
    contributions,
    counts,
    enter,
    idea_funnel,
    received,
    support,
)
from hanze.collaboration.rules.contributors import ContributorsOnly
from hanze.collaboration.rules.step import RuleBroken
from hanze.ngsild.model import Fragment
from hanze.ngsild.vocabulary import HANZE
from tests.collectives import NOW, WRITER, collective_of, holding

TODAY = date(2026, 11, 22)
GRONINGEN = "urn:ngsi-ld:Municipality:NL:GM0014"
DUIVEN = "urn:ngsi-ld:Municipality:NL:GM0226"
IDEA = Submission(
    title="Bank onder de boom", text="Dan kan ik even zitten.\nBij de halte.", city=GRONINGEN
)
ID = "urn:ngsi-ld:Contribution:groningen:1"


def _made(key: str, **more: object) -> Contribution:
    record_id = f"urn:ngsi-ld:Contribution:test:{key}"
    return Contribution(id=record_id, title={"nl": key}, **more)  # type: ignore[arg-type]  # the test's own


def _with(**more: object) -> Submission:
    return msgspec.structs.replace(IDEA, **more)


def test_contribution_should_hold_what_was_typed() -> None:
    made = received(IDEA, record_id=ID, today=TODAY)
    assert made.title == {"nl": "Bank onder de boom"}
    assert made.description == {"nl": "Dan kan ik even zitten.\nBij de halte."}
    assert (made.status, made.channel, made.received_on) == ("received", "web", TODAY)
    assert (made.source_city, made.provenance) == (GRONINGEN, "entered")


@pytest.mark.parametrize("consent", [None, date(2026, 11, 23)])
def test_child_should_contribute_only_with_consent(consent: date | None) -> None:
    with pytest.raises(ConsentMissing):
        received(_with(age_group="child", parental_consent_on=consent), record_id=ID, today=TODAY)


def test_childs_place_should_be_rough() -> None:
    place = {"longitude": 6.5665123, "latitude": 53.2193777}
    child = _with(age_group="child", parental_consent_on=TODAY, **place)
    assert received(child, record_id=ID, today=TODAY).location == {
        "type": "Point",
        "coordinates": [6.567, 53.219],
    }
    adult = received(_with(**place), record_id=ID, today=TODAY)
    assert adult.location == {"type": "Point", "coordinates": [6.56651, 53.21938]}


def test_consent_of_an_adult_should_not_be_kept() -> None:
    made = received(_with(age_group="adult", parental_consent_on=TODAY), record_id=ID, today=TODAY)
    assert made.parental_consent_on is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "complaint"},
        {"contributor_kind": "king"},
        {"age_group": "old"},
        {"language": "fr"},
        {"city": "https://evil.example"},
        {"district": "javascript:alert(1)"},
        {"sensor": "urn:ngsi-ld:CitizenSensor:x y"},
        {"themes": ("data:text/html",)},
        {"longitude": 200.0, "latitude": 0.0},
        {"themes": tuple("abcdefgh")},
        {"measured": (Measured(what="a", value=1, unit="b"),) * 51},
    ],
)
def test_what_does_not_fit_should_be_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UnfitContribution):
        received(_with(**wrong), record_id=ID, today=TODAY)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("See https://evil.example/x now", "See evil.example/x now"),
        ("hthttps://tps://evil.example", "evil.example"),
        ("javascript:alert(1)", "alert(1)"),
        ("Open data: for all", "Open data: for all"),
        ("a\u202ebc\x00d\u200b", "abcd"),
        ("<b>bold</b>", "<b>bold</b>"),
        ("  two\t words \n here ", "two words here"),
    ],
)
def test_text_should_become_inert(typed: str, kept: str) -> None:
    assert inert(typed, field="title", most=100) == kept


@pytest.mark.parametrize("typed", ["", " \n ", "\x00", "x" * 101, "x" * 100_000, "http://"])
def test_text_should_be_refused_when_empty_or_long(typed: str) -> None:
    with pytest.raises(TextRefused):
        inert(typed, field="title", most=100)


@given(st.lists(st.sampled_from(["http", "://", "s", "a", ":", "/", "javascript:", " ", "한"])))
@settings(max_examples=100)
def test_inert_text_should_hold_no_address_and_stay_as_it_is(parts: list[str]) -> None:
    try:
        plain = inert("".join(parts), field="x", most=1000)
    except TextRefused:
        return
    assert not re.search(r"[a-z]+:/|javascript:\S", plain, re.IGNORECASE)
    assert inert(plain, field="x", most=1000) == plain


async def test_anyone_should_contribute_without_an_account() -> None:
    async with holding() as held:
        with pytest.raises(UnfitContribution, match="no city of this portal"):
            await contribute(held.store, IDEA, record_id=ID, today=TODAY, now=NOW)
        await held.add(Municipality(id=GRONINGEN, title={"nl": "Groningen"}))
        made = await contribute(held.store, IDEA, record_id=ID, today=TODAY, now=NOW)
        assert held.record(ID) == made


async def test_contribution_should_be_its_members_when_it_is_made_there() -> None:
    async with holding() as held:
        member = Member(tenant="duiven", city=DUIVEN, since=TODAY)
        await held.store.transact(
            lambda uow: uow.registers.put(MEMBERS, "duiven", msgspec.json.encode(member))
        )
        made = await contribute(
            held.store, IDEA, record_id=ID, tenant="duiven", today=TODAY, now=NOW
        )
        assert made.source_city == DUIVEN
        assert held.record(ID, "duiven") == made


async def test_contribution_should_not_make_a_tenant_nor_enter_a_closed_one() -> None:
    async with holding() as held:
        for tenant, closed in (("invented", ()), ("", ("",))):
            with pytest.raises(ContributionsClosed):
                await contribute(
                    held.store,
                    IDEA,
                    record_id=ID,
                    tenant=tenant,
                    closed_in=closed,
                    today=TODAY,
                    now=NOW,
                )
        assert not held.store.tenant_exists("invented")


async def test_clerk_should_enter_on_someones_behalf() -> None:
    async with holding() as held:
        made = await enter(
            held.store,
            WRITER,
            IDEA,
            record_id=ID,
            channel="telephone",
            entered_by="Desk 3",
            today=TODAY,
            now=NOW,
        )
        assert (made.channel, made.entered_by) == ("telephone", "Desk 3")
        with pytest.raises(TextRefused):
            await enter(
                held.store,
                WRITER,
                IDEA,
                record_id=ID + "2",
                channel="paper",
                entered_by=" ",
                today=TODAY,
                now=NOW,
            )


async def test_visitor_should_write_nothing_but_what_is_received() -> None:
    async with holding(_made("there", supporters=3)) as held:
        there = held.record("urn:ngsi-ld:Contribution:test:there")
        assert isinstance(there, Contribution)
        visitor = anyone("")
        wrong = [
            _made("adopted", status="considered"),
            _made("clerk", channel="counter"),
            _made("on-behalf", entered_by="me"),
            _made("popular", supporters=1000),
            Project(id="urn:ngsi-ld:Project:x:1", title={"en": "p"}, stage="idea"),
        ]
        for record in wrong:
            entity = write_record(record)
            with pytest.raises(ContributorsOnly):
                await held.store.transact(
                    lambda uow, one=entity: create_entity(  # type: ignore[misc]  # mypy cannot see a default's type
                        uow, visitor, one, context=HANZE, now=NOW
                    )
                )
        for change in ({"supporters": 5}, {"status": "considered"}, {"title": {"nl": "x"}}):
            changed = msgspec.structs.replace(there, **change)
            fragment = Fragment(attributes=attributes_of(changed, tuple(change)))
            for operation in (update_attributes, merge_entity):
                with pytest.raises(ContributorsOnly):
                    await held.store.transact(
                        lambda uow, do=operation, some=fragment: do(  # type: ignore[misc]  # likewise
                            uow, visitor, there.id, some, now=NOW
                        )
                    )
        with pytest.raises(ContributorsOnly):
            await held.store.transact(lambda uow: delete_entity(uow, visitor, there.id, now=NOW))
        assert held.record(there.id) == there


async def test_support_should_count_everyone_once_asked() -> None:
    async with holding(
        _made("idea"), _made("done", status="declined", outcome={"en": "No"})
    ) as held:
        idea = "urn:ngsi-ld:Contribution:test:idea"
        await asyncio.gather(*(support(held.store, idea, now=NOW) for _ in range(5)))
        record = held.record(idea)
        assert isinstance(record, Contribution)
        assert record.supporters == 5
        with pytest.raises(NotAnAnswer):
            await support(held.store, "urn:ngsi-ld:Contribution:test:done", now=NOW)
        with pytest.raises(RecordNotFound):
            await support(held.store, "urn:ngsi-ld:Contribution:test:none", now=NOW)


async def test_contribution_should_be_answered_step_by_step() -> None:
    one = _made("one")
    async with holding(one) as held:

        async def tell(status: str, became: str | None = None, **outcome: str) -> Contribution:
            return await answer(
                held.store,
                WRITER,
                one.id,
                status=status,
                outcome=outcome,
                became=became,
                today=TODAY,
                now=NOW,
            )

        with pytest.raises(NotAnAnswer, match="not realised"):
            await tell("realised", en="There")
        await tell("considered", en="We look into it")
        with pytest.raises(RuleBroken, match="became"):
            await tell("adopted", en="Yes")
        project = "urn:ngsi-ld:Project:test:bench"
        adopted = await tell("adopted", became=project, en="We make it")
        assert (adopted.became, adopted.outcome_on) == (project, TODAY)
        realised = await tell("realised", nl="Hij staat er")
        assert (realised.status, realised.became) == ("realised", project)
        with pytest.raises(NotAnAnswer):
            await tell("declined", en="No")


async def test_reason_should_be_given_when_it_is_declined() -> None:
    async with holding(_made("one")) as held:
        with pytest.raises(RuleBroken, match="outcome"):
            await answer(
                held.store,
                WRITER,
                "urn:ngsi-ld:Contribution:test:one",
                status="declined",
                outcome={},
                today=TODAY,
                now=NOW,
            )


async def test_support_should_move_with_what_is_merged() -> None:
    async with holding(_made("one", supporters=4), _made("two", supporters=2)) as held:
        one, two = (f"urn:ngsi-ld:Contribution:test:{key}" for key in ("one", "two"))
        for became, fault in ((one, RuleBroken), (one + "x", RecordNotFound)):
            with pytest.raises(fault):
                await answer(
                    held.store,
                    WRITER,
                    one,
                    status="merged",
                    outcome={"en": "The same"},
                    became=became,
                    today=TODAY,
                    now=NOW,
                )
        await answer(
            held.store,
            WRITER,
            one,
            status="merged",
            outcome={"en": "The same"},
            became=two,
            today=TODAY,
            now=NOW,
        )
        target = held.record(two)
        assert isinstance(target, Contribution)
        assert target.supporters == 7


async def test_merging_should_go_in_no_circle_and_be_taken_back_whole() -> None:
    async with holding(_made("one", supporters=4), _made("two", supporters=2)) as held:
        one, two = (f"urn:ngsi-ld:Contribution:test:{key}" for key in ("one", "two"))

        async def tell(record_id: str, status: str, became: str | None = None) -> None:
            await answer(
                held.store,
                WRITER,
                record_id,
                status=status,
                outcome={"en": "The same"},
                became=became,
                today=TODAY,
                now=NOW,
            )

        await tell(one, "merged", two)
        with pytest.raises(RuleBroken, match="merged itself"):
            await tell(two, "merged", one)
        await tell(one, "considered")
        target = held.record(two)
        assert isinstance(target, Contribution)
        assert (target.supporters, target.status) == (2, "received")


async def test_funnel_should_have_denominators() -> None:
    there = (
        _made("a", received_on=date(2026, 1, 1)),
        _made("b", status="considered", received_on=date(2026, 2, 1)),
        _made(
            "c",
            status="adopted",
            received_on=date(2026, 1, 1),
            outcome_on=date(2026, 1, 11),
            contributor_kind="student",
        ),
        _made(
            "d",
            status="realised",
            received_on=date(2026, 1, 1),
            outcome_on=date(2026, 1, 31),
            channel="counter",
            source_city=GRONINGEN,
        ),
    )
    async with collective_of(*there) as collective:
        every = contributions(collective)
        found = idea_funnel(every)
        assert [held.record.title["nl"] for held in every] == ["b", "a", "c", "d"]
        assert len(contributions(collective, city=GRONINGEN)) == 1
        assert len(contributions(collective, since=date(2026, 2, 1))) == 1
        assert contributions(collective, theme="urn:x:1", district="urn:x:2") == ()
    assert (found.received, found.answered, found.adopted, found.realised) == (4, 3, 2, 1)
    assert (found.answered_share, found.adopted_share, found.realised_share) == (0.75, 0.5, 0.5)
    assert found.days_to_answer == 20
    told = counts(every)
    assert told["contributorKind"]["student"] == 1
    assert told["contributorKind"]["commuter"] == 0
    assert told["channel"] == {"web": 3, "counter": 1, "telephone": 0, "paper": 0, "event": 0}
    nothing = idea_funnel(())
    assert (nothing.answered_share, nothing.realised_share, nothing.days_to_answer) == (None,) * 3
