"""Addresses that lost their record: they lead to the list that has it."""

from starlette.responses import RedirectResponse, Response

from hanze.web.portal.collective.desk import Desk

__all__ = ["accords", "mission_calendar"]


async def accords(desk: Desk) -> Response:
    """Lead to the accords: each names its working groups."""
    return RedirectResponse(desk.at("/accords"))


async def mission_calendar(desk: Desk) -> Response:
    """Lead to the calendar: it lists the missions."""
    return RedirectResponse(desk.at("/mission-calendar"))
