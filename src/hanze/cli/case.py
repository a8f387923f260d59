"""`hanze case`: hard cases, public before they are decided."""

from typing import Any

import click

from hanze.cli.governing import ask_governance, said_in
from hanze.cli.options import node_options
from hanze.cli.output import print_json, print_table

__all__ = ["case"]


@click.group()
def case() -> None:
    """Publish hard cases, hear everybody, and write down who decided what."""


@case.command("list")
@node_options
def list_cases(*, as_json: bool, **where: Any) -> None:
    """List hard cases, those that were published last first."""
    found = ask_governance(where, "GET", "cases")["cases"]
    if as_json:
        print_json(found)
        return
    rows = [(one["id"], said_in(one["title"]), one["kind"], _state(one)) for one in found]
    print_table(("id", "title", "kind", "state"), rows)


@case.command(short_help="Show a hard case as JSON.")
@click.argument("id")
@node_options
def show(*, id: str, as_json: bool, **where: Any) -> None:  # noqa: A002  # the record's word
    """Show a hard case as JSON, with what was said about it."""
    del as_json  # it is JSON anyway
    print_json(ask_governance(where, "GET", "cases", id))


@case.command(short_help="Publish a hard case.")
@click.argument("id")
@click.option(
    "--kind",
    type=click.Choice(("nudging", "vulnerable", "children", "other")),
    required=True,
    help="What makes it hard.",
)
@click.option("--title", required=True, help="In English.")
@click.option("--question", required=True, help="What is to be decided, and why it is hard.")
@click.option("--title-nl", default="", help="The title in Dutch.")
@click.option("--question-nl", default="", help="The question in Dutch.")
@click.option("--title-ko", default="", help="The title in Korean.")
@click.option("--question-ko", default="", help="The question in Korean.")
@click.option("--open-until", required=True, help="Last day on which arguments are taken.")
@click.option("--project", help="Id of the project that waits for the decision.")
@node_options
def new(*, id: str, as_json: bool, **given: Any) -> None:  # noqa: A002
    """Publish the hard case ID (urn:ngsi-ld:HardCase:<city>:<key>)."""
    title = {code: given.pop(name) for code, name in _by_language("title").items()}
    question = {code: given.pop(name) for code, name in _by_language("question").items()}
    body = {
        "id": id,
        "kind": given.pop("kind"),
        "title": {code: text for code, text in title.items() if text},
        "question": {code: text for code, text in question.items() if text},
        "openUntil": given.pop("open_until"),
        "project": given.pop("project"),
    }
    _tell(ask_governance(given, "POST", "cases", body=body), as_json=as_json)


@case.command(short_help="Say something for or against.")
@click.argument("id")
@click.option("--text", required=True, help="What is said.")
@click.option("--for", "stance", flag_value="for", help="It is for.")
@click.option("--against", "stance", flag_value="against", help="It is against.")
@click.option("--name", default="", help="Who says it; it is shown.")
@node_options
def argue(
    *,
    id: str,  # noqa: A002
    text: str,
    stance: str | None,
    name: str,
    as_json: bool,
    **where: Any,
) -> None:
    """Say something for or against in the hard case ID."""
    body = {"text": text, "stance": stance or "", "name": name}
    made = ask_governance(where, "POST", "cases", id, "arguments", body=body)
    print_json(made) if as_json else click.echo(made["id"])


@case.command(short_help="Show an argument no more.")
@click.argument("id")
@click.argument("argument")
@click.option("--why", required=True, help="Why not; it is shown instead.")
@node_options
def hide(*, id: str, argument: str, why: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Show an ARGUMENT of the hard case ID no more."""
    body = {"why": why}
    made = ask_governance(where, "POST", "cases", id, "arguments", argument, "hiding", body=body)
    print_json(made) if as_json else click.echo(f"{made['id']} is not shown any more.")


@case.command(short_help="Write down what was decided.")
@click.argument("id")
@click.option("--allow/--refuse", "allowed", required=True, help="Whether it may be done.")
@click.option("--text", required=True, help="What was decided, and how arguments were weighed.")
@click.option("--administrator", required=True, help="Name and office of who weighed them.")
@click.option("--council", required=True, help="The decision of the council.")
@click.option("--decision-url", help="Where that is published.")
@node_options
def decide(
    *,
    id: str,  # noqa: A002
    allowed: bool,
    text: str,
    administrator: str,
    council: str,
    decision_url: str | None,
    as_json: bool,
    **where: Any,
) -> None:
    """Write down what was decided in the hard case ID, after it was closed for arguments."""
    body: dict[str, Any] = {
        "allowed": allowed,
        "text": text,
        "administrator": administrator,
        "council": council,
        "url": decision_url,
    }
    _tell(ask_governance(where, "POST", "cases", id, "decision", body=body), as_json=as_json)


def _by_language(name: str) -> dict[str, str]:
    return {"en": name, "nl": f"{name}_nl", "ko": f"{name}_ko"}


def _state(one: dict[str, Any]) -> str:
    if "weighing" in one:
        return "allowed" if one["weighing"]["allowed"] else "refused"
    return f"open until {one['openUntil']}" if one["isOpen"] else "waits for a decision"


def _tell(found: dict[str, Any], *, as_json: bool) -> None:
    print_json(found) if as_json else click.echo(f"{found['id']}: {_state(found)}")
