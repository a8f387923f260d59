"""`hanze request`: what residents ask for, and the clock that runs."""

from collections.abc import Mapping
from typing import Any, Final

import click

from hanze.cli.asking import ask_node, quoted
from hanze.cli.options import node_options, tenant_option
from hanze.cli.output import print_json, print_table
from hanze.governance.records.rights import RequestOutcome, RightKind
from hanze.ngsild.model import JsonValue

__all__ = ["request"]

_ROOT: Final = "/api/v1/governance/requests"
_GUARDIANSHIPS: Final = "/api/v1/governance/guardianships"
_KINDS: Final = [one.value for one in RightKind]
_OUTCOMES: Final = [one.value for one in RequestOutcome if one is not RequestOutcome.WITHDRAWN]


@click.group()
def request() -> None:
    """See, file, extend and answer requests of residents; say who decides for a child."""


def _where(function: Any) -> Any:  # click's own decorators
    return tenant_option(node_options(function))


@request.command("list")
@click.option("--kind", type=click.Choice(_KINDS), help="Those that use one right.")
@click.option("--overdue", is_flag=True, help="Only those that are late.")
@click.option("--mine", is_flag=True, help="Only one's own and one's children's, as a resident.")
@_where
def list_requests(
    *, kind: str | None, overdue: bool, mine: bool, as_json: bool, **where: Any
) -> None:
    """List requests, those first that are due first."""
    asked = {} if mine else {"all": "true"}
    asked |= {"kind": kind} if kind else {}
    asked |= {"overdue": "true"} if overdue else {}
    found = ask_node(where, "GET", _ROOT, parameters=asked)
    if as_json:
        print_json(found)
        return
    rows = [
        (one["id"], one["kind"], one.get("subject", ""), one["clock"]["due"], _state(one))
        for one in found["requests"]
    ]
    print_table(("id", "kind", "subject", "due", "state"), rows)


@request.command()
@click.argument("id")
@_where
def show(*, id: str, as_json: bool, **where: Any) -> None:  # noqa: A002  # the record's word
    """Show the request ID as JSON."""
    del as_json  # it is JSON anyway
    print_json(ask_node(where, "GET", f"{_ROOT}/{quoted(id)}"))


@request.command()
@click.argument("kind", type=click.Choice(_KINDS))
@click.option("--text", default="", help="What is asked, in words.")
@click.option("--subject", help="What data calls whom it is about; else whose token it is.")
@click.option("--dataset", help="Id of the dataset that it is about; else all.")
@click.option("--entity", help="Id of the entity that it is about: a sensor.")
@_where
def file(*, kind: str, as_json: bool, text: str, **where: Any) -> None:
    """File a request of this KIND: the clock of one month starts."""
    body: dict[str, JsonValue] = {"kind": kind, "text": text}
    for member in ("subject", "dataset", "entity"):
        value = where.pop(member)
        if value is not None:
            body[member] = value
    _tell(ask_node(where, "POST", _ROOT, body), as_json=as_json)


@request.command()
@click.argument("id")
@click.option("--reason", required=True, help="Why it takes longer; whoever asked reads it.")
@_where
def extend(*, id: str, reason: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Take two months more for the request ID, within its first month."""
    found = ask_node(where, "POST", f"{_ROOT}/{quoted(id)}/extend", {"reason": reason})
    _tell(found, as_json=as_json)


@request.command()
@click.argument("id")
@click.argument("outcome", type=click.Choice(_OUTCOMES))
@click.option("--text", default="", help="What whoever asked reads; needed for a refusal.")
@click.option("--yes", is_flag=True, help="Do not ask, also where data is erased.")
@_where
def answer(
    *,
    id: str,  # noqa: A002
    outcome: str,
    text: str,
    yes: bool,
    as_json: bool,
    **where: Any,
) -> None:
    """Answer the request ID. Erasure that is granted erases at once, with the past."""
    path = f"{_ROOT}/{quoted(id)}"
    if not yes and outcome != "refused" and ask_node(where, "GET", path)["kind"] == "erasure":
        click.confirm("The data is erased now, for ever. Go on?", abort=True, err=True)
    found = ask_node(where, "POST", f"{path}/answer", {"outcome": outcome, "text": text})
    _tell(found, as_json=as_json)


@request.command("parent")
@click.argument("parent")
@click.argument("child")
@click.option("--until", required=True, help="Day (2031-05-01) on which the child decides itself.")
@_where
def confirm(*, parent: str, child: str, until: str, as_json: bool, **where: Any) -> None:
    """Confirm that PARENT decides for CHILD, both as data calls them; the proof was seen."""
    body: JsonValue = {"parent": parent, "child": child, "until": until}
    found = ask_node(where, "POST", _GUARDIANSHIPS, body)
    if as_json:
        print_json(found)
    else:
        click.echo(f"{found['id']}: until {found['until']}")


@request.command("parents")
@_where
def list_parents(*, as_json: bool, **where: Any) -> None:
    """List who decides for which child."""
    found = ask_node(where, "GET", _GUARDIANSHIPS)["guardianships"]
    if as_json:
        print_json(found)
        return
    rows = [
        (one["id"], one["parent"], one["child"], one["until"], one.get("endedAt", ""))
        for one in found
    ]
    print_table(("id", "parent", "child", "until", "ended"), rows)


@request.command("parent-end")
@click.argument("id")
@_where
def end(*, id: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """End the guardianship ID early."""
    found = ask_node(where, "POST", f"{_GUARDIANSHIPS}/{quoted(id)}/end")
    if as_json:
        print_json(found)
    else:
        click.echo(f"{found['id']} has ended.")


def _state(one: Mapping[str, Any]) -> str:
    if "answer" in one:
        return str(one["answer"]["outcome"])
    days = one["clock"]["days"]
    return f"{-days} days late" if one["clock"]["overdue"] else f"{days} days left"


def _tell(found: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        click.echo(f"{found['id']}: due {found['clock']['due']}, {_state(found)}")
