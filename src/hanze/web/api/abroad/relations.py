"""Partners abroad over time, mentors and students, one lead per theme."""

from hanze.web.api.frame import ApiRoute

__all__ = ["ROUTES"]

ROUTES: tuple[ApiRoute, ...] = ()
