"""The front page of the collective."""

from starlette.responses import Response

from hanze.web.portal.collective.desk import Desk

__all__ = ["show"]


async def show(desk: Desk) -> Response:
    return desk.page("landing.html", menu="start")
