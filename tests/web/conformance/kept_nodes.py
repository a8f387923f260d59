"""Nodes that the tests of a module share: each test finds them empty."""

from tests.several import Served

__all__ = ["emptied"]


async def emptied(served: Served) -> Served:
    """Take everything out of a node: registrations first, so that nothing goes to sources."""
    for registration in served.node.registry.of_tenant(""):
        response = await served.api.delete(f"/csourceRegistrations/{registration.id}")
        assert response.status_code == 204, response.text
    # Nobody has written yet where there is no tenant.
    assert (await served.api.delete("/entities?local=true")).status_code in {204, 404}
    return served
