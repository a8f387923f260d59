"""Options with which somebody is given rights: tokens, clients and accounts share them."""

from collections.abc import Callable
from typing import TypeVar

import click

from hanze.identity.roles import PEOPLE_ROLES

__all__ = ["bound_options", "roles_option", "subject_option"]

F = TypeVar("F", bound=Callable[..., object])


def roles_option(help_text: str) -> Callable[[F], F]:
    """Make the option of roles, given once for each."""
    return click.option(
        "--role", "roles", type=click.Choice(PEOPLE_ROLES), multiple=True, help=help_text
    )


def bound_options(function: F) -> F:
    """Add on whose behalf, for which activity and for which purposes."""
    for option in (
        click.option(
            "--purpose",
            "purposes",
            multiple=True,
            metavar="IRI",
            help="Purpose that it may state, once for each: an IRI or a name such as "
            "dpv:ServiceProvision. Only those count that are registered for the activity.",
        ),
        click.option(
            "--activity", metavar="ID", help="Id of the processing activity that it is bound to."
        ),
        click.option(
            "--organisation", metavar="ID", help="Id of the organisation on whose behalf it asks."
        ),
    ):
        function = option(function)
    return function


def subject_option(function: F) -> F:
    return click.option(
        "--subject",
        metavar="ID",
        help="What data calls this person: they see what is about them.",
    )(function)
