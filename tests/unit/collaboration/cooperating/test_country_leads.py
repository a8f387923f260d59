"""One lead on each side at a time."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hanze.broker.provision import create_entity
from hanze.collaboration.cooperating.leading import LeadTaken, change_lead, lead_record, name_lead
from hanze.collaboration.cooperating.leads import leads, overlap
from hanze.collaboration.records.entities import InvalidRecord, write_record
from hanze.collaboration.rules.speaking import SpeaksForAnother
from hanze.collaboration.rules.step import RuleBroken
from hanze.collaboration.writing import change_record, create_record
from hanze.identity.caller import Caller
from hanze.ngsild.vocabulary import HANZE
from tests.collectives import NOW, WRITER, collective_of, holding
from tests.relations_world import EINDHOVEN, KR, NL, SUWON, UTRECHT, WATER, country_lead, places

TODAY = date(2026, 6, 15)
_DAYS = st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1))


async def test_leads_should_say_where_they_stand_and_what_is_missing() -> None:
    over = country_lead("over", until=date(2025, 12, 31))
    now = country_lead("now", since=date(2026, 1, 1), orders={"en": "Open tenders."})
    coming = country_lead("coming", since=date(2027, 1, 1), partner_lead=SUWON)
    async with collective_of(*places(), over, now, coming) as collective:
        found = leads(collective, TODAY)
        of_suwon = leads(collective, TODAY, partner=SUWON)
        of_theme = leads(collective, TODAY, theme="urn:ngsi-ld:Theme:test:rain")
        current = leads(collective, TODAY, country=KR, state="current")
    assert [(one.held.record.id, one.state) for one in found] == [
        (now.id, "current"),
        (coming.id, "coming"),
        (over.id, "over"),
    ]
    assert found[0].missing == ("partner_lead",)
    assert found[1].missing == ("orders",)
    assert found[0].doubles == (coming.id,)
    assert [one.held.record.id for one in of_suwon] == [coming.id]
    assert of_theme == ()
    assert [one.held.record.id for one in current] == [now.id]


@pytest.mark.parametrize(("named", "agrees"), [(UTRECHT, True), (EINDHOVEN, False), (None, True)])
async def test_leads_should_tell_whether_both_sides_say_the_same(
    named: str | None, agrees: bool
) -> None:
    ours = country_lead("ours", partner_lead=SUWON)
    theirs = country_lead("theirs", country=KR, lead=SUWON, partner_country=NL, partner_lead=named)
    async with collective_of(*places(), ours, theirs) as collective:
        found = leads(collective, TODAY)
    assert [one.agrees for one in found] == [agrees, agrees]
    assert found[0].counterpart is not None


@given(a=_DAYS, b=_DAYS, c=_DAYS, d=_DAYS)
@settings(max_examples=60)
def test_overlap_should_be_the_same_both_ways_and_true_of_itself(
    a: date | None, b: date | None, c: date | None, d: date | None
) -> None:
    one, other = country_lead("a", since=a, until=b), country_lead("b", since=c, until=d)
    assert overlap(one, other) == overlap(other, one)
    assert overlap(one, one) == (a is None or b is None or a <= b)


async def test_second_lead_should_be_refused_when_the_period_runs_into_another() -> None:
    first = country_lead("first", since=date(2026, 1, 1), until=date(2026, 12, 31))
    async with holding(*places(), first) as held:
        with pytest.raises(RuleBroken, match="one leads at a time"):
            await held.add(country_lead("second", since=date(2026, 12, 31)))
        await held.add(country_lead("next", since=date(2027, 1, 1)))
        await held.add(country_lead("else", partner_country="urn:ngsi-ld:Country:BE"))
        # A bare change is held to it as well.
        with pytest.raises(RuleBroken, match="one leads at a time"):
            await change_record(
                held.store,
                WRITER,
                "urn:ngsi-ld:CountryLead:test:next",
                type(first),
                lambda lead: replace(lead, since=date(2026, 6, 1)),
                now=NOW,
            )


async def test_lead_should_be_of_its_side() -> None:
    async with holding(*places()) as held:
        with pytest.raises(InvalidRecord, match="not of"):
            await held.add(country_lead("wrong", lead=SUWON))
        with pytest.raises(InvalidRecord, match="another country"):
            await held.add(country_lead("same", partner_country=NL))


async def test_lead_should_be_named_by_its_own_side_only() -> None:
    busan = Caller(actor="b", roles=WRITER.roles, organisation=SUWON)
    utrecht = Caller(actor="u", roles=WRITER.roles, organisation=UTRECHT)
    async with holding(*places()) as held:
        with pytest.raises(SpeaksForAnother):
            await create_record(held.store, busan, country_lead("a"), now=NOW)
        await create_record(held.store, utrecht, country_lead("a"), now=NOW)


async def test_record_of_a_lead_should_be_named_after_theme_and_countries() -> None:
    async with collective_of(*places()) as collective:
        made = lead_record(
            collective,
            theme=WATER,
            country=NL,
            lead=UTRECHT,
            partner_country=KR,
            partner_lead=None,
            since=None,
            until=None,
            orders={},
            today=TODAY,
        )
    assert made.title["ko"] == "물: Netherlands / Korea"
    assert (made.source_city, made.themes) == (UTRECHT, (WATER,))


async def test_draft_of_a_lead_should_neither_hinder_others_nor_be_told_of() -> None:
    draft = replace(write_record(country_lead("draft")), scope=("/closed/test",))
    async with holding(*places()) as held:
        await held.store.transact(
            lambda uow: create_entity(uow, WRITER, draft, context=HANZE, now=NOW)
        )
        await held.add(country_lead("open"))
        # What is open does hinder.
        with pytest.raises(RuleBroken, match="one leads at a time"):
            await held.add(country_lead("second"))


async def test_lead_should_not_be_named_when_another_node_is_known_to_have_one() -> None:
    async with holding(*places(), country_lead("first")) as held:
        collective = await held.collective()
        with pytest.raises(LeadTaken, match="one leads at a time"):
            await name_lead(held.store, WRITER, collective, country_lead("second"), now=NOW)


async def test_lead_should_be_changed_in_what_is_given_only() -> None:
    async with holding(*places(), country_lead("one", orders={"nl": "Open."})) as held:
        changed = await change_lead(
            held.store,
            WRITER,
            "urn:ngsi-ld:CountryLead:test:one",
            partner_lead=SUWON,
            until=None,
            orders={"en": "Open tenders."},
            now=NOW,
        )
    assert (changed.partner_lead, changed.until) == (SUWON, None)
    assert changed.orders == {"nl": "Open.", "en": "Open tenders."}
