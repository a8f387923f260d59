"""The first account of a node: nobody has a password that somebody else made up."""

import click

from hanze.governance.admitting import Admitting
from hanze.identity.account import AccountNotFound
from hanze.identity.caller import Caller
from hanze.identity.grant import checked_grant
from hanze.identity.roles import OPERATOR, OWNER, SECURITY_OFFICER, STEWARD, WRITER
from hanze.node.node import Node

__all__ = ["FIRST_NAME", "first_link", "tell_first_link"]

FIRST_NAME = "operator"
_GRANT = checked_grant(roles=(OPERATOR, OWNER, SECURITY_OFFICER, STEWARD, WRITER))
_STARTING = Caller(actor="start", roles=frozenset({OPERATOR}))


async def first_link(node: Node) -> str | None:
    """Make the link with which the first person sets up their account.

    Returns:
        The path of it; `None` where somebody may run the node already, and under --dev.
    """
    now = node.clock()
    accounts = node.entrance.accounts.records()
    if node.dev or node.tokens.any_active(now=now) or any(a.state == "active" for a in accounts):
        return None
    return f"/en/set-up/{await _secret(node.entrance.admitting, node, now)}"


async def _secret(admitting: Admitting, node: Node, now: str) -> str:
    hours = node.settings.identity.set_up_hours
    try:
        # Of a start before this one, whose link nobody used.
        return await admitting.new_link(_STARTING, FIRST_NAME, hours=hours, now=now)
    except AccountNotFound:
        _, secret = await admitting.new_account(_STARTING, FIRST_NAME, _GRANT, hours=hours, now=now)
        return secret


def tell_first_link(url: str, path: str) -> None:
    """Tell the link, on standard error: whoever starts the node is meant."""
    click.echo(f"Nobody can run this node yet. Set up the account {FIRST_NAME}, once:", err=True)
    click.echo(f"  {url}{path}", err=True)
