"""Which calls a project may answer, by how much it does not, and what is not known."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.collaboration.collective import RecordNotFound
from hanze.collaboration.conditions import Condition, State, at_least, at_most, one_of
from hanze.collaboration.records.offers import Subsidy
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Municipality, Region
from hanze.collaboration.records.projects import BusinessCase, Project
from hanze.collaboration.records.record import Money, Record
from hanze.collaboration.records.themes import Theme
from hanze.collaboration.subsidies import (
    CallStatus,
    Eligibility,
    assess,
    assess_fund,
    call_status,
    calls_for,
    deadlines,
    grant,
    projects_for,
)
from tests.collectives import collective_of

TODAY = date(2026, 11, 22)
NL, KR = "urn:ngsi-ld:Country:NL", "urn:ngsi-ld:Country:KR"
MOBILITY = "urn:ngsi-ld:Theme:hanze:mobility"
BICYCLES = "urn:ngsi-ld:Theme:hanze:bicycles"
BRABANT = "urn:ngsi-ld:Region:NL:PV30"
EINDHOVEN = Municipality(
    id="urn:ngsi-ld:Municipality:NL:GM0772", title={"en": "E"}, country=NL, region=BRABANT
)
HELMOND = Municipality(
    id="urn:ngsi-ld:Municipality:NL:GM0794", title={"en": "H"}, country=NL, region=BRABANT
)
BUSAN = Municipality(id="urn:ngsi-ld:Municipality:KR:21", title={"en": "B"}, country=KR)
REGION = Region(id=BRABANT, title={"en": "Noord-Brabant"}, country=NL)
FIRM = Organization(
    id="urn:ngsi-ld:Organization:NL:firm", title={"en": "F"}, kind="company", country=NL
)
SCHOOL = Organization(
    id="urn:ngsi-ld:Organization:NL:school", title={"en": "S"}, kind="university", country=NL
)
UNHEARD = "urn:ngsi-ld:Organization:NL:unheard-of"
WORLD: tuple[Record, ...] = (
    *(EINDHOVEN, HELMOND, BUSAN, REGION, FIRM, SCHOOL),
    Theme(id=MOBILITY, title={"en": "Mobility"}),
    Theme(id=BICYCLES, title={"en": "Bicycles"}, broader=MOBILITY),
)


def _call(key: str = "call", **more: object) -> Subsidy:
    return Subsidy(id=f"urn:ngsi-ld:Subsidy:EU:{key}", title={"en": key}, **more)  # type: ignore[arg-type]  # the test's own


def _project(key: str = "p", **more: object) -> Project:
    values: dict[str, object] = {"stage": "pilot", "source_city": EINDHOVEN.id}
    return Project(
        id=f"urn:ngsi-ld:Project:test:{key}",
        title={"en": key},
        **(values | more),  # type: ignore[arg-type]  # the test's own
    )


async def _conditions(project: Project, call: Subsidy) -> dict[str, Condition]:
    async with collective_of(*WORLD, project, call) as collective:
        found = assess(
            collective,
            collective.get(project.id, Project),
            collective.get(call.id, Subsidy),
            TODAY,
        )
    return {one.name: one for one in found.conditions}


@pytest.mark.parametrize(
    ("opens", "closes", "status"),
    [
        (None, None, CallStatus.UNDATED),
        (date(2026, 12, 1), None, CallStatus.UPCOMING),
        (None, TODAY, CallStatus.OPEN),
        (TODAY, None, CallStatus.OPEN),
        (date(2026, 1, 1), date(2026, 11, 21), CallStatus.CLOSED),
    ],
)
def test_call_should_be_open_within_its_days(
    opens: date | None, closes: date | None, status: CallStatus
) -> None:
    assert call_status(_call(opens=opens, closes=closes), TODAY) is status


async def test_call_without_conditions_should_have_none() -> None:
    assert await _conditions(_project(), _call()) == {}


@pytest.mark.parametrize(
    ("trl", "state", "short"),
    [(4, State.UNMET, 1), (5, State.MET, None), (None, State.UNKNOWN, None)],
)
async def test_trl_should_say_by_how_much_it_falls_short(
    trl: int | None, state: State, short: int | None
) -> None:
    found = (await _conditions(_project(trl=trl), _call(trl_minimum=5)))["trl-minimum"]
    assert (found.state, found.short) == (state, None if short is None else Decimal(short))


async def test_trl_should_say_by_how_much_it_is_over() -> None:
    found = (await _conditions(_project(trl=9), _call(trl_maximum=7)))["trl-maximum"]
    assert (found.state, found.short) == (State.UNMET, Decimal(2))


async def test_theme_should_be_met_by_a_part_of_it() -> None:
    call = _call(themes=(MOBILITY,))
    assert (await _conditions(_project(themes=(BICYCLES,)), call))["theme"].state is State.MET
    assert (await _conditions(_project(), call))["theme"].state is State.UNKNOWN
    other = await _conditions(_project(themes=("urn:ngsi-ld:Theme:hanze:water",)), call)
    assert other["theme"].state is State.UNMET
    assert other["theme"].missing == (MOBILITY,)


async def test_cities_and_countries_should_be_counted_once_each() -> None:
    call = _call(cities_minimum=3, countries_minimum=2, partners_minimum=4)
    few = _project(lead=EINDHOVEN.id, followers=(HELMOND.id,), suppliers=(FIRM.id,))
    found = await _conditions(few, call)
    assert found["cities"].short == 1
    assert found["countries"].state is State.UNMET
    assert found["partners"].short == 1
    whole = _project(followers=(HELMOND.id, BUSAN.id), partners=(FIRM.id,))
    states = {one.state for one in (await _conditions(whole, call)).values()}
    assert states == {State.MET}


async def test_country_should_be_unknown_when_a_partner_is_not_known() -> None:
    call = _call(countries_minimum=2, countries=(KR,), partner_kinds=("university",))
    found = await _conditions(_project(partners=(UNHEARD,)), call)
    assert {one.state for one in found.values()} == {State.UNKNOWN}
    known = await _conditions(_project(partners=(FIRM.id,)), call)
    assert {one.state for one in known.values()} == {State.UNMET}
    assert known["partner-kinds"].missing == ("university",)


async def test_region_should_be_that_of_a_city_too() -> None:
    found = await _conditions(_project(), _call(regions=(BRABANT,)))
    assert found["region"].state is State.MET


async def test_co_financing_should_say_how_much_is_to_be_found() -> None:
    call = _call(co_financing=0.25)
    alone = _project(budget=Money(Decimal(400_000), "EUR"))
    found = (await _conditions(alone, call))["co-financing"]
    assert (found.state, found.short, found.unit) == (State.UNKNOWN, Decimal(100_000), "EUR")
    helped = await _conditions(_project(co_investors=(FIRM.id,)), call)
    assert helped["co-financing"].state is State.MET


async def test_new_standard_should_never_be_guessed() -> None:
    found = await _conditions(
        _project(standards=("urn:ngsi-ld:Standard:etsi:cim",)), _call(new_standard=True)
    )
    assert found["new-standard"].state is State.UNKNOWN


def test_grant_should_be_limited_by_share_and_most() -> None:
    project = _project(budget=Money(Decimal(400_000), "EUR"))
    assert grant(project, _call(co_financing=0.5)) == Money(Decimal(200_000), "EUR")
    most = Money(Decimal(150_000), "EUR")
    assert grant(project, _call(co_financing=0.5, most_per_project=most)) == most
    assert grant(project, _call(most_per_project=Money(Decimal(1), "KRW"))) is None
    assert grant(_project(), _call(most_per_project=most)) == most


async def test_both_directions_should_say_the_same() -> None:
    calls = (
        _call("open", closes=date(2026, 12, 1), cities_minimum=1),
        _call("far", closes=date(2027, 12, 1), cities_minimum=3),
        _call("over", closes=date(2026, 1, 1)),
        _call("vague", trl_minimum=3),
    )
    projects = (_project("one"), _project("stopped", stage="stopped"), _project("two", trl=5))
    async with collective_of(*WORLD, *calls, *projects) as collective:
        found = calls_for(collective, projects[0].id, TODAY)
        assert [(one.call.record.title["en"], one.eligibility) for one in found if one.call] == [
            ("open", Eligibility.ELIGIBLE),
            ("vague", Eligibility.UNKNOWN),
            ("far", Eligibility.NOT),
        ]
        assert [one.name for one in found[2].to_do] == ["cities"]
        assert len(calls_for(collective, projects[0].id, TODAY, closed=True)) == 4
        back = projects_for(collective, calls[3].id, TODAY)
        assert [(one.project.record.title["en"], one.eligibility) for one in back] == [
            ("two", Eligibility.ELIGIBLE),
            ("one", Eligibility.UNKNOWN),
        ]
        assert projects_for(collective, calls[3].id, TODAY, cities=[BUSAN.id]) == ()
        assert [one.call.record.title["en"] for one in deadlines(collective, TODAY)] == [
            "open",
            "far",
        ]
        assert deadlines(collective, TODAY)[0].days == 9
        with pytest.raises(RecordNotFound):
            calls_for(collective, calls[0].id, TODAY)


async def test_closed_call_should_say_since_when() -> None:
    found = await _conditions(_project(), _call(closes=date(2026, 11, 20)))
    assert (found["in-time"].state, found["in-time"].short) == (State.UNMET, Decimal(2))


async def test_fund_should_ask_for_cities_sectors_liveability_and_standards() -> None:
    alone = _project("alone")
    together = _project(
        "together",
        followers=(BUSAN.id,),
        suppliers=(FIRM.id,),
        knowledge_partners=(SCHOOL.id,),
        business_case=BusinessCase(value={"en": "Quieter streets"}),
    )
    async with collective_of(*WORLD, alone, together) as collective:
        one = assess_fund(collective, collective.get(alone.id, Project))
        two = assess_fund(collective, collective.get(together.id, Project))
    assert {c.name: c.state for c in one.conditions} == {
        "cities": State.UNMET,
        "liveability": State.UNKNOWN,
        "sectors": State.UNMET,
        "new-standard": State.UNKNOWN,
    }
    assert one.eligibility is Eligibility.NOT
    assert [c.name for c in two.to_do] == ["new-standard"]
    assert two.eligibility is Eligibility.UNKNOWN


_things = st.frozensets(st.sampled_from("abcdefgh"))


@given(least=st.integers(0, 9), found=_things, open_ended=_things)
@settings(max_examples=80)
def test_at_least_should_be_unmet_only_when_nothing_unknown_could_help(
    least: int, found: frozenset[str], open_ended: frozenset[str]
) -> None:
    condition = at_least("x", least, found, open_ended=open_ended)
    if least == 0:
        assert condition is None
        return
    assert condition is not None
    if condition.state is State.MET:
        assert len(found) >= least
    elif condition.state is State.UNMET:
        assert len(found) + len(open_ended) < least
    else:
        assert len(found) < least <= len(found) + len(open_ended)


@given(asked=_things, found=_things, open_ended=_things)
@settings(max_examples=80)
def test_one_of_should_be_met_exactly_when_they_overlap(
    asked: frozenset[str], found: frozenset[str], open_ended: frozenset[str]
) -> None:
    condition = one_of("x", tuple(asked), found, open_ended)
    assert (condition is None) == (not asked)
    if condition is not None:
        assert (condition.state is State.MET) == bool(asked & found)
        assert not (condition.state is State.UNMET and open_ended)


def test_at_most_should_be_unknown_when_nothing_is_known() -> None:
    unknown = at_most("x", 3, None)
    assert unknown is not None
    assert unknown.state is State.UNKNOWN
    assert at_most("x", None, 3) is None
