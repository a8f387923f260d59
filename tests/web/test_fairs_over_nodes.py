"""A stand of one node with the story of a city on another: each is written at home, both are read."""

from hanze.collaboration.records.gatherings import CityStory, Session
from hanze.collaboration.records.record import Record
from tests.fairs_world import (
    ROTTERDAM,
    SCHEME,
    STAND,
    UTRECHT,
    a_scheme,
    a_story,
    fair_records,
    places,
)
from tests.leagues import LeagueOfNodes, league_of, put_records, url_of

AT = "2026-11-01T10:00:00Z"


def _of(city: str) -> list[Record]:
    return [one for one in places() if one.id == city]


def _story(title: str) -> CityStory:
    session = Session(key="water", title={"en": title}, starts="2026-11-04T09:30")
    return a_story(ROTTERDAM, "Rotterdam", session)


async def _fair(league: LeagueOfNodes, name: str) -> list[tuple[str, str | None]]:
    answer = await league.client(name).get(f"/api/v1/fairs/{STAND}")
    assert answer.status_code == 200, answer.text
    return [
        (one["city"]["id"], one.get("home", {}).get("node")) for one in answer.json()["stories"]
    ]


async def test_story_should_stand_at_the_stand_of_another_node_and_be_written_at_home() -> None:
    async with league_of({"utrecht": "Utrecht", "rotterdam": "Rotterdam"}) as league:
        common = [one for one in fair_records() if not isinstance(one, CityStory)]
        rest = [one for one in places() if one.id not in (UTRECHT, ROTTERDAM)]
        own = [*rest, *_of(UTRECHT), *common, a_story(UTRECHT, "Utrecht"), a_scheme(countries=())]
        await put_records(league.nodes["utrecht"], own, AT)
        await put_records(league.nodes["rotterdam"], [*_of(ROTTERDAM), _story("Squares")], AT)
        await league.compare()
        assert await _fair(league, "utrecht") == [(UTRECHT, None), (ROTTERDAM, "rotterdam")]
        assert await _fair(league, "rotterdam") == [(UTRECHT, "utrecht"), (ROTTERDAM, None)]

        # What changes at home changes at the stand, in the programme as well.
        home = league.nodes["rotterdam"]
        await put_records(home, [_story("Floating parks")], home.clock())
        assert await league.step("utrecht", "rotterdam")
        utrecht, rotterdam = league.client("utrecht"), league.client("rotterdam")
        feed = await utrecht.get(f"/api/v1/fairs/{STAND}/programme.ics")
        assert "Rotterdam: Floating parks" in feed.text
        page = await utrecht.get(f"/en/collective/fairs/{STAND}")
        assert "Kept by rotterdam" in page.text

        # Nobody writes what another node keeps.
        session = {"city": ROTTERDAM, "title": {"en": "Theirs"}}
        refused = await utrecht.post(f"/api/v1/fairs/{STAND}/sessions", json=session)
        assert refused.status_code == 409, refused.text
        assert url_of("rotterdam") in refused.json()["detail"]
        own_session = await rotterdam.post(f"/api/v1/fairs/{STAND}/sessions", json=session)
        assert own_session.status_code == 200, own_session.text

        # A voucher is asked for where its giver is, and its page leads there.
        asked = {"to": ROTTERDAM, "amount": 100}
        away = await rotterdam.post(f"/api/v1/vouchers/{SCHEME}/requests", json=asked)
        assert away.status_code == 409, away.text
        page = await rotterdam.get(f"/en/collective/vouchers/{SCHEME}")
        assert "These vouchers are kept by utrecht." in page.text
        assert "Ask for a voucher" not in page.text
