"""Bodies about governance are as long as people write them, whatever entities may have."""

from hanze.web.api import access, identity
from hanze.web.api.frame import PREFIX
from hanze.web.api.governance import (
    agreements,
    assessments,
    cases,
    consents,
    datasets,
    projects,
    registers,
    requests,
)
from tests.in_process import client_of, node_in_memory

_AREAS = (
    access,
    agreements,
    assessments,
    cases,
    consents,
    datasets,
    identity,
    projects,
    registers,
    requests,
)
TAKING = [
    (route.method, (route.root or PREFIX) + route.path)
    for area in _AREAS
    for route in area.ROUTES
    if route.body is not None
]
LONG = b'{"text": "' + b"x" * 2_100_000 + b'"}'


async def test_routes_should_refuse_bodies_that_nobody_writes() -> None:
    found = {}
    async with node_in_memory() as node, client_of(node) as client:
        for method, path in TAKING:
            address = path.replace("{id:path}", "x").replace("{", "").replace("}", "")
            said = {"content-type": "application/json"}
            answer = await client.request(method, address, content=LONG, headers=said)
            found[method, path] = answer.status_code
    assert len(found) == len(TAKING) > 20
    assert {route: status for route, status in found.items() if status != 413} == {}
