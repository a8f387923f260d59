"""A Dutch-Korean matchmaking day on two nodes: each keeps its own word, one of them plans."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from tests.in_process_command import hanze
from tests.running import RunningNode, start_node

pytestmark = pytest.mark.slow

Json = Any
_QUICK = {"HANZE_LEAGUE__GOSSIP_S": "0.5", "HANZE_LEAGUE__TIMEOUT_S": "2"}
NL, KR = "urn:ngsi-ld:Country:NL", "urn:ngsi-ld:Country:KR"
EINDHOVEN = "urn:ngsi-ld:Municipality:NL:GM0772"
BUSAN = "urn:ngsi-ld:Municipality:KR:21"
LAMPS = "urn:ngsi-ld:Organization:NL:lamps"
SENSORS = "urn:ngsi-ld:Organization:KR:sensors"


class City:
    """A node, and its operator at the command line."""

    def __init__(self, data: Path, running: RunningNode) -> None:
        self.data = data
        self.running = running

    def hanze(self, *arguments: str) -> Json:
        done = hanze(*arguments, "--json", "--url", self.running.url)
        assert done.code == 0, done.err
        return json.loads(done.out)

    def get(self, path: str) -> httpx.Response:
        answer = httpx.get(f"{self.running.url}/api/v1{path}", timeout=20)
        assert answer.status_code == 200, answer.text
        return answer

    def add(self, kind: str, record: Mapping[str, Json]) -> None:
        file = self.data.parent / "record.json"
        file.write_text(json.dumps(record))
        self.hanze("record", "add", kind, str(file))

    def calendar(self, participation: str) -> dict[str, tuple[str, str, str, int]]:
        """Fetch a participant's calendar as a calendar does: uid → what, when, state, sequence."""
        raw = self.get(f"/participations/{participation}/calendar.ics").content
        events = Calendar.from_ical(raw).walk("VEVENT")
        return {
            str(one["uid"]): (
                str(one["summary"]),
                one.decoded("dtstart").isoformat(),
                str(one.get("status", "")),
                int(str(one["sequence"])),
            )
            for one in events
        }


@contextmanager
def _nodes(folder: Path) -> Iterator[tuple[City, City]]:
    cities: list[City] = []
    try:
        for name, city in (("Eindhoven", EINDHOVEN), ("Busan", BUSAN)):
            data = folder / name
            data.mkdir()
            arguments = ["serve", "--dev", "--data", str(data / "data"), "--port", "0"]
            cities.append(City(data, start_node(arguments, environ=_QUICK)))
            cities[-1].hanze("league", "found", "--name", name, "--city", city)
        one, other = cities
        token = one.hanze("league", "invite")["token"]
        other.hanze("league", "join", token, "--yes")
        one.hanze("league", "confirm", "Busan", "--yes")
        yield one, other
    finally:
        for started in cities:
            started.running.stop()


def _until(holds: Callable[[], bool], *, within_s: float = 30.0) -> None:
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.2)


def _fill(dutch: City, korean: City) -> None:
    for city, country, place, name, company, called in (
        (dutch, NL, EINDHOVEN, "Eindhoven", LAMPS, "Lamps"),
        (korean, KR, BUSAN, "Busan", SENSORS, "Sensors"),
    ):
        city.add("Country", {"id": country, "title": {"en": country[-2:]}, "isoCode": country[-2:]})
        city.add(
            "Municipality",
            {"id": place, "title": {"en": name}, "country": country, "sourceCity": place},
        )
        city.add(
            "Organization",
            {
                "id": company,
                "title": {"en": called},
                "kind": "company",
                "country": country,
                "sourceCity": place,
            },
        )


def _join(city: City, day: str, party: str, *more: str) -> str:
    return str(city.hanze("matchday", "join", day, party, *more)["id"])


def _open(dutch: City, korean: City) -> tuple[str, dict[str, str]]:
    """Open a day on the one node, and have everybody take part on their own."""
    day = dutch.hanze(
        *("matchday", "new", "Dutch-Korean day", "--organiser", EINDHOVEN),
        *("--on", "2035-03-05", "--rounds", "3", "--tables", "2"),
        *("--interpreter", "T1=nl,ko", "--interpreter", "T2=nl,ko,en"),
    )["id"]
    _until(lambda: any(one["id"] == day for one in _days(korean)))
    guests = {
        EINDHOVEN: _join(dutch, day, EINDHOVEN, "--language", "nl"),
        LAMPS: _join(dutch, day, LAMPS, "--language", "nl"),
        BUSAN: _join(korean, day, BUSAN, "--language", "ko"),
        SENSORS: _join(korean, day, SENSORS, "--language", "ko"),
    }
    # Whoever keeps it: all of them stand on both nodes, and each speaks for its own.
    for city in (dutch, korean):
        _until(lambda city=city: _days(city)[0]["participants"] == 4)  # type: ignore[misc]  # mypy cannot see a default's type
    return day, guests


def _ask(dutch: City, korean: City, day: str, guests: Mapping[str, str]) -> None:
    """Say on each node whom its own want to meet; what the other keeps is not theirs to change."""
    url = dutch.running.url
    elsewhere = hanze("matchday", "withdraw", guests[BUSAN], "--url", url, "--json")
    assert elsewhere.code != 0
    assert "kept by Busan" in elsewhere.err
    offered = korean.hanze("matchday", "propose", guests[BUSAN])["proposals"]
    assert {one["participation"] for one in offered} == {guests[EINDHOVEN], guests[LAMPS]}
    for city, own, other in (
        (dutch, EINDHOVEN, BUSAN),
        (dutch, LAMPS, SENSORS),
        (korean, BUSAN, EINDHOVEN),
        (korean, SENSORS, EINDHOVEN),
    ):
        city.hanze("matchday", "ask", guests[own], guests[other], "--interest", "5")
    _until(lambda: _asked(dutch, day) == 4)


def test_day_of_two_countries_should_be_planned_and_followed_when_an_interpreter_falls_ill(
    tmp_path: Path,
) -> None:
    with _nodes(tmp_path) as (dutch, korean):
        _fill(dutch, korean)
        day, guests = _open(dutch, korean)
        _ask(dutch, korean, day, guests)
        homes = {one: dutch if key in (EINDHOVEN, LAMPS) else korean for key, one in guests.items()}

        first = dutch.hanze("matchday", "plan", day)
        assert (first["meetings"], first["without"], first["proven"]) == (3, [], True)
        _until(lambda: len(korean.calendar(guests[BUSAN])) == 1)
        before = {one: city.calendar(one) for one, city in homes.items()}
        planned = dutch.get(f"/matchmaking-days/{day}").json()["plan"]

        ill = planned[0]["interpreter"]
        second = dutch.hanze("matchday", "replan", day, "--interpreter-away", ill)
        assert (second["meetings"], second["without"], second["proven"]) == (3, [], True)
        after = dutch.get(f"/matchmaking-days/{day}").json()["plan"]
        assert {one["interpreter"] for one in after} == {"T1", "T2"} - {ill}
        # Who had the other interpreter, at a time of their own, stays where they were.
        kept = [one for one in after if one in planned]
        assert len(kept) == sum(one["interpreter"] != ill for one in planned)
        changed = {(one["one"], one["other"]) for one in second["changes"]}
        assert len(kept) + len(changed) == 3

        _until(lambda: _round(korean, day) == 2)
        for one, city in homes.items():
            now = city.calendar(one)
            assert now.keys() == before[one].keys()
            moved = {uid for uid in now if now[uid][3] > before[one][uid][3]}
            assert len(moved) == sum(one in pair for pair in changed)
            assert all(now[uid] == before[one][uid] for uid in now.keys() - moved)


def _days(city: City) -> Json:
    return city.get("/matchmaking-days").json().get("days", [])


def _asked(city: City, day: str) -> int:
    guests = city.get(f"/matchmaking-days/{day}").json()["participants"]
    return sum(len(one.get("requests", [])) for one in guests)


def _round(city: City, day: str) -> int:
    return int(city.get(f"/matchmaking-days/{day}").json().get("round", 0))
