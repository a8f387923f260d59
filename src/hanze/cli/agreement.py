"""`hanze agreement`: who may use which closed data, for which purposes, until when."""

import asyncio
from pathlib import Path
from typing import Any, Final

import click

from hanze.cli.asking import open_node_api, quoted, send
from hanze.cli.options import node_options, read_json, tenant_option
from hanze.cli.output import print_json, print_table
from hanze.governance.purposes import curie_of
from hanze.ngsild.model import JsonValue

__all__ = ["agreement"]

_ROOT: Final = "/api/v1/governance/agreements"
_POLICIES: Final = "/api/v1/governance/policies"
_LD_JSON: Final = {"Content-Type": "application/ld+json"}
_DUTIES: Final = ("attribute", "delete", "inform")


@click.group()
def agreement() -> None:
    """Offer, sign, change and revoke agreements about closed data."""


def _where(function: Any) -> Any:  # click's own decorators
    return tenant_option(node_options(function))


def _terms(function: Any) -> Any:  # click's own decorators
    """Add the options that say what is agreed."""
    options = (
        click.option("--dataset", "targets", multiple=True, help="Id of closed data; repeatable."),
        click.option("--with", "assignee", help="Id of the organisation that wants to use it."),
        click.option("--owner", "assigner", help="Id of the owner; else that of the data."),
        click.option(
            "--purpose", "purposes", multiple=True, help="For which it may be used; repeatable."
        ),
        click.option(
            "--never", "prohibited", multiple=True, help="Purpose that is forbidden; repeatable."
        ),
        click.option(
            "--narrower", "opens_narrower", is_flag=True, help="Narrower purposes pass, too."
        ),
        click.option(
            "--duty",
            "duties",
            multiple=True,
            type=click.Choice(_DUTIES),
            help="What the other one has to do: name the owner, delete it, report use; repeatable.",
        ),
        click.option("--from", "valid_from", help="Day or moment from which it holds; else now."),
        click.option("--until", "valid_until", help="Day or moment at which it ends."),
        click.option("--statute", "article", help="The article of law on which it rests."),
        click.option("--authority", help="Who relies on that article."),
        click.option("--statute-until", help="Day on which what rests on the article ends."),
    )
    for option in reversed(options):
        function = option(function)
    return function


@agreement.command("list")
@_where
def list_agreements(*, as_json: bool, **where: Any) -> None:
    """List agreements with where they stand, and who still has to sign."""
    found = _ask(where, "GET", _ROOT)["agreements"]
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one["id"],
            str(one.get("version", 1)),
            one["state"],
            ", ".join(one["targets"]),
            one["assignee"],
            ", ".join(map(curie_of, one["purposes"])),
            one["endsAt"],
            ", ".join(one.get("waitsFor", ())),
        )
        for one in found
    ]
    print_table(("id", "version", "state", "data", "with", "for", "ends", "waits for"), rows)


@agreement.command(short_help="Show an agreement as JSON.")
@click.argument("id")
@click.option("--policy", is_flag=True, help="As a policy of ODRL 2.2.")
@_where
def show(*, id: str, policy: bool, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Show all versions of an agreement as JSON."""
    del as_json  # it is JSON anyway
    print_json(_ask(where, "GET", f"{_POLICIES if policy else _ROOT}/{quoted(id)}"))


@agreement.command(short_help="Offer an agreement, to be signed by both.")
@_terms
@click.option("--id", "agreement_id", default="", help="Of the agreement; else a new one.")
@click.option(
    "--policy",
    "file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="Take the terms from a policy of ODRL 2.2 in JSON-LD, - for standard input.",
)
@_where
def offer(
    *,
    agreement_id: str,
    file: Path | None,
    as_json: bool,
    url: str | None,
    data: Path,
    token_file: Path | None,
    tenant: str | None,
    **said: Any,
) -> None:
    """Offer an agreement about closed data: it holds once both parties have signed it."""
    where = {"url": url, "data": data, "token_file": token_file, "tenant": tenant}
    if file is not None:
        made = _ask(where, "POST", _POLICIES, read_json(file), _LD_JSON)
    else:
        made = _ask(where, "POST", _ROOT, _offering(said) | {"id": agreement_id})
    _tell(made, as_json=as_json)


@agreement.command(short_help="Make a new version of changed terms.")
@click.argument("id")
@_terms
@_where
def change(
    *,
    id: str,  # noqa: A002
    as_json: bool,
    url: str | None,
    data: Path,
    token_file: Path | None,
    tenant: str | None,
    **said: Any,
) -> None:
    """Make a new version of the agreement ID: the old one counts until both signed the new one."""
    where = {"url": url, "data": data, "token_file": token_file, "tenant": tenant}
    made = _ask(where, "PUT", f"{_ROOT}/{quoted(id)}", _offering(said))
    _tell(made, as_json=as_json)


@agreement.command(short_help="Sign an agreement.")
@click.argument("id")
@click.option("--as", "party", default="", help="Id of the organisation, on one's own machine.")
@_where
def sign(*, id: str, party: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Sign the newest version of an agreement, for the organisation for which one acts.

    Through a node that runs, the token says for whom. Who has the data directory says it with --as.
    """
    made = _ask(where, "POST", f"{_ROOT}/{quoted(id)}/signature", {"party": party})
    _tell(made, as_json=as_json)


@agreement.command(short_help="End an agreement before its time.")
@click.argument("id")
@click.option("--reason", required=True, help="A sentence that both parties read.")
@_where
def revoke(*, id: str, reason: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """End an agreement: the next request that rests on it is refused.

    One that rests on law cannot be ended so.
    """
    made = _ask(where, "POST", f"{_ROOT}/{quoted(id)}/revocation", {"reason": reason})
    _tell(made["agreements"][-1], as_json=as_json)


def _offering(said: dict[str, Any]) -> dict[str, Any]:
    """Write options as what is offered."""
    needed = {"targets": "--dataset", "assignee": "--with", "purposes": "--purpose"}
    for name, option in {**needed, "valid_until": "--until"}.items():
        if not said[name]:
            raise click.UsageError(f"Say {option}.")
    statute = {
        "article": said["article"],
        "authority": said["authority"],
        "until": said["statute_until"],
    }
    if any(statute.values()) and not all(statute.values()):
        raise click.UsageError("--statute, --authority and --statute-until belong together.")
    return {
        "targets": list(said["targets"]),
        "assigner": said["assigner"] or "",
        "assignee": said["assignee"],
        "purposes": list(said["purposes"]),
        "prohibited": list(said["prohibited"]),
        "opensNarrower": said["opens_narrower"],
        "duties": list(said["duties"]),
        "validFrom": said["valid_from"] or "",
        "validUntil": said["valid_until"],
        "statute": statute if all(statute.values()) else None,
    }


def _tell(made: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(made)
        return
    waits = made.get("waitsFor", ())
    signing = f"; waits for {' and '.join(waits)} to sign" if waits else ""
    click.echo(f"{made['id']}, version {made.get('version', 1)}, is {made['state']}{signing}.")


def _ask(
    where: dict[str, Any],
    method: str,
    path: str,
    body: JsonValue = None,
    headers: dict[str, str] | None = None,
) -> Any:
    async def ask() -> Any:
        async with open_node_api(where) as client:
            return (await send(client, method, path, body=body, headers=headers)).json()

    return asyncio.run(ask())
