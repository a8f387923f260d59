"""Whatever is decided, written and asked at random: answers are those of a reference, on every path.

The reference stands in `tests.access_reference`. Every value is a marker of its own: whatever comes
out of the node is looked through for those that are closed to who asked.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import httpx
import pytest

from hanze.ngsild.terms import API_PATH
from hanze.settings import Notifications, Settings
from hanze.worker.delivery.deliver import deliver
from tests.access_reference import Asker
from tests.access_trial import ATTRIBUTES, TENANTS, TYPES, Trial
from tests.in_process import node_in_memory
from tests.receiver import Receiver, receiving
from tests.worker.notifying import until

_SINCE: Final = {"timerel": "after", "timeAt": "2020-01-01T00:00:00Z"}
_REFUSED: Final = frozenset({400, 403})
_MEMBERS: Final = frozenset({"id", "type", "scope", "@context", "createdAt", "modifiedAt"})

_Question = Callable[["Asking"], Coroutine[Any, Any, None]]


class Asking:
    """One question at a time, of somebody in a tenant."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.rng = trial.rng
        self.asker: Asker = self.rng.choice(trial.askers)
        self.tenant: str = self.rng.choice(TENANTS)
        self.type: str = self.rng.choice(TYPES)
        self.name: str = self.rng.choice(ATTRIBUTES)
        self.sight = trial.visible(self.asker, self.tenant)

    @property
    def here(self) -> dict[str, str]:
        return {"ngsild-tenant": self.tenant} if self.tenant else {}

    async def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> httpx.Response:
        """Ask, and see that nothing closed comes out."""
        client = self.trial.clients[self.asker.name]
        answer = await client.request(
            method, path, headers={**self.here, **(headers or {})}, **more
        )
        assert answer.status_code < 500, answer.text
        self.trial.scan(self.asker, answer, own=str(more.get("json", "")))
        return answer

    async def broker(self, path: str, **more: Any) -> httpx.Response:
        return await self.ask(API_PATH + path, **more)

    def of_type(self) -> dict[str, dict[str, str]]:
        things = self.trial.things
        return {
            name: said
            for name, said in self.sight.items()
            if self.type in things[self.tenant, name].types
        }

    def expects(self, answer: httpx.Response, *names: str) -> bool:
        """See that an answer is refused if, and only if, what it names is closed; say if it is."""
        trial = self.trial
        closed = any(
            trial.refuses(self.asker, self.tenant, (self.type,), name) for name in ("", *names)
        )
        told = f"{self.asker} {answer.request.url}: {answer.text[:500]} {trial.world.datasets}"
        kind = "refused" if closed else "some" if len(self.of_type()) else "none"
        trial.outcomes[kind] += 1
        if closed:
            assert answer.status_code in _REFUSED, told
        else:
            assert answer.status_code == 200, told
        return closed

    def picked(self) -> tuple[str, str] | None:
        """Choose a value of the attribute, whoever may read it."""
        there = [
            (one.id, one.says[self.name])
            for (tenant, _), one in self.trial.things.items()
            if tenant == self.tenant and self.name in one.says
        ]
        return self.rng.choice(there) if there else None


def _ids(answer: httpx.Response) -> list[str]:
    found = answer.json()
    return [one["id"] for one in (found["features"] if isinstance(found, dict) else found)]


def _says(document: Mapping[str, Any]) -> set[str]:
    return set(document.get("properties", document)) - _MEMBERS - {"geometry"}


async def retrieve(at: Asking) -> None:
    entity_id = at.rng.choice([name for (_, name) in at.trial.things])
    options = at.rng.choice(("", "keyValues", "concise", "sysAttrs"))
    headers = at.rng.choice(({}, {}, {"accept": "application/geo+json"}))
    method = at.rng.choice(("GET", "GET", "HEAD"))
    answer = await at.broker(
        f"/entities/{entity_id}", params={"options": options}, headers=headers, method=method
    )
    said = at.sight.get(entity_id)
    things = at.trial.things
    assert (answer.status_code == 200) == (said is not None), (
        at.asker,
        at.tenant,
        answer.text,
        things.get((at.tenant, entity_id)),
        at.trial.world,
    )
    if said is not None and method == "GET":
        assert _says(answer.json()) == {*said, *(["location"] if headers else [])} & {
            *said,
            *_says(answer.json()),
        }
        assert set(said) <= _says(answer.json())


async def query(at: Asking) -> None:
    post = at.rng.random() < 0.3
    accept = at.rng.choice(("application/json", "application/geo+json", "application/ld+json"))
    asked = {"type": at.type, "count": "true", "limit": "100"}
    if post:
        body = {"type": "Query", "entities": [{"type": at.type}]}
        answer = await at.broker(
            "/entityOperations/query",
            method="POST",
            json=body,
            params={"count": "true", "limit": "100"},
        )
    else:
        answer = await at.broker("/entities", params=asked, headers={"accept": accept})
    if not at.expects(answer):
        assert sorted(_ids(answer)) == sorted(at.of_type())
        assert answer.headers["ngsild-results-count"] == str(len(at.of_type()))
        if "features" not in answer.text[:200]:
            for one in answer.json():
                assert _says(one) == set(at.sight[one["id"]])


async def attributes(at: Asking) -> None:
    parameter = at.rng.choice(("attrs", "pick", "omit"))
    asked = {"type": at.type, parameter: at.name if parameter != "pick" else f"id,{at.name}"}
    answer = await at.broker("/entities", params={**asked, "limit": "100"})
    if parameter == "omit" and answer.status_code in _REFUSED:
        return
    if not at.expects(answer, *([at.name] if parameter != "omit" else [])):
        having = {name for name, said in at.of_type().items() if at.name in said}
        wanted = set(at.of_type()) if parameter == "omit" else having
        assert wanted == set(_ids(answer)) or parameter == "pick"


async def condition(at: Asking) -> None:
    found = at.picked()
    if found is None or at.name == "location":
        return
    _, value = found
    number, link = at.name == "size", at.name == "near"
    q = at.rng.choice(
        (at.name,)
        if link
        else (
            f"{at.name}=={value}" if number else f'{at.name}=="{value}"',
            f"{at.name}>={value}" if number else f"{at.name}~={value[:-1]}.*",
            at.name,
        )
    )
    answer = await at.broker(
        "/entities", params={"type": at.type, "q": q, "limit": "100", "count": "true"}
    )
    if at.expects(answer, at.name):
        return

    def meets(said: Mapping[str, str]) -> bool:
        own = said.get(at.name)
        if own is None or q == at.name:
            return own is not None
        if ">=" in q:
            return int(own) >= int(value)
        return own.startswith(value[:-1]) if "~=" in q else own == value

    wanted = sorted(name for name, said in at.of_type().items() if meets(said))
    assert sorted(_ids(answer)) == wanted, (
        q,
        at.asker,
        at.tenant,
        [at.trial.things[at.tenant, one] for one in wanted],
        at.sight,
        at.trial.world,
    )
    assert answer.headers["ngsild-results-count"] == str(len(wanted))


async def place(at: Asking) -> None:
    at.name = "location"
    found = at.picked()
    if found is None:
        return
    asked = {
        "type": at.type,
        "georel": "near;maxDistance==1",
        "geometry": "Point",
        "coordinates": f"[{found[1]},52.5]",
        "limit": "100",
    }
    answer = await at.broker("/entities", params=asked)
    if not at.expects(answer, "location"):
        here = float(found[1])
        wanted = {
            name
            for name, said in at.of_type().items()
            if "location" in said and abs(float(said["location"]) - here) < 1e-5
        }
        assert set(_ids(answer)) == wanted


async def order(at: Asking) -> None:
    name = at.rng.choice(("size", "note", "label"))
    asked = {"type": at.type, "orderBy": name, "local": "true", "limit": "100"}
    answer = await at.broker("/entities", params=asked)
    if not at.expects(answer, name):
        shown = [at.sight[one].get(name) for one in _ids(answer)]
        told = [one for one in shown if one is not None]
        assert told == sorted(told)
        first = next((number for number, one in enumerate(shown) if one is None), len(shown))
        assert all(one is None for one in shown[first:]) or all(
            one is None for one in shown[: len(shown) - len(told)]
        )


async def pages(at: Asking) -> None:
    asked: dict[str, str] = {"type": at.type, "limit": "2", "count": "true"}
    found: list[str] = []
    offset = 0
    while True:
        answer = await at.broker("/entities", params={**asked, "offset": str(offset)})
        if at.expects(answer):
            return
        found += _ids(answer)
        offset += 2
        if 'rel="next"' not in answer.headers.get("link", ""):
            break
    assert sorted(found) == sorted(at.of_type())
    none = await at.broker("/entities", params={**asked, "limit": "0"})
    assert none.headers["ngsild-results-count"] == str(len(found))


async def linked(at: Asking) -> None:
    join = at.rng.choice(("inline", "flat"))
    asked = {"type": at.type, "join": join, "joinLevel": "2", "limit": "100"}
    answer = await at.broker("/entities", params=asked)
    at.expects(answer)


async def through_link(at: Asking) -> None:
    found = at.picked()
    if found is None or at.name in ("location", "near", "size"):
        return
    q = f'near{{{at.type}:{at.name}}}=="{found[1]}"'
    for kind in TYPES:
        await at.broker(
            "/entities",
            params={"type": kind, "q": q, "join": "flat", "joinLevel": "1", "limit": "100"},
        )


async def mapped(at: Asking) -> None:
    asked = {"type": at.type, "entityMap": "true", "limit": "2"}
    answer = await at.broker("/entities", params=asked)
    where = answer.headers.get("ngsild-entitymap")
    if answer.status_code == 200 and where:
        shown = await at.broker(f"/entityMaps/{where.rpartition('/')[2]}")
        again = await at.broker(
            "/entities", params={"limit": "100"}, headers={"ngsild-entitymap": where}
        )
        assert again.status_code == shown.status_code == 200, again.text
        assert set(_ids(again)) == set(at.of_type())


async def discover(at: Asking) -> None:
    types = await at.broker("/types", params={"details": "true"})
    things = at.trial.things
    assert types.status_code == 200, types.text
    found = {one["typeName"]: set(one["attributeNames"]) for one in types.json()}
    seen = {
        kind: {
            name
            for one, said in at.sight.items()
            if kind in things[at.tenant, one].types
            for name in said
        }
        for kind in TYPES
    }
    for kind, names in found.items():
        if kind in seen:
            assert names <= seen[kind], (kind, names, seen[kind])
    every = await at.broker("/attributes", params={"details": "true"})
    for one in every.json():
        if one["attributeName"] in ATTRIBUTES:
            assert any(one["attributeName"] in names for names in seen.values())
    single = await at.broker(f"/types/{at.type}")
    if single.status_code == 200:
        assert single.json()["entityCount"] <= len(at.of_type())
        for one in single.json()["attributeDetails"]:
            count = sum(one["attributeName"] in said for said in at.of_type().values())
            assert one.get("attributeCount", 0) <= count
    await at.broker(f"/attributes/{at.name}")


async def past(at: Asking) -> None:
    kind = at.rng.choice(("plain", "temporalValues", "aggregatedValues", "last"))
    asked = {"type": at.type, **_SINCE, "limit": "100", "timeproperty": "modifiedAt"}
    if kind == "last":
        asked["lastN"] = "1"
    elif kind != "plain":
        asked["options"] = kind
    if kind == "aggregatedValues":
        asked["aggrMethods"] = "max,min,totalCount,distinctCount"
    if kind != "aggregatedValues" and at.rng.random() < 0.3:
        asked["attrs"] = at.name
    answer = await at.broker("/temporal/entities", params=asked)
    if "is not eligible for" in answer.text:
        # Where single attributes alone are open, they are as good as asked for (5.7.4.4).
        return
    if answer.status_code == 200:
        assert set(_ids(answer)) <= set(at.of_type())
        for one in answer.json():
            assert _says(one) <= set(at.sight[one["id"]])
    if not at.expects(answer, *([at.name] if "attrs" in asked else [])) and len(asked) == 4:
        assert set(_ids(answer)) == {one for one, said in at.of_type().items() if said}
    entity_id = at.rng.choice([name for (_, name) in at.trial.things])
    one = await at.broker(f"/temporal/entities/{entity_id}", params={"timeproperty": "modifiedAt"})
    is_there = bool(at.sight.get(entity_id))
    thing = at.trial.things.get((at.tenant, entity_id))
    if thing is not None and len(thing.types) > 1 and one.status_code in _REFUSED:
        # The id tells one of its types, of which nothing may be read: the past is named by that.
        return
    assert (one.status_code == 200) == is_there, one.text


async def decisions(at: Asking) -> None:
    if at.asker.name == "auditor" or at.tenant:
        return
    found = [name for (tenant, name) in at.trial.things if tenant == ""]
    entity_id = at.rng.choice(found)
    body = {
        "subject": {
            "type": "client",
            "id": at.asker.name if at.asker.name != "anybody" else "anonymous",
        },
        "action": {"name": "read"},
        "resource": {"type": "entity", "id": entity_id},
    }
    answer = await at.ask("/access/v1/evaluation", method="POST", json=body)
    assert answer.status_code == 200, answer.text
    if len(at.trial.things["", entity_id].types) > 1 and entity_id not in at.sight:
        # Of what its id tells all may be open: then it is as if it were not there.
        return
    assert answer.json()["decision"] == (entity_id in at.sight), answer.text


async def portal(at: Asking) -> None:
    entity_id = at.rng.choice([name for (_, name) in at.trial.things])
    for path in (
        "/en/",
        "/en/data",
        f"/en/data/{at.type}",
        f"/en/data/{at.type}?text=mk&sort=name",
        f'/en/data/{at.type}?q={at.name}~="mk.*"',
        f"/en/entity/{entity_id}",
        f"/en/history/{entity_id}",
        f"/en/history/{entity_id}?attribute={at.name}",
        f"/en/download/entities.{at.rng.choice(('csv', 'geojson', 'jsonld'))}?type={at.type}",
        f"/en/download/entity.csv?id={entity_id}",
        f"/en/download/history.csv?id={entity_id}&attribute={at.name}",
        f"/en/map/places?type={at.type}",
        "/en/map/base",
        "/en/sensors",
        "/en/search?text=mk",
    ):
        await at.ask(path, follow_redirects=True)


async def own_api(at: Asking) -> None:
    entity_id = at.rng.choice([name for (_, name) in at.trial.things])
    for path, asked in (
        ("/history", {}),
        ("/insight/usual", {"id": entity_id, "attribute": at.name}),
        ("/insight/proposals", {}),
        ("/governance/sensors", {}),
        ("/governance/log", {}),
        ("/governance/my/data", {}),
        ("/governance/unclassified", {}),
        ("/records", {}),
        ("/search", {"text": "mk"}),
        ("/league/records", {}),
        ("/snapshots", {}),
    ):
        await at.ask("/api/v1" + path, params=asked)


QUESTIONS: Final[Sequence[_Question]] = (
    *(retrieve, query, query, attributes, condition, condition, condition, place, order),
    *(pages, linked, through_link, mapped, discover, past, past, decisions),
)
RARE: Final[Sequence[_Question]] = (portal, own_api)


async def subscribe(trial: Trial, receiver: Receiver) -> None:
    """Let somebody who may subscribe do so: refused where what it names is closed."""
    at = Asking(trial)
    at.asker = trial.rng.choice([one for one in trial.askers if one.name in trial.secrets])
    names = [at.name] if trial.rng.random() < 0.3 else []
    where = f"{receiver.url}/{at.asker.name}"
    notification: dict[str, Any] = {"endpoint": {"uri": where}, "showChanges": True}
    if names:
        notification["attributes"] = names
    body = {
        "type": "Subscription",
        "entities": [{"type": at.type}],
        "notification": notification,
    }
    answer = await at.broker("/subscriptions", method="POST", json=body)
    if at.asker.name in ("anna", "auditor"):
        assert answer.status_code == 403
        return
    closed = any(trial.refuses(at.asker, at.tenant, (at.type,), name) for name in ("", *names))
    assert answer.status_code in (_REFUSED if closed else (201,)), answer.text


async def hear(trial: Trial, receiver: Receiver) -> None:
    """Wait until all is told, and see that nothing of it is closed to who hears it."""
    await until(lambda: not sum(trial.node.store.outbox.waiting().values()))
    for told in receiver.got:
        asker = next(one for one in trial.askers if told.path == f"/{one.name}")
        text = f"{dict(told.headers)} {told.body.decode()}"
        leaks = list(trial.denied(asker, text))
        assert not leaks, f"{asker.name} is told {text}: {leaks}"
    trial.outcomes["told"] += len(receiver.got)
    receiver.got.clear()


async def _change(trial: Trial, receiver: Receiver) -> None:
    roll = trial.rng.random()
    if roll < 0.15:
        await trial.decide()
    elif roll < 0.35:
        await (trial.write_new if roll < 0.2 else trial.write_again)()
        await hear(trial, receiver)
    elif roll < 0.4:
        await subscribe(trial, receiver)


async def _try(seed: int, steps: int, *, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="hanze")
    limits = Notifications(allow_private=True)
    async with (
        receiving() as receiver,
        node_in_memory(Settings(notifications=limits), classified=False) as node,
    ):
        delivering = asyncio.create_task(deliver(node))
        trial = Trial(node, random.Random(seed))
        await trial.begin()
        for number in range(steps):
            await _change(trial, receiver)
            questions = RARE if number % 12 == 11 else QUESTIONS
            await trial.rng.choice(questions)(Asking(trial))
        await trial.close()
        delivering.cancel()
        with suppress(asyncio.CancelledError):
            await delivering
    texts = "\n".join(one.getMessage() for one in caplog.records if one.name.startswith("hanze"))
    assert not [marker for marker in trial.markers if marker in texts]


@pytest.mark.parametrize(
    ("seed", "steps"),
    [(0, 50), *(pytest.param(seed, 150, marks=pytest.mark.slow) for seed in range(100, 108))],
)
async def test_answers_should_be_those_of_the_reference(
    seed: int, steps: int, caplog: pytest.LogCaptureFixture
) -> None:
    await _try(seed, steps, caplog=caplog)
