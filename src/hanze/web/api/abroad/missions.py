"""Missions and their programmes; opportunities in a country."""

from hanze.web.api.frame import ApiRoute

__all__ = ["ROUTES"]

ROUTES: tuple[ApiRoute, ...] = ()
