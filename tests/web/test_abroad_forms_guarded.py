"""Nobody makes somebody else's browser write about cooperation across borders (CSRF), or writes unasked."""

from collections.abc import AsyncIterator, Iterator
from typing import Final

import pytest

from hanze.settings import Server, Settings
from hanze.web.api.abroad import (
    accords,
    cooperations,
    documents,
    follow_ups,
    leads,
    matchmaking_days,
    mentors,
    missions,
    permissions,
    presentations,
    reports,
    vouchers,
)
from hanze.web.api.frame import ApiRoute
from hanze.web.portal.abroad.routes import PAGES
from tests.in_process import client_of, node_in_memory

PRODUCTION: Final = Settings(data=None, server=Server(dev=False))
_ID: Final = "urn:ngsi-ld:Thing:test:one"
_FILES: Final = ("/accords/{id:path}/file", "/working-groups/{id:path}/file")
_RECEIPTS: Final = "/missions/{id:path}/money/cost"
_MODULES: Final = (
    *(accords, cooperations, documents, follow_ups, leads, matchmaking_days, mentors, missions),
    *(permissions, presentations, reports, vouchers),
)


def _forms() -> Iterator[str]:
    for path in (*(page.path for page in PAGES if page.take is not None), *_FILES, _RECEIPTS):
        yield "/en/collective" + path.replace("{id:path}", _ID)


def _writes() -> Iterator[ApiRoute]:
    for module in _MODULES:
        yield from (route for route in module.ROUTES if route.writes)


def _path(route: ApiRoute) -> str:
    parts = ("one" if part.startswith("{") else part for part in route.path.split("/"))
    return route.root + "/".join(parts)


async def test_forms_should_be_refused_when_they_come_from_elsewhere() -> None:
    multipart = b'--x\r\ncontent-disposition: form-data; name="action"\r\n\r\nfile\r\n--x--\r\n'
    kinds = (
        ("application/x-www-form-urlencoded", b"action=file&do=cost"),
        ("multipart/form-data; boundary=x", multipart),
        ("text/plain", b"action=file"),
    )
    origins: tuple[dict[str, str], ...] = (
        {},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
    )
    # Under --dev, where everybody may write: the weakest case, and with no form token.
    async with node_in_memory() as node, client_of(node) as client:
        for path in _forms():
            for origin in (*origins, {"origin": "http://localhost"}):
                for media, body in kinds:
                    headers = {"content-type": media, **origin}
                    answer = await client.post(path, content=body, headers=headers)
                    assert answer.status_code == 403, (path, origin, media)


async def test_writes_should_be_refused_when_a_stranger_or_a_form_of_another_site_sends_them() -> (
    None
):
    routes = list(_writes())
    assert len(routes) > 40
    async with node_in_memory(PRODUCTION) as node, client_of(node) as stranger:
        for route in routes:
            answer = await stranger.request(route.method, _path(route), json={})
            assert answer.status_code in (401, 403), (route.method, route.path)
    async with node_in_memory() as node, client_of(node) as anyone:
        for route in routes:
            if route.body is None and not route.takes:
                continue
            for media in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
                answer = await anyone.request(
                    route.method, _path(route), content=b"{}", headers={"content-type": media}
                )
                assert answer.status_code in (400, 415), (route.method, route.path, media)


@pytest.mark.parametrize("path", ["/accords/{}/file", "/missions/{}/money/cost"])
async def test_file_should_not_be_read_when_a_stranger_sends_it(path: str) -> None:
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(200):
            sent += 1
            yield b"x" * 65_536

    headers = {"origin": "http://localhost", "content-type": "multipart/form-data; boundary=x"}
    async with node_in_memory(PRODUCTION) as node, client_of(node) as client:
        url = "/en/collective" + path.format(_ID)
        answer = await client.post(url, content=body(), headers=headers)
        assert answer.status_code in (401, 403)
    assert sent <= 1


@pytest.mark.parametrize(
    ("media", "disposition"),
    [
        ("multipart/form-data; boundary=x", "form-data; name=a; filename*1*=b; filename*=c"),
        ("multipart/form-data; boundary*0=x; boundary*=y", "form-data; name=a"),
        ("multipart/form-data; boundary=", "form-data; name=a"),
        ("multipart/form-data", "form-data; name=a"),
    ],
)
async def test_file_should_be_refused_when_its_headers_contradict_themselves(
    media: str, disposition: str
) -> None:
    body = f"--x\r\ncontent-disposition: {disposition}\r\n\r\nfile\r\n--x--\r\n".encode()
    async with node_in_memory() as node, client_of(node) as client:
        for path in ("accords", "working-groups"):
            answer = await client.post(
                f"/en/collective/{path}/{_ID}/file",
                content=body,
                headers={"content-type": media, "origin": "http://localhost"},
            )
            assert answer.status_code == 403, answer.text[-300:]
