"""Pages of evolutions, and parts of their instances by Content-Range (CIM 009, 6.3.10, 6.3.13)."""

import re
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.ngsild.moment import format_datetime, parse_datetime
from hanze.ngsild.terms import API_PATH
from hanze.settings import Server, Settings
from hanze.settings.sections import History
from tests.in_process import client_of, node_in_memory
from tests.web.conformance.broker import check_problem
from tests.web.conformance.evolutions import ID, NOON, Json, ask, at, create, observed, path

RANGE = re.compile(r"DateTime (\S+Z)-(\S+Z)/(\*|\d+)")


@pytest.fixture
async def small() -> AsyncIterator[httpx.AsyncClient]:
    """A node that answers ten instances at once."""
    ten = Settings(data=None, server=Server(dev=True), history=History(max_instances=10))
    async with node_in_memory(ten) as node, client_of(node, API_PATH) as client:
        yield client


def name_of(number: int) -> str:
    return f"urn:ngsi-ld:Vehicle:{number}"


async def fill(api: httpx.AsyncClient, count: int) -> None:
    for number in range(count):
        await create(api, name_of(number), speed=observed(number, number))


@pytest.mark.clause("5.5.9.2")
async def test_pages_should_be_linked_and_counted(api: httpx.AsyncClient) -> None:
    await fill(api, 5)
    target, seen = "/temporal/entities?type=Vehicle&limit=2&count=true", list[str]()
    target += "".join(f"&{name}={value}" for name, value in NOON.items())
    while target:
        response = await api.get(target)
        assert response.headers["ngsild-results-count"] == "5"
        seen += [one["id"] for one in response.json()]
        assert ('rel="prev"' in response.headers["link"]) == (len(seen) > 2)
        following = re.search(
            r'<([^>]+)>; rel="next"; type="application/json"', response.headers["link"]
        )
        target = following[1].removeprefix(API_PATH) if following else ""
    assert seen == [name_of(number) for number in range(5)]


@pytest.mark.clause("6.3.13")
async def test_a_count_alone_should_have_no_entities(api: httpx.AsyncClient) -> None:
    await fill(api, 3)
    params = {"type": "Vehicle", "limit": "0", "count": "true", **NOON}
    response = await api.get("/temporal/entities", params=params)
    assert (response.json(), response.headers["ngsild-results-count"]) == ([], "3")
    counted = await api.get("/temporal/entities", params={**params, "q": "speed>0"})
    assert counted.headers["ngsild-results-count"] == "2"


@pytest.mark.clause("6.3.10")
async def test_a_page_beyond_the_end_should_hold_the_last_entity(api: httpx.AsyncClient) -> None:
    assert await ask(api, type="Vehicle", offset="9", **NOON) == []
    await fill(api, 3)
    assert [one["id"] for one in await ask(api, type="Vehicle", offset="9", **NOON)] == [name_of(2)]


@pytest.mark.clause("6.3.10")
async def test_an_order_should_hold_over_pages(api: httpx.AsyncClient) -> None:
    await fill(api, 5)
    found = await ask(
        api, local="true", orderBy="id;desc", collation="nl", limit="2", offset="1", **NOON
    )
    assert [one["id"] for one in found] == [name_of(3), name_of(2)]


def instants(json: Any) -> list[tuple[str, int, str]]:
    """Each instance of an answer, by entity, value and time."""
    entities = json if isinstance(json, list) else [json]
    return [
        (entity["id"], one["value"], one["observedAt"])
        for entity in entities
        for name in ("speed", "load")
        for one in entity.get(name, [])
    ]


async def follow(
    api: httpx.AsyncClient, where: str, params: dict[str, str], *, last_n: bool = False
) -> tuple[list[Json], list[str]]:
    """Ask for part after part; give the parts and their ranges."""
    parts: list[Json] = []
    ranges: list[str] = []
    asked = {**params, "lastN": "1000"} if last_n else dict(params)
    while True:
        response = await api.get(where, params=asked)
        assert response.status_code in {200, 206}, response.text
        parts.append(response.json())
        if response.status_code == 200:
            assert "content-range" not in response.headers
            return parts, ranges
        ranges.append(response.headers["content-range"])
        found = RANGE.fullmatch(ranges[-1])
        assert found is not None
        if last_n:
            # What is left lies before the end of the range.
            if asked.get("timerel", "before") == "before":
                asked |= {"timerel": "before", "timeAt": found[2]}
            else:
                asked |= {"timerel": "between", "endTimeAt": found[2]}
        else:
            # What is left lies after it.
            after = format_datetime(parse_datetime(found[2]) + 1)
            if asked.get("timerel") == "before":
                asked |= {"timerel": "between", "timeAt": after, "endTimeAt": asked["timeAt"]}
            else:
                asked |= {"timerel": asked.get("timerel", "after"), "timeAt": after}


WINDOWS: list[dict[str, str]] = [
    {},
    NOON,
    {"timerel": "after", "timeAt": at(5)},
    {"timerel": "before", "timeAt": at(50)},
]


@pytest.mark.clause("6.3.10")
@pytest.mark.parametrize("last_n", [False, True])
@pytest.mark.parametrize("window", WINDOWS)
async def test_parts_should_give_every_instance_once(
    small: httpx.AsyncClient, window: dict[str, str], last_n: bool
) -> None:
    speeds = [observed(number, number) for number in range(40)]
    loads = [observed(number, number) for number in range(0, 60, 3)]
    await create(small, speed=speeds, load=loads)
    parts, ranges = await follow(small, path(), window, last_n=last_n)
    start, end = window.get("timeAt", at(0)), window.get("endTimeAt", "9999")
    if window.get("timerel") == "before":
        start, end = at(0), window["timeAt"]
    wanted = [
        (ID, one["value"], one["observedAt"])
        for one in speeds + loads
        if start <= one["observedAt"] < end
    ]
    seen = [one for part in parts for one in instants(part)]
    assert sorted(seen) == sorted(wanted)
    assert len(ranges) >= 4
    times = [{moment for _, _, moment in instants(part)} for part in parts]
    for one, other in pairwise(times):
        assert (min(one) > max(other)) if last_n else (max(one) < min(other))


@pytest.mark.clause("6.3.10")
@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, (at(0), at(9), "*")),
        ({"timerel": "after", "timeAt": at(1)}, (at(1), at(10), "*")),
        (NOON, (at(0), at(9), "*")),
        ({"timerel": "before", "timeAt": at(30)}, (at(0), at(9), "*")),
        ({"lastN": "20"}, (at(39), at(30), "20")),
        ({"lastN": "20", "timerel": "after", "timeAt": at(1)}, (at(39), at(30), "20")),
        ({"lastN": "20", **NOON}, (at(0, hour=13), at(30), "20")),
        ({"lastN": "20", "timerel": "before", "timeAt": at(30)}, (at(30), at(20), "20")),
        ({"format": "temporalValues"}, (at(0), at(9), "*")),
        ({"q": "speed>4", "timerel": "after", "timeAt": at(0)}, (at(0), at(9), "*")),
    ],
)
async def test_a_part_should_say_which_range_it_covers(
    small: httpx.AsyncClient, params: dict[str, str], expected: tuple[str, str, str]
) -> None:
    await create(small, speed=[observed(number, number) for number in range(40)])
    by_query = "q" in params
    where = "/temporal/entities" if by_query else path()
    response = await small.get(where, params={**params, **({"attrs": "speed"} if by_query else {})})
    assert response.status_code == 206
    start, end, size = expected
    assert response.headers["content-range"] == f"DateTime {start}-{end}/{size}"


@pytest.mark.clause("6.3.10")
async def test_an_answer_should_be_whole_when_it_fits(small: httpx.AsyncClient) -> None:
    await create(small, speed=[observed(number, number) for number in range(40)])
    for params in ({"lastN": "10"}, {"timerel": "before", "timeAt": at(10)}):
        response = await small.get(path(), params=params)
        assert response.status_code == 200
        assert len(response.json()["speed"]) == 10
    summed = await small.get(
        path(), params={"format": "aggregatedValues", "aggrMethods": "totalCount"}
    )
    assert summed.json()["speed"]["totalCount"][0][0] == 40


@pytest.mark.clause("6.3.10")
async def test_a_query_should_be_answered_in_parts_over_all_its_entities(
    small: httpx.AsyncClient,
) -> None:
    for number in range(3):
        speeds = [observed(minute, minute) for minute in range(number, 30, 3)]
        await create(small, name_of(number), speed=speeds)
    parts, _ = await follow(small, "/temporal/entities", {"type": "Vehicle", **NOON})
    seen = [one for part in parts for one in instants(part)]
    assert sorted(seen) == sorted((name_of(n % 3), n, at(n)) for n in range(30))


@pytest.mark.clause("5.7.4.4")
async def test_an_aggregation_of_filtered_instances_should_be_refused_when_they_are_too_many(
    small: httpx.AsyncClient,
) -> None:
    await create(small, speed=[observed(number, number) for number in range(40)])
    params = {"q": "speed>1", "options": "aggregatedValues", "aggrMethods": "sum", **NOON}
    response = await small.get("/temporal/entities", params={**params, "attrs": "speed"})
    check_problem(response, 403, "TooComplexQuery")


@pytest.mark.clause("6.3.10")
@settings(max_examples=12)
@given(
    seconds=st.lists(st.integers(0, 40), min_size=1, max_size=60),
    most=st.integers(1, 12),
    window=st.sampled_from(
        [
            {},
            {"timerel": "after", "timeAt": at(0)},
            {"timerel": "before", "timeAt": at(1)},
            {"timerel": "between", "timeAt": at(0), "endTimeAt": at(1)},
        ]
    ),
    last_n=st.booleans(),
)
async def test_parts_should_give_every_instance_once_when_several_share_a_moment(
    seconds: list[int], most: int, window: dict[str, str], last_n: bool
) -> None:
    node_settings = Settings(
        data=None, server=Server(dev=True), history=History(max_instances=most)
    )
    async with node_in_memory(node_settings) as node, client_of(node, API_PATH) as client:
        speeds = [
            {"value": number, "observedAt": f"2018-08-01T12:00:{second:02}Z"}
            for number, second in enumerate(seconds)
        ]
        half = len(speeds) // 2
        await create(client, speed=speeds[:half] or speeds, load=speeds[half:])
        parts, _ = await follow(client, path(), window, last_n=last_n)
        seen = [value for part in parts for _, value, _ in instants(part)]
        expected = [*range(len(speeds)), *([0] if not half else [])]
        assert sorted(seen) == sorted(expected)
