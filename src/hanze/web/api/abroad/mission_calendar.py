"""Missions, fairs and events of all nodes: JSON, and a feed to follow."""

from hanze.web.api.frame import ApiRoute

__all__ = ["ROUTES"]

ROUTES: tuple[ApiRoute, ...] = ()
