"""What is kept of a request that is passed on."""

from typing import Any

import pytest

from hanze.identity.caller import ANONYMOUS
from hanze.ngsild.context import CORE
from hanze.web.api.origin import origin_of
from hanze.web.http import Request
from tests.in_process import node_in_memory

_NOW = "2026-06-01T12:00:00Z"


@pytest.mark.clause("6.3.18")
async def test_origin_of_should_keep_who_had_the_request_and_what_it_said() -> None:
    headers = [(b"via", b"1.1 emmen"), (b"via", b"1.1 assen (a)"), (b"x-user", b"caf\xe9")]
    scope = {"method": "GET", "query_string": b"", "headers": headers}

    async def receive() -> Any:
        raise AssertionError("nothing is read")

    async with node_in_memory() as node:
        request = Request(node, scope, receive, ["entities"])
        request.caller = ANONYMOUS.in_tenant("zuid")
        origin = origin_of(request, CORE, _NOW)
        request = Request(node, {**scope, "headers": []}, receive, ["entities"])
        request.caller = ANONYMOUS
        plain = origin_of(request, CORE, _NOW)
    assert origin.via == ("emmen", "assen")
    assert origin.headers["x-user"] == "café"
    assert (origin.caller.tenant, origin.context, origin.now) == ("zuid", CORE, _NOW)
    assert (plain.via, plain.headers) == ((), {})
