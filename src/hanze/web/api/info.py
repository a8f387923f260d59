"""`/info/sourceIdentity`: who this node is (CIM 009, 5.15.1, 6.33)."""

from hanze.broker.consumption import TenantNotFound
from hanze.broker.distribution.via import alias_in
from hanze.ngsild.context import CORE
from hanze.ngsild.model import JsonValue
from hanze.ngsild.moment import parse_datetime
from hanze.web.api.parameters import LOCAL, url_parameters
from hanze.web.api.rendering import json_ld_response
from hanze.web.http import Request, Response

__all__ = ["source_identity"]


async def source_identity(request: Request) -> Response:
    """Retrieve Context Source Identity Information (6.33.3.1); per tenant where one is named.

    Raises:
        TenantNotFound: The caller's tenant does not exist (5.5.10).
    """
    url_parameters(request.query, LOCAL)
    node = request.node
    now = node.clock()
    seconds = (parse_datetime(now) - parse_datetime(node.started_at)) // 1_000_000
    tenant = request.caller.tenant
    if not node.store.tenant_exists(tenant):
        raise TenantNotFound(tenant)
    alias = alias_in(node.alias, tenant)
    body: dict[str, JsonValue] = {
        "id": f"urn:ngsi-ld:ContextSourceIdentity:{alias}",
        "type": "ContextSourceIdentity",
        "contextSourceAlias": alias,
        "contextSourceUptime": f"PT{seconds}S",
        "contextSourceTimeAt": now,
    }
    return await json_ld_response(request, body, CORE)
