"""`hanze league`: take part in a league of nodes, without a centre."""

import asyncio
from datetime import datetime
from typing import Any, Final

import click

from hanze.cli.asking import ask_json, open_node_api, send
from hanze.cli.options import node_options
from hanze.cli.output import print_json, print_table
from hanze.errors import ConfigurationError
from hanze.league.identity import fingerprint_of
from hanze.league.invitation import read_token
from hanze.ngsild.model import JsonValue

__all__ = ["league"]

_ROOT: Final = "/api/v1/league"
_PLACE = click.FloatRange(-180, 180)


@click.group()
def league() -> None:
    """Take part in a league of nodes: found, invite, join, confirm, share, ban, leave."""


def _described(function: Any) -> Any:  # click's own decorators
    for option in (
        click.option("--place", nargs=2, type=_PLACE, help="Longitude and latitude."),
        click.option("--address", help="URL under which others reach this node."),
    ):
        function = option(function)
    return function


@league.command()
@click.option("--name", required=True, help="What the node is called.")
@click.option("--city", required=True, help="Name of its city.")
@_described
@node_options
def found(
    *,
    name: str,
    city: str,
    address: str | None,
    place: tuple[float, float] | None,
    as_json: bool,
    **where: Any,
) -> None:
    """Give this node a name and a key, so that it can invite others or join them."""
    told = _ask(where, "POST", "", _body(name=name, city=city, url=address, place=place))
    _tell_me(told, as_json=as_json)
    _hint("Next: `hanze league invite`, or `hanze league join` with an invitation.", as_json)


@league.command()
@node_options
def show(*, as_json: bool, **where: Any) -> None:
    """Show who this node is, with its fingerprint."""
    told = _ask(where, "GET", "")
    if as_json:
        print_json(told)
    elif "member" not in told:
        click.echo("This node is in no league; `hanze league found` gives it a name.")
    else:
        _tell_me(told["member"], as_json=False)


@league.command()
@click.option("--name", help="What the node is called.")
@click.option("--city", help="Name of its city.")
@_described
@node_options
def change(
    *,
    name: str | None,
    city: str | None,
    address: str | None,
    place: tuple[float, float] | None,
    as_json: bool,
    **where: Any,
) -> None:
    """Change what this node says of itself; every member is told."""
    told = _ask(where, "PATCH", "", _body(name=name, city=city, url=address, place=place))
    _tell_me(told, as_json=as_json)


@league.command()
@node_options
def invite(*, as_json: bool, **where: Any) -> None:
    """Make an invitation for another node; it serves once."""
    told = _ask(where, "POST", "/invitations")
    if as_json:
        print_json(told)
        return
    click.echo(told["token"])
    click.echo(
        f"Give this text to the other operator; it serves until {told['expiresAt']}.", err=True
    )
    click.echo(f"Fingerprint of this node, to read to each other: {told['fingerprint']}", err=True)
    click.echo("When they have joined: `hanze league confirm NAME`.", err=True)


@league.command()
@click.argument("token")
@click.option("--yes", is_flag=True, help="Do not ask whether the fingerprint is right.")
@node_options
def join(*, token: str, yes: bool, as_json: bool, **where: Any) -> None:
    """Join with the invitation TOKEN of another node."""
    invited = read_token(token)
    if not yes:
        click.echo(f"The invitation is of the node at {invited.url}.", err=True)
        click.echo(f"Its fingerprint: {fingerprint_of(invited.key)}", err=True)
        click.confirm(
            "Ask the other operator to read it to you. Is it the same?", abort=True, err=True
        )
    told = _ask(where, "POST", "/join", {"token": token})
    if as_json:
        print_json(told)
        return
    click.echo(f"This node trusts {_named(told)}. Its operator confirms this node now.")
    own = _ask(where, "GET", "")
    click.echo(f"Fingerprint of this node, to read to them: {own['member']['fingerprint']}")


@league.command()
@click.argument("member")
@click.option("--yes", is_flag=True, help="Do not ask whether the fingerprint is right.")
@node_options
def confirm(*, member: str, yes: bool, as_json: bool, **where: Any) -> None:
    """Trust MEMBER, by its name or fingerprint: it came with an invitation, or was introduced."""
    if not yes:
        known = _find(where, member)
        click.echo(f"{_named(known)} at {known['url']}", err=True)
        click.echo(f"Its fingerprint: {known['fingerprint']}", err=True)
        for advised in known.get("advisedAgainstBy", ()):
            click.echo(f"Banned by {advised}", err=True)
        click.confirm("Ask its operator to read it to you. Is it the same?", abort=True, err=True)
        member = known["fingerprint"]
    told = _ask(where, "POST", "/confirm", {"member": member})
    _tell(told, f"This node trusts {_named(told)}.", as_json=as_json)


@league.command()
@node_options
def peers(*, as_json: bool, **where: Any) -> None:
    """List the other members: who they are, whether they answer, what they share."""
    told = _ask(where, "GET", "/peers")
    if as_json:
        print_json(told)
        return
    rows = [
        (
            one["name"],
            one["city"],
            one["status"] + (", waits" if one.get("isWaiting") else ""),
            one["fingerprint"],
            one["url"],
            f"{one['latencyMs']:.0f} ms" if "latencyMs" in one else "",
            one.get("lastContact", ""),
            _shares(one.get("shares", ())),
            one.get("error", "") + _advice(one),
        )
        for one in told["peers"]
    ]
    print_table(
        ("name", "city", "status", "fingerprint", "url", "latency", "contact", "shares", "notes"),
        rows,
    )
    if not rows:
        _hint("No other members yet: `hanze league invite` brings one, or `join` an invitation.")


@league.command()
@click.argument("member")
@click.option("--reason", default="", help="Why; nobody else is told.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@node_options
def ban(*, member: str, reason: str, yes: bool, as_json: bool, **where: Any) -> None:
    """Refuse MEMBER from now on; others are told as advice."""
    if not yes:
        known = _find(where, member)
        click.confirm(f"Nothing of {_named(known)} is let in. Go on?", abort=True, err=True)
    told = _ask(where, "POST", "/ban", {"member": member, "reason": reason})
    _tell(told, f"{_named(told)} is banned.", as_json=as_json)


@league.command()
@click.argument("member")
@node_options
def unban(*, member: str, as_json: bool, **where: Any) -> None:
    """Take back the ban of MEMBER; it is trusted when it is confirmed again."""
    told = _ask(where, "POST", "/unban", {"member": member})
    _tell(told, f"{_named(told)} is banned no longer; it is not confirmed.", as_json=as_json)


@league.command()
@node_options
def rotate(*, as_json: bool, **where: Any) -> None:
    """Sign with a new key from now on; every member is told, by the old key."""
    _tell_me(_ask(where, "POST", "/rotate"), as_json=as_json)


@league.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@node_options
def leave(*, yes: bool, as_json: bool, **where: Any) -> None:
    """Leave the league: every member is told, and the key is forgotten."""
    if not yes:
        click.confirm(
            "The node leaves for good: whoever trusted it has to confirm it anew. Go on?",
            abort=True,
            err=True,
        )
    _ask(where, "DELETE", "")
    _tell({"left": True}, "This node is in no league any more.", as_json=as_json)


@league.command()
@click.option("--with", "member", help="Only with this member, besides what all get.")
@click.option("--type", "types", multiple=True, help="A type of entities; repeatable.")
@click.option("--scope", "scopes", multiple=True, help="Only in this scope; repeatable.")
@click.option("--all", "everything", is_flag=True, help="Whatever anybody may read.")
@click.option("--nothing", is_flag=True, help="Nothing at all.")
@click.option("--default", "default", is_flag=True, help="As it was in the beginning.")
@node_options
def share(
    *,
    member: str | None,
    types: tuple[str, ...],
    scopes: tuple[str, ...],
    everything: bool,
    nothing: bool,
    default: bool,
    as_json: bool,
    **where: Any,
) -> None:
    """Show what is shared with whom, or say it anew.

    In the beginning all members may ask for whatever anybody may read.
    """
    chosen = sum((bool(types or scopes), everything, nothing, default))
    if chosen > 1:
        raise ConfigurationError("Name types and scopes, or --all, or --nothing, or --default")
    if not chosen:
        told = _ask(where, "GET", "/sharing")
    else:
        shares: JsonValue = [] if nothing else [{"types": [*types], "scopes": [*scopes]}]
        body: dict[str, JsonValue] = {"shares": None if default else shares}
        if member is not None:
            body["member"] = member
        told = _ask(where, "PUT", "/sharing", body)
    if as_json:
        print_json(told)
        return
    names = {one["id"]: _named(one) for one in _ask(where, "GET", "/peers")["peers"]}
    rows = [
        (names.get(one.get("member"), one.get("member", "all")), _shares(one["shares"]))
        for one in told["sharing"]
    ]
    print_table(("with", "shares"), rows)


def _find(where: dict[str, Any], member: str) -> Any:
    """Look up a member as the node would; the node has the last word."""
    digits = "".join(member.split())
    found = [
        one
        for one in _ask(where, "GET", "/peers")["peers"]
        if member in (one["id"], one["fingerprint"])
        or one["name"].casefold() == member.casefold()
        or one["fingerprint"].replace(" ", "").startswith(digits)
    ]
    if len(found) != 1:
        how_many = f"{len(found)} members are" if found else "No member of the league is"
        raise ConfigurationError(f"{how_many} known as {member}; `hanze league peers` lists all")
    return found[0]


def _body(**given: JsonValue | tuple[float, float]) -> dict[str, JsonValue]:
    return {
        name: [*value] if isinstance(value, tuple) else value
        for name, value in given.items()
        if value is not None
    }


def _ask(
    where: dict[str, Any], method: str, path: str, body: dict[str, JsonValue] | None = None
) -> Any:
    async def ask() -> Any:
        # Who has the directory may see what operators may see.
        async with open_node_api(where) as client:
            if method == "DELETE":
                return await send(client, method, _ROOT + path)
            return await ask_json(client, method, _ROOT + path, body=body)

    return asyncio.run(ask())


def _tell_me(me: Any, *, as_json: bool) -> None:
    if as_json:
        print_json(me)
        return
    founded = datetime.fromisoformat(me["foundedAt"]).date()
    click.echo(f"{_named(me)} at {me['url']}, since {founded}")
    click.echo(f"Fingerprint: {me['fingerprint']}")


def _tell(told: Any, text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        click.echo(text)


def _hint(text: str, as_json: bool = False) -> None:
    """Name the next step, apart from what programs read."""
    if not as_json:
        click.echo(text, err=True)


def _named(one: Any) -> str:
    return f"{one['name']} ({one['city']})"


def _shares(shares: Any) -> str:
    texts = []
    for one in shares:
        types = one.get("types", ())
        shown = f"{len(types)} types" if len(types) > 5 else ", ".join(types)
        scopes = ", ".join(one.get("scopes", ()))
        texts.append((shown or "everything") + (f" in {scopes}" if scopes else ""))
    return "; ".join(texts) or "nothing"


def _advice(one: Any) -> str:
    against = len(one.get("advisedAgainstBy", ()))
    disputed = " two keys" if one.get("isDisputed") else ""
    return (f" banned by {against}" if against else "") + disputed
