"""Requests to other nodes that behave badly, over real connections."""

import asyncio
import gzip
import socket
import tracemalloc
from collections.abc import AsyncIterator, Mapping

import pytest

from hanze.broker.distribution.ports import FailureKind, PeerRequest, SourceFailed
from hanze.node.clock import utc_now
from hanze.transport.peers import EndpointStatistics, HttpPeers
from tests.answering import Asked, answer_of, answering

pytestmark = pytest.mark.clause("6.3.17")

_MB = 1 << 20
#: A connection that is cut before its answer is tried once more by aiohttp itself.
_CUT = 2


@pytest.fixture
async def peers() -> AsyncIterator[HttpPeers]:
    opened = HttpPeers(allow_private=True, max_bytes=_MB, clock=utc_now)
    yield opened
    await opened.close()


def _request(
    url: str, *, timeout_s: float = 5.0, cooldown_s: float = 0.0, **headers: str
) -> PeerRequest:
    return PeerRequest(
        registration_id="urn:ngsi-ld:R:1",
        method="GET",
        url=f"{url}/ngsi-ld/v1/entities?type=A%2FB",
        headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()),
        timeout_s=timeout_s,
        cooldown_s=cooldown_s,
    )


def _only(peers: HttpPeers) -> EndpointStatistics:
    (found,) = peers.statistics()
    return found


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


async def test_send_should_bring_the_answer_whole(peers: HttpPeers) -> None:
    async with answering(answer_of(200, b'[{"id":"urn:1"}]', x_a="1")) as source:
        answer = await peers.send(_request(source.url, via="1.1 here"))
    assert (answer.status, answer.body) == (200, b'[{"id":"urn:1"}]')
    assert answer.headers["x-a"] == "1"
    (asked,) = source.asked
    assert (asked.method, asked.target) == ("GET", "/ngsi-ld/v1/entities?type=A%2FB")
    assert asked.headers["via"] == "1.1 here"
    assert asked.headers["accept-encoding"] == "identity"


async def test_send_should_keep_the_connection(peers: HttpPeers) -> None:
    async with answering(answer_of()) as source:
        for _ in range(3):
            await peers.send(_request(source.url))
    assert source.connections == 1


async def test_send_should_give_up_a_source_that_is_silent(peers: HttpPeers) -> None:
    async def silent(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async with answering(silent) as source:
        with pytest.raises(SourceFailed, match="no answer in") as caught:
            await peers.send(_request(source.url, timeout_s=0.2))
    assert caught.value.kind is FailureKind.TIMEOUT
    assert caught.value.registration_id == "urn:ngsi-ld:R:1"


async def test_send_should_give_up_a_source_that_trickles(peers: HttpPeers) -> None:
    async def trickling(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        while True:
            writer.write(b"[")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with answering(trickling) as source:
        with pytest.raises(SourceFailed) as caught:
            await peers.send(_request(source.url, timeout_s=0.3))
    assert caught.value.kind is FailureKind.TIMEOUT


async def test_send_should_not_read_megabytes_that_are_announced(peers: HttpPeers) -> None:
    async with answering(answer_of(body=b" " * 2 * _MB)) as source:
        with pytest.raises(SourceFailed, match="more than 1048576 bytes") as caught:
            await peers.send(_request(source.url))
    assert caught.value.kind is FailureKind.INVALID


async def test_send_should_stop_reading_megabytes_that_come_unannounced(peers: HttpPeers) -> None:
    async def flooding(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(1000):
            writer.write(b"10000\r\n" + b"[" * 0x10000 + b"\r\n")
            await writer.drain()
            source.sent += 0x10000

    async with answering(flooding) as source:
        tracemalloc.start()
        with pytest.raises(SourceFailed) as caught:
            await peers.send(_request(source.url))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert caught.value.kind is FailureKind.INVALID
    assert peak < 4 * _MB
    assert source.sent < 16 * _MB


async def test_send_should_bound_all_answers_together() -> None:
    gone = asyncio.Event()

    async def holding(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 50000\r\n\r\n" + b" " * 49_000)
        await gone.wait()
        writer.write(b" " * 1_000)

    peers = HttpPeers(allow_private=True, max_bytes=50_000, clock=utc_now)
    async with answering(holding) as source:
        waiting = [asyncio.create_task(peers.send(_request(source.url))) for _ in range(10)]
        _, pending = await asyncio.wait(waiting, timeout=0.5)
        gone.set()
        found = await asyncio.gather(*waiting, return_exceptions=True)
    await peers.close()
    failed = [one for one in found if isinstance(one, SourceFailed)]
    assert pending
    assert failed
    assert all("too much else" in str(one) for one in failed)
    assert len(failed) < len(found)


async def test_send_should_refuse_compressed_answers(peers: HttpPeers) -> None:
    bomb = gzip.compress(b" " * 50 * _MB)
    async with answering(answer_of(body=bomb, content_encoding="gzip")) as source:
        with pytest.raises(SourceFailed, match="compressed") as caught:
            await peers.send(_request(source.url))
    assert caught.value.kind is FailureKind.INVALID


async def test_send_should_follow_no_redirect(peers: HttpPeers) -> None:
    async with answering(answer_of(302, b"", location="http://127.0.0.1:1/")) as source:
        answer = await peers.send(_request(source.url))
    assert answer.status == 302
    assert _only(peers).error == "answers with status 302"


async def test_send_should_keep_no_cookies(peers: HttpPeers) -> None:
    async with answering(answer_of(set_cookie="who=you")) as source:
        await peers.send(_request(source.url))
        await peers.send(_request(source.url))
    assert "cookie" not in source.asked[1].headers


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n12345",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnonsense\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 100_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
    ],
    ids=["nothing", "no HTTP", "short", "two lengths", "no chunk", "many headers", "long header"],
)
async def test_send_should_fail_when_the_answer_breaks_off_or_is_no_http(
    peers: HttpPeers, answer: bytes
) -> None:
    async def cutting(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with answering(cutting) as source:
        with pytest.raises(SourceFailed) as caught:
            await peers.send(_request(source.url))
    assert caught.value.kind is FailureKind.TIMEOUT
    assert caught.value.attempted


async def test_send_should_fail_when_nobody_listens(peers: HttpPeers) -> None:
    with pytest.raises(SourceFailed, match="cannot be connected to"):
        await peers.send(_request(f"http://127.0.0.1:{_free_port()}"))
    assert _only(peers).error.startswith("cannot be connected to")


@pytest.mark.parametrize("url", ["mqtt://127.0.0.1", "http://", "http://[::1", "nothing"])
async def test_send_should_fail_when_the_endpoint_is_no_http_url(
    peers: HttpPeers, url: str
) -> None:
    with pytest.raises(SourceFailed, match="no http or https URL"):
        await peers.send(_request(url))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "10.1.2.3"]
)
async def test_send_should_not_reach_private_addresses(host: str) -> None:
    peers = HttpPeers(allow_private=False, max_bytes=_MB, clock=utc_now)
    with pytest.raises(SourceFailed, match="private address"):
        await peers.send(_request(f"http://{host}:{_free_port()}"))
    await peers.close()


@pytest.mark.clause("5.2.34")
async def test_send_should_leave_a_source_alone_after_a_failure(peers: HttpPeers) -> None:
    url = f"http://127.0.0.1:{_free_port()}"
    with pytest.raises(SourceFailed) as first:
        await peers.send(_request(url, cooldown_s=60))
    with pytest.raises(SourceFailed, match="left alone") as second:
        await peers.send(_request(url, cooldown_s=60))
    assert (first.value.attempted, second.value.attempted) == (True, False)
    assert second.value.kind is FailureKind.TIMEOUT
    found = _only(peers)
    assert (found.asked, found.failed, found.latency_s) == (1, 1, None)
    assert 59 < found.left_alone_s <= 60
    with pytest.raises(SourceFailed, match="cannot be connected to"):
        await peers.send(_request(url, cooldown_s=60, ngsild_tenant="other"))


async def test_send_should_let_one_request_try_again_before_the_others(peers: HttpPeers) -> None:
    go_on = asyncio.Event()

    async def failing_first(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        if len(source.asked) <= _CUT:
            writer.close()
            return
        await go_on.wait()
        writer.write(answer_of())

    async with answering(failing_first) as source:
        with pytest.raises(SourceFailed):
            await peers.send(_request(source.url, cooldown_s=0.05))
        await asyncio.sleep(0.1)
        trying = asyncio.create_task(peers.send(_request(source.url, cooldown_s=0.05)))
        while len(source.asked) <= _CUT:  # noqa: ASYNC110  # it arrives by itself
            await asyncio.sleep(0.01)
        with pytest.raises(SourceFailed, match="left alone"):
            await peers.send(_request(source.url, cooldown_s=0.05))
        go_on.set()
        assert (await trying).status == 200
        assert (await peers.send(_request(source.url))).status == 200
    assert _only(peers).error == ""


async def test_send_should_try_again_when_the_one_that_tried_was_given_up(
    peers: HttpPeers,
) -> None:
    async def hanging(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        if len(source.asked) <= _CUT:
            writer.close()
        elif len(source.asked) == _CUT + 1:
            await asyncio.sleep(30)
        else:
            writer.write(answer_of())

    async with answering(hanging) as source:
        with pytest.raises(SourceFailed):
            await peers.send(_request(source.url, cooldown_s=0.01))
        await asyncio.sleep(0.02)
        trying = asyncio.create_task(peers.send(_request(source.url)))
        while len(source.asked) <= _CUT:  # noqa: ASYNC110  # it arrives by itself
            await asyncio.sleep(0.01)
        trying.cancel()
        await asyncio.wait([trying])
        assert (await peers.send(_request(source.url))).status == 200


async def test_send_should_bound_requests_to_one_source(peers: HttpPeers) -> None:
    under_way = most = 0

    async def counting(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.02)
        under_way -= 1
        writer.write(answer_of())

    async with answering(counting) as source:
        await asyncio.gather(*(peers.send(_request(source.url)) for _ in range(50)))
    assert most == 16


async def test_send_should_keep_a_hanging_source_from_delaying_others(peers: HttpPeers) -> None:
    async def hanging(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async with answering(hanging) as dead, answering(answer_of()) as alive:
        hung = [
            asyncio.create_task(peers.send(_request(dead.url, timeout_s=1.0))) for _ in range(100)
        ]
        await asyncio.sleep(0.05)
        async with asyncio.timeout(0.5):
            assert (await peers.send(_request(alive.url))).status == 200
        for one in hung:
            one.cancel()
        await asyncio.wait(hung)


async def test_statistics_should_tell_how_quick_a_source_is(peers: HttpPeers) -> None:
    async def slow(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        writer.write(answer_of())

    async with answering(slow) as source:
        for _ in range(3):
            await peers.send(_request(source.url, ngsild_tenant="zuid"))
    found = _only(peers)
    assert (found.endpoint.url, found.endpoint.tenant) == (source.url, "zuid")
    assert (found.asked, found.failed, found.last_failure) == (3, 0, None)
    assert found.median_s is not None
    assert found.median_s >= 0.05
    assert found.last_success is not None


@pytest.mark.parametrize("waits", [False, True])
async def test_send_should_add_what_signs_the_request(waits: bool) -> None:
    seen: list[tuple[str, str, str, bytes | None]] = []

    def sign(
        method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Mapping[str, str]:
        seen.append((method, url, headers["via"], body))
        return {"signature": "sig1=:AA==:"}

    async def sign_later(
        method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Mapping[str, str]:
        return sign(method, url, headers, body)

    signer = sign_later if waits else sign
    peers = HttpPeers(allow_private=True, max_bytes=_MB, clock=utc_now, signer=signer)
    async with answering(answer_of()) as source:
        request = _request(source.url, via="1.1 here", signature="forged")
        await peers.send(request)
    await peers.close()
    assert source.asked[0].headers["signature"] == "sig1=:AA==:"
    assert seen == [("GET", request.url, "1.1 here", None)]
