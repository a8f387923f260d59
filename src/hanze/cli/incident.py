"""`hanze incident`: incidents, data breaches and drills; `hanze security`: what waits."""

from typing import Any

import click

from hanze.cli.governing import ask_governance, said_in
from hanze.cli.options import node_options
from hanze.cli.output import print_json, print_table

__all__ = ["incident", "security"]

_ID = click.argument("id")


@click.command()
@node_options
def security(*, as_json: bool, **where: Any) -> None:
    """List what waits for the security officer, what is late first."""
    found = ask_governance(where, "GET", "security", "worklist")
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one["kind"],
            one.get("about", ""),
            said_in(one.get("name", {})),
            "late" if one.get("late") else one.get("due", ""),
        )
        for one in found["items"]
    ]
    print_table(("what", "about", "name", "until"), rows)
    state = found.get("verified", {}).get("state")
    if state is not None:
        click.echo(
            "The log is whole." if state["whole"] else f"The log is broken: {state['detail']}"
        )


@click.group()
def incident() -> None:
    """Report incidents, keep the clock of data breaches, and practise both."""


@incident.command("list", short_help="List incidents and drills.")
@node_options
def list_incidents(*, as_json: bool, **where: Any) -> None:
    """List incidents and drills, and what other nodes told of theirs."""
    found = ask_governance(where, "GET", "incidents")
    if as_json:
        print_json(found)
        return
    rows = [(one["id"], one["knownAt"], _state(one), one["title"]) for one in found["incidents"]]
    rows += [(one["id"], one["at"], "heard", one["title"]) for one in found.get("heard", ())]
    print_table(("id", "known", "state", "title"), rows)


@incident.command(short_help="Show an incident as JSON.")
@_ID
@node_options
def show(*, id: str, as_json: bool, **where: Any) -> None:  # noqa: A002  # the record's word
    """Show the incident ID as JSON, with its clock."""
    del as_json  # it is JSON anyway
    print_json(ask_governance(where, "GET", "incidents", id))


@incident.command(short_help="Report an incident.")
@click.option("--title", required=True, help="What happened, in a line.")
@click.option("--description", required=True, help="The same at length; nobody's data.")
@click.option("--known-at", default="", help="When it became known, as DateTime; else now.")
@click.option("--personal", is_flag=True, help="Data about people is concerned: 72 hours run.")
@click.option("--drill", is_flag=True, help="It is only practised.")
@node_options
def report(*, as_json: bool, known_at: str, **given: Any) -> None:
    """Report an incident, a data breach or a drill."""
    body = {name: given.pop(name) for name in ("title", "description", "personal", "drill")}
    _tell(
        ask_governance(given, "POST", "incidents", body={**body, "knownAt": known_at}),
        as_json=as_json,
    )


@incident.command(short_help="Add what was found or done.")
@_ID
@click.option("--text", required=True, help="What was found or done.")
@node_options
def note(*, id: str, text: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Add to the incident ID what was found or done."""
    _step(where, id, "notes", {"text": text}, as_json=as_json)


@incident.command(short_help="Say what a breach may do to people.")
@_ID
@click.option(
    "--risk",
    type=click.Choice(("unknown", "unlikely", "some", "high")),
    required=True,
    help="unlikely: nobody is notified; some: the supervisory authority; high: the people, too.",
)
@click.option("--people", type=click.IntRange(0), help="About how many people it is about.")
@click.option("--why", required=True, help="Why the risk is that.")
@node_options
def risk(
    *,
    id: str,  # noqa: A002
    risk: str,
    people: int | None,
    why: str,
    as_json: bool,
    **where: Any,
) -> None:
    """Say what the data breach ID may do to people."""
    _step(where, id, "risk", {"risk": risk, "people": people, "why": why}, as_json=as_json)


@incident.command(short_help="The supervisory authority was notified.")
@_ID
@click.option("--reference", required=True, help="Under which the authority knows it.")
@click.option("--at", default="", help="When, as DateTime; else now.")
@click.option("--why-late", default="", help="Where it was later than 72 hours.")
@node_options
def notice(
    *,
    id: str,  # noqa: A002
    reference: str,
    at: str,
    why_late: str,
    as_json: bool,
    **where: Any,
) -> None:
    """Write down that the supervisory authority was notified of the data breach ID."""
    body = {"reference": reference, "at": at, "whyLate": why_late}
    _step(where, id, "notice", body, as_json=as_json)


@incident.command(short_help="Tell the people whose data it is.")
@_ID
@click.option(
    "--text", required=True, help="What they are told, in English; everybody may read it."
)
@click.option("--text-nl", default="", help="The same in Dutch.")
@click.option("--text-ko", default="", help="The same in Korean.")
@click.option("--how", required=True, help="Letters, mail, a publication.")
@node_options
def tell(
    *,
    id: str,  # noqa: A002
    text: str,
    text_nl: str,
    text_ko: str,
    how: str,
    as_json: bool,
    **where: Any,
) -> None:
    """Tell the people whose data the breach ID is about, and write down what."""
    said = {"en": text, "nl": text_nl, "ko": text_ko}
    body = {"text": {code: one for code, one in said.items() if one}, "how": how}
    _step(where, id, "telling", body, as_json=as_json)


@incident.command(short_help="Tell other members of the league.")
@_ID
@click.option("--text", required=True, help="What they should know, and do; nobody's data.")
@node_options
def share(*, id: str, text: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Tell the members of the league that were not told of the incident ID yet."""
    _step(where, id, "sharing", {"text": text}, as_json=as_json)


@incident.command(short_help="Close an incident.")
@_ID
@click.option("--lessons", required=True, help="What is done so that it does not happen again.")
@node_options
def close(*, id: str, lessons: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Close the incident ID, with what was learnt."""
    _step(where, id, "closing", {"lessons": lessons}, as_json=as_json)


def _step(where: Any, id: str, step: str, body: Any, *, as_json: bool) -> None:  # noqa: A002
    _tell(ask_governance(where, "POST", "incidents", id, step, body=body), as_json=as_json)


def _state(one: dict[str, Any]) -> str:
    if "closing" in one:
        return "closed"
    clock = one.get("clock")
    if clock is None or not clock["runs"]:
        return "open"
    return "late" if clock["late"] else f"{clock['hours']} hours left"


def _tell(found: dict[str, Any], *, as_json: bool) -> None:
    print_json(found) if as_json else click.echo(f"{found['id']}: {_state(found)}")
