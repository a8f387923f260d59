"""Posting notifications to real receivers."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hanze.broker.notification import Rendered
from hanze.transport.notifier.http import HttpNotifier
from hanze.transport.notifier.outcome import Verdict
from tests.mosquitto import write_certificate
from tests.receiver import receiving

LINK = ("Link", '<http://x.org/c.jsonld>; rel="http://www.w3.org/ns/json-ld#context"')


def message(*headers: tuple[str, str], body: bytes = b'{"data":[]}') -> Rendered:
    return Rendered(body=body, content_type="application/json", headers=(LINK, *headers))


@pytest.fixture
async def notifier() -> AsyncIterator[HttpNotifier]:
    made = HttpNotifier(allow_private=True)
    yield made
    await made.close()


@pytest.mark.clause("6.3.8")
async def test_send_should_post_the_body_with_its_headers(notifier: HttpNotifier) -> None:
    async with receiving() as receiver:
        outcome = await notifier.send(
            f"{receiver.url}/a%20b?c=d", message(("Authorization", "Bearer x")), timeout_s=5
        )
        assert outcome.verdict is Verdict.SENT
        got = receiver.got[0]
        assert got.path == "/a%20b?c=d"
        assert got.body == b'{"data":[]}'
        assert got.headers["content-type"] == "application/json"
        assert got.headers["link"] == LINK[1]
        assert got.headers["authorization"] == "Bearer x"


async def test_connections_should_be_kept(notifier: HttpNotifier) -> None:
    async with receiving() as receiver:
        for _ in range(5):
            await notifier.send(receiver.url, message(), timeout_s=5)
        assert len(receiver.got) == 5
        assert receiver.connections == 1


@pytest.mark.clause("5.8.6")
@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.SENT),
        (201, Verdict.TAKEN),
        (204, Verdict.TAKEN),
        (302, Verdict.AWAY),
        (400, Verdict.REFUSED),
        (404, Verdict.REFUSED),
        (408, Verdict.AWAY),
        (429, Verdict.AWAY),
        (500, Verdict.AWAY),
        (503, Verdict.AWAY),
    ],
)
async def test_status_should_say_what_becomes_of_a_notification(
    notifier: HttpNotifier, status: int, verdict: Verdict
) -> None:
    async with receiving() as receiver:
        receiver.answer = lambda _: (status, 0)
        outcome = await notifier.send(receiver.url, message(), timeout_s=5)
        assert outcome.verdict is verdict
        assert outcome.reason == ("" if status == 200 else f"status {status}")
        # A redirect is not followed: it could lead where the subscriber may not.
        assert len(receiver.got) == 1


async def test_silence_should_end_after_the_timeout(notifier: HttpNotifier) -> None:
    async with receiving() as receiver:
        receiver.answer = lambda _: (200, 30)
        outcome = await notifier.send(receiver.url, message(), timeout_s=0.1)
        assert outcome == (Verdict.AWAY, "no answer in 0.1 seconds")


async def test_an_answer_of_any_length_should_count_by_its_status(notifier: HttpNotifier) -> None:
    async with receiving() as receiver:
        receiver.body = b"x" * 3_000_000
        outcome = await notifier.send(receiver.url, message(), timeout_s=5)
        assert outcome.verdict is Verdict.SENT


async def test_a_receiver_that_is_not_there_should_be_away(notifier: HttpNotifier) -> None:
    async with receiving() as receiver:
        url = receiver.url
    await asyncio.sleep(0)
    outcome = await notifier.send(url, message(), timeout_s=5)
    assert outcome.verdict is Verdict.AWAY
    assert "refused" in outcome.reason.lower() or "failed" in outcome.reason


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "0x7f.1", "169.254.169.254", "10.0.0.1"]
)
async def test_private_addresses_should_be_refused_however_they_are_written(host: str) -> None:
    notifier = HttpNotifier(allow_private=False)
    async with receiving() as receiver:
        port = receiver.url.rpartition(":")[2]
        outcome = await notifier.send(f"http://{host}:{port}/", message(), timeout_s=2)
        assert outcome.verdict is Verdict.AWAY
        assert "private" in outcome.reason
        assert receiver.got == []
    await notifier.close()


@pytest.mark.parametrize(
    "header",
    [
        ("X-A", "b\r\nX-Evil: 1"),
        ("X-A: 1\r\nX-Evil", "1"),
        ("", "1"),
        ("Host", "elsewhere"),
        ("content-length", "3"),
        ("Transfer-Encoding", "chunked"),
        ("X-A", "\u4e00"),
    ],
)
async def test_headers_that_break_a_message_should_not_be_sent(
    notifier: HttpNotifier, header: tuple[str, str]
) -> None:
    async with receiving() as receiver:
        outcome = await notifier.send(receiver.url, message(header), timeout_s=5)
        assert outcome.verdict is Verdict.IMPOSSIBLE
        assert receiver.got == []


@pytest.mark.parametrize(
    "uri", ["ftp://x.org/", "http:///a", "http://2130706433/", "http://[::1", "no url"]
)
async def test_what_is_no_http_url_should_be_impossible(notifier: HttpNotifier, uri: str) -> None:
    outcome = await notifier.send(uri, message(), timeout_s=1)
    assert outcome.verdict is Verdict.IMPOSSIBLE


async def test_certificates_should_be_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    async with receiving(tls=tls) as receiver:
        url = receiver.url.replace("127.0.0.1", "localhost")
        for trusted in (False, True):
            if trusted:
                monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
            notifier = HttpNotifier(allow_private=True)
            outcome = await notifier.send(url, message(), timeout_s=5)
            await notifier.close()
            assert outcome.verdict is (Verdict.SENT if trusted else Verdict.AWAY)
            assert trusted or "certificate" in outcome.reason
        assert len(receiver.got) == 1
