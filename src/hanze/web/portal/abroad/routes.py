"""Which pages there are about cooperation across borders."""

from collections.abc import Sequence
from typing import Final

from starlette.routing import BaseRoute

from hanze.web.portal.abroad import (
    accord,
    accords,
    cooperation,
    cooperations,
    country,
    fairs,
    files_of,
    follow_ups,
    indicators,
    leads,
    lists,
    matchday,
    matchday_guest,
    matchday_plan,
    matchdays,
    mentors,
    mission,
    mission_calendar,
    mission_proposal,
    money,
    relation,
    relations,
    report,
    stories,
    vouchers,
    working_group,
)
from hanze.web.portal.abroad.receipts import routes_of_receipts
from hanze.web.portal.abroad.uploads import routes_of_uploads
from hanze.web.portal.collective.frame import Page, routes_of
from hanze.web.portal.site import Site

__all__ = ["PAGES", "abroad_pages"]

#: Those with a longer path before those that they begin with.
PAGES: Final[Sequence[Page]] = (
    Page("/cooperations", cooperations.show, cooperations.take),
    Page("/cooperations/{id:path}", cooperation.show, cooperation.take),
    Page("/accords", accords.show, accords.take),
    Page("/accords/{id:path}", accord.show, accord.take),
    Page("/working-groups", lists.accords),
    Page("/working-groups/{id:path}", working_group.show, working_group.take),
    Page("/documents/{sha256}", files_of.send),
    Page("/mission-calendar", mission_calendar.show),
    Page("/missions", lists.mission_calendar),
    Page("/abroad", country.index),
    Page("/abroad/{id:path}", country.show),
    Page("/missions/{id:path}/proposal", mission_proposal.show, mission_proposal.take),
    Page("/missions/{id:path}/money", money.show, money.take),
    Page("/matchmaking-days", matchdays.show, matchdays.take),
    Page("/matchmaking-days/participation/{id:path}", matchday_guest.show, matchday_guest.take),
    Page("/matchmaking-days/{id:path}/plan", matchday_plan.show, matchday_plan.take),
    Page("/matchmaking-days/{id:path}", matchday.show, matchday.take),
    Page("/vouchers", vouchers.show),
    Page("/vouchers/{id:path}", vouchers.show_one, vouchers.take),
    Page("/fairs", fairs.show),
    Page("/fairs/{id:path}/story", stories.show, stories.take, writers=True),
    Page("/fairs/{id:path}", fairs.show_one),
    Page("/relations", relations.show),
    Page("/relations/{id:path}", relation.show),
    Page("/leads", leads.show, leads.take),
    Page("/mentors", mentors.show, mentors.take),
    Page("/indicators", indicators.show),
    Page("/follow-ups", follow_ups.show, follow_ups.take),
    Page("/missions/{id:path}/report", report.show, report.take),
    Page("/missions/{id:path}", mission.show, mission.take),
)


def abroad_pages(site: Site) -> list[BaseRoute]:
    """Give the routes, to stand among the portal's."""
    return [*routes_of_uploads(site), *routes_of_receipts(site), *routes_of(site, PAGES)]
