"""Sources that are asked in turns, with a real server."""

import asyncio
import gzip
from collections.abc import Mapping

import pytest

from hanze.connectors.streaming import Scalar
from hanze.errors import InvalidInput
from hanze.node.node import close_node, open_node
from hanze.settings import Server, Settings, Sources
from hanze.transport.polling import FetchFailed, Poller
from tests.worker.streaming import add, attribute, counters, following, serving, until

ENTITY = "urn:ngsi-ld:Device:asked:a"
OPTIONS: Mapping[str, Scalar] = {"type": "Device", "device": "id", "every_s": 1.0}


async def test_turns_should_ask_whether_something_changed() -> None:
    async with serving() as served, following() as node:
        served.answers["/x"] = (200, {"etag": '"1"'}, b'[{"id": "a", "level": 1}]')
        await add(node, "asked", url=f"{served.url}/x", options=OPTIONS)

        async def asked_twice() -> bool:
            return len(served.asked) >= 2

        await until(asked_twice)
        assert "if-none-match" not in served.asked[0][1]
        assert served.asked[1][1]["if-none-match"] == '"1"'
        assert served.asked[0][1]["user-agent"].startswith("hanze/")
        found = attribute(node, ENTITY, "level")
        assert found is not None
        assert found.value == 1


async def test_unchanged_answers_should_be_no_messages() -> None:
    async with serving() as served, following() as node:
        served.answers["/x"] = (200, {"etag": '"1"'}, b'{"id": "a", "level": 1}')
        await add(node, "asked", url=f"{served.url}/x", options=OPTIONS)

        async def asked() -> bool:
            if served.asked:
                served.answers["/x"] = (304, {}, b"")
            return len(served.asked) > 1

        await until(asked)
        await asyncio.sleep(0.05)
        assert (await counters(node, "asked")).received == 1
        assert (await counters(node, "asked")).last_error == ""


async def test_failures_should_be_told_and_end() -> None:
    async with serving() as served, following() as node:
        served.answers["/x"] = (503, {"retry-after": "1"}, b"")
        await add(node, "asked", url=f"{served.url}/x", options=OPTIONS)

        async def told() -> bool:
            return "status 503" in (await counters(node, "asked")).last_error

        await until(told)
        assert "tries again" in node.sources.connections["asked"]
        served.answers["/x"] = (200, {}, b'{"id": "a", "level": 2}')

        async def well() -> bool:
            found = await counters(node, "asked")
            return found.stored == 1 and found.last_error == ""

        await until(well)


async def test_a_header_should_be_a_secret_and_go_along() -> None:
    async with serving() as served, following() as node:
        served.answers["/x"] = (200, {}, b'{"id": "a", "level": 2}')
        secret = {"header": "X-Key: abc"}
        await add(node, "asked", url=f"{served.url}/x", secrets=secret, options=OPTIONS)

        async def asked() -> bool:
            return bool(served.asked)

        await until(asked)
        assert served.asked[0][1]["x-key"] == "abc"


async def test_private_addresses_should_be_refused_unless_allowed() -> None:
    settings = Settings(sources=Sources(allow_private=False), server=Server(dev=False))
    node = await open_node(settings)
    assert not node.sources.allow_private
    await close_node(node)
    poller = Poller(allow_private=False, max_bytes=100, timeout_s=5, user_agent="x")
    async with serving() as served:
        with pytest.raises(FetchFailed, match="allow_private"):
            await poller.fetch(f"{served.url}/x", headers={})
        assert served.asked == []


async def test_fetch_should_keep_its_limits() -> None:
    poller = Poller(allow_private=True, max_bytes=1000, timeout_s=5, user_agent="x")
    async with serving() as served:
        served.answers["/large"] = (200, {}, b"x" * 1001)
        packed = {"content-encoding": "gzip"}
        served.answers["/bomb"] = (200, packed, gzip.compress(b"x" * 10_000_000))
        served.answers["/packed"] = (200, packed, gzip.compress(b"fine"))
        served.answers["/broken"] = (200, packed, b"not packed at all")
        served.answers["/loop"] = (302, {"location": "/loop"}, b"")
        served.answers["/file"] = (302, {"location": "file:///etc/passwd"}, b"")
        for path, reason in {
            "/large": "larger",
            "/bomb": "larger",
            "/broken": "packed wrong",
            "/loop": "redirects",
            "/file": "something else",
            "/none": "404",
        }.items():
            with pytest.raises(FetchFailed, match=reason):
                await poller.fetch(served.url + path, headers={})
        found = await poller.fetch(served.url + "/packed", headers={})
        assert found.body == b"fine"


async def test_keys_should_not_follow_a_redirect_to_another_host() -> None:
    poller = Poller(allow_private=True, max_bytes=1000, timeout_s=5, user_agent="x")
    async with serving() as served, serving() as other:
        served.answers["/here"] = (302, {"location": "/there"}, b"")
        served.answers["/there"] = (302, {"location": f"{other.url}/x"}, b"")
        other.answers["/x"] = (200, {}, b"ok")
        await poller.fetch(f"{served.url}/here", headers={"X-Key": "abc"})
        assert [headers.get("x-key") for _, headers in served.asked] == ["abc", "abc"]
        assert "x-key" not in other.asked[0][1]


async def test_options_should_be_checked_before_a_source_is_added() -> None:
    async with following() as node:
        wrong: tuple[tuple[Mapping[str, Scalar], str], ...] = (
            ({"type": "Device", "url": "http://x", "evry_s": 1}, "options.evry_s"),
            ({"type": "Device", "url": "http://x", "every_s": "often"}, "options.every_s"),
            ({"url": "http://x"}, "options.type"),
            ({"type": "Device", "how": "mqtt"}, "options.url"),
            ({"type": "Device", "how": "pigeon"}, "how"),
        )
        for options, field in wrong:
            with pytest.raises(InvalidInput) as refused:
                await add(node, "asked", options=options)
            assert refused.value.field == field
        assert node.sources.records() == []
