"""Matchmaking days: who asked for whom, the plan, and everybody's own calendar."""

from hanze.web.api.frame import ApiRoute

__all__ = ["ROUTES"]

ROUTES: tuple[ApiRoute, ...] = ()
