"""Which pages the collective has."""

from collections.abc import Sequence
from typing import Final

from starlette.routing import BaseRoute

from hanze.web.portal.collective import (
    buddies,
    budgets,
    build,
    bundle,
    bundles,
    calendar,
    checklist,
    connections,
    contribute,
    contribution_desk,
    contributions,
    districts,
    doors,
    duplicates,
    entry,
    funnel,
    groups,
    labs,
    landing,
    matches,
    matching,
    members,
    overview,
    pilots,
    platforms,
    programme,
    record,
    replicate,
    replication,
    replications,
    stage,
    subsidies,
    themes,
    visitors,
    vocabulary,
)
from hanze.web.portal.collective.frame import Page, routes_of
from hanze.web.portal.site import Site

__all__ = ["PAGES", "collective_pages"]

#: Those with a longer path before those that they begin with.
PAGES: Final[Sequence[Page]] = (
    Page("/matches", matches.show, matches.decide),
    Page("/match", matching.show, matching.take),
    Page("/programme", programme.show, programme.keep),
    Page("/funnel", funnel.show),
    Page("/stage", stage.show, stage.take),
    Page("/replicate", replicate.show, replicate.take),
    Page("/replications", replications.show),
    Page("/replication/{id:path}", replication.show, replication.take),
    Page("/bundles", bundles.show, bundles.take),
    Page("/bundle/{id:path}/checklist", checklist.show),
    Page("/bundle/{id:path}", bundle.show, bundle.take),
    Page("/demand/{id:path}/checklist", checklist.show),
    Page("/calendar", calendar.show),
    Page("/connections", connections.show),
    Page("", landing.show),
    Page("/partner", visitors.partner),
    Page("/resident", visitors.resident),
    Page("/officer", doors.officer),
    Page("/mayor", doors.mayor),
    Page("/new", entry.choose),
    Page("/new/{type}", entry.new, entry.take_new, writers=True),
    Page("/edit/{id:path}", entry.edit, entry.take_edit, writers=True),
    Page("/record/{id:path}", record.show),
    Page("/record.jsonld", record.json_ld),
    Page("/feed", overview.feed),
    Page("/map", overview.map_data),
    Page("/overview", overview.show),
    Page("/build", build.show, build.take, anyone=True),
    Page("/contribute", contribute.show, contribute.take, anyone=True),
    Page("/contributions/desk", contribution_desk.show, contribution_desk.take, writers=True),
    Page("/contributions/{id:path}/support", None, contributions.add_support, anyone=True),
    Page("/contributions/{id:path}", contributions.show_one),
    Page("/contributions", contributions.show),
    Page("/districts", districts.show, districts.take),
    Page("/districts.csv", districts.download),
    Page("/groups/{id}", groups.show_one, groups.take_one, writers=True),
    Page("/groups", groups.show, groups.take, writers=True),
    Page("/labs", labs.show, labs.take),
    Page("/pilots/verify", pilots.show_check, pilots.check, anyone=True),
    Page("/pilots/{id:path}/verify", pilots.verify_one),
    Page("/pilots", pilots.show, pilots.sign),
    Page("/platforms", platforms.show),
    Page("/standards", platforms.standards),
    Page("/duplicates", duplicates.show, duplicates.merge),
    Page("/duplicates.csv", duplicates.download),
    Page("/members", members.show),
    Page("/members.csv", members.download),
    Page("/vocabulary", vocabulary.show),
    Page("/vocabulary.{ending}", vocabulary.download),
    Page("/vocabulary/{concept}", vocabulary.show_one),
    Page("/buddies", buddies.show, buddies.take),
    Page("/buddies.csv", buddies.download),
    Page("/budgets", budgets.show),
    Page("/subsidies", subsidies.show),
    Page("/themes/{notation}", themes.show_one, themes.take),
    Page("/themes", themes.show),
)


def collective_pages(site: Site) -> list[BaseRoute]:
    """Give the routes, to stand among the portal's."""
    return routes_of(site, PAGES)
