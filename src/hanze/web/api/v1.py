"""Everything below `/api/v1`: the tables of the modules that answer it."""

from collections.abc import Sequence

from starlette.routing import BaseRoute

from hanze.node.node import Node
from hanze.web.api import (
    access,
    backup,
    catalogue,
    exporting,
    history,
    identity,
    insight,
    league,
    league_files,
    league_peers,
    notifications,
    peer_notifications,
    snapshot_list,
    source_messages,
    sources,
)
from hanze.web.api.collective import (
    bundles,
    calendar,
    connections,
    downloads,
    duplicates,
    funnel,
    groups,
    leadership,
    league_records,
    matches,
    members,
    pilots,
    platforms,
    records,
    replications,
    residents,
    schemas,
    sensors,
    subsidies,
    tenders,
    waiting,
    worksheets,
)
from hanze.web.api.frame import ApiRoute, routes_of
from hanze.web.api.governance import (
    agreements,
    assessments,
    cases,
    consents,
    datasets,
    emergencies,
    incidents,
    log,
    projects,
    registers,
    requests,
)

__all__ = ["TABLES", "v1_routes"]

TABLES: Sequence[Sequence[ApiRoute]] = (
    records.ROUTES,
    matches.ROUTES,
    downloads.ROUTES,
    schemas.ROUTES,
    connections.ROUTES,
    funnel.ROUTES,
    worksheets.ROUTES,
    replications.ROUTES,
    bundles.ROUTES,
    calendar.ROUTES,
    duplicates.ROUTES,
    groups.ROUTES,
    waiting.ROUTES,
    members.ROUTES,
    platforms.ROUTES,
    leadership.ROUTES,
    league_records.ROUTES,
    tenders.ROUTES,
    subsidies.ROUTES,
    residents.ROUTES,
    sensors.ROUTES,
    pilots.ROUTES,
    identity.ROUTES,
    insight.ROUTES,
    backup.ROUTES,
    history.ROUTES,
    notifications.ROUTES,
    peer_notifications.ROUTES,
    snapshot_list.ROUTES,
    sources.ROUTES,
    source_messages.ROUTES,
    league.ROUTES,
    league_files.ROUTES,
    league_peers.ROUTES,
    projects.ROUTES,
    assessments.ROUTES,
    cases.ROUTES,
    access.ROUTES,
    datasets.ROUTES,
    consents.ROUTES,
    requests.ROUTES,
    registers.ROUTES,
    agreements.ROUTES,
    log.ROUTES,
    emergencies.ROUTES,
    incidents.ROUTES,
    catalogue.ROUTES,
    exporting.ROUTES,
)


def v1_routes(node: Node) -> list[BaseRoute]:
    """Give the routes, to stand before the portal's."""
    return routes_of(node, TABLES)
