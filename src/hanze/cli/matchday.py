"""`hanze matchday`: days on which people of two sides meet."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import click

from hanze.cli.asking import ask_node, open_node_api, quoted, send
from hanze.cli.governing import said_in
from hanze.cli.matchday_opening import new
from hanze.cli.options import language_option, node_options
from hanze.cli.output import print_json, print_table
from hanze.ngsild.model import JsonValue

__all__ = ["matchday"]

_DAYS: Final = "/api/v1/matchmaking-days"
_GUESTS: Final = "/api/v1/participations"
_STATUSES: Final = ("draft", "open", "planned", "over", "cancelled")


_time_limit_option = click.option(
    "--time-limit",
    type=click.FloatRange(0.1, 60),
    default=20.0,
    show_default=True,
    help="Seconds for the solver.",
)


@click.group()
def matchday() -> None:
    """Plan days on which cities and companies of two countries meet at tables."""


matchday.add_command(new)


@matchday.command("list")
@click.option("--country", help="Id of the country of the organiser.")
@click.option("--party", help="Id of who organises it or takes part.")
@click.option("--status", type=click.Choice(_STATUSES), help="Only days of this status.")
@node_options
def list_days(
    *, country: str | None, party: str | None, status: str | None, as_json: bool, **where: Any
) -> None:
    """List the days of all nodes, the next one first."""
    asked = {"country": country, "party": party, "status": status}
    found = ask_node(where, "GET", _DAYS, parameters=asked)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            *(one["id"], said_in(one["title"]), one["on"], one["status"]),
            *(str(one["participants"]), str(one["meetings"])),
        )
        for one in found.get("days", ())
    ]
    print_table(("id", "title", "day", "status", "participants", "meetings"), rows)


@matchday.command(short_help="Show a day and its plan.")
@click.argument("day")
@node_options
def show(*, day: str, as_json: bool, **where: Any) -> None:
    """Show the DAY: who takes part, the plan, and what could not be planned."""
    found = ask_node(where, "GET", f"{_DAYS}/{quoted(day)}")
    if as_json:
        print_json(found)
        return
    click.echo(f"{said_in(found['title'])}, {found['on']} ({found['timezone']}): {found['status']}")
    names = _names(found)
    rows = [
        (
            *(one["starts"][11:], one["table"], names[one["one"]], names[one["other"]]),
            one.get("interpreter", ""),
        )
        for one in found.get("plan", ())
    ]
    print_table(("time", "table", "one", "other", "interpreter"), rows)
    _tell_missing(found, names)
    if found.get("faults"):
        click.echo("The plan does not hold any more; `hanze matchday replan` makes the next.")


@matchday.command("status", short_help="Open, call off or close a day.")
@click.argument("day")
@click.argument("status", type=click.Choice(_STATUSES))
@node_options
def set_status(*, day: str, status: str, as_json: bool, **where: Any) -> None:
    """Take the DAY to another STATUS."""
    made = ask_node(where, "POST", f"{_DAYS}/{quoted(day)}/status", {"status": status})
    print_json(made) if as_json else click.echo(f"{day} is {made['status']}.")


@matchday.command(short_help="Register a party.")
@click.argument("day")
@click.argument("party")
@click.option("--language", "languages", multiple=True, help="Spoken; may be given several times.")
@click.option("--offers", help="What others can learn or buy.")
@click.option("--seeks", help="What they look for.")
@click.option("--in", "tongue", default="en", show_default=True, help="Language of these texts.")
@click.option(
    "--side",
    type=click.Choice(("home", "guest")),
    help="Host or guest; without it, it follows from the country.",
)
@click.option("--number", type=int, default=1, show_default=True, help="Which delegate.")
@click.option("--away", multiple=True, metavar="KEY", help="A slot in which they cannot.")
@click.option("--most", type=click.IntRange(1, 100), help="At most so many meetings.")
@click.option("--contact", metavar="ID", help="Of the party: a desk, or who agreed to be named.")
@node_options
def join(
    *,
    day: str,
    party: str,
    languages: Sequence[str],
    offers: str | None,
    seeks: str | None,
    tongue: str,
    side: str | None,
    number: int,
    away: Sequence[str],
    most: int | None,
    contact: str | None,
    as_json: bool,
    **where: Any,
) -> None:
    """Register the PARTY (id) for the DAY, on the party's own node."""
    body: dict[str, JsonValue] = {"party": party, "languages": list(languages), "number": number}
    texts = {"offers": offers, "seeks": seeks}
    body |= {name: {tongue: text} for name, text in texts.items() if text}
    more: dict[str, JsonValue] = {"side": side, "mostMeetings": most, "contact": contact}
    body |= {name: value for name, value in more.items() if value is not None}
    body["away"] = list(away)
    made = ask_node(where, "POST", f"{_DAYS}/{quoted(day)}/participations", body)
    print_json(made) if as_json else click.echo(made["id"])


@matchday.command(short_help="Ask to meet somebody.")
@click.argument("own")
@click.argument("other")
@click.option(
    "--interest",
    type=click.IntRange(0, 5),
    default=3,
    show_default=True,
    help="5 is most of all; 0 takes it back.",
)
@click.option("--why", help="In words (English).")
@node_options
def ask(
    *, own: str, other: str, interest: int, why: str | None, as_json: bool, **where: Any
) -> None:
    """Ask, as the participation OWN, to meet the participation OTHER; interest 0 takes it back."""
    body: dict[str, JsonValue] = {"participation": other, "interest": interest}
    if why:
        body["why"] = {"en": why}
    _told(where, own, "requests", body, as_json=as_json)


@matchday.command(short_help="Say whom not to meet.")
@click.argument("own")
@click.argument("other")
@node_options
def refuse(*, own: str, other: str, as_json: bool, **where: Any) -> None:
    """Say, as the participation OWN, that the participation OTHER is not to be met."""
    _told(where, own, "refusals", {"participation": other}, as_json=as_json)


@matchday.command(short_help="Withdraw.")
@click.argument("own")
@node_options
def withdraw(*, own: str, as_json: bool, **where: Any) -> None:
    """Withdraw the participation OWN."""
    _told(where, own, "withdrawal", None, as_json=as_json)


@matchday.command(short_help="Propose whom to ask for.")
@click.argument("own")
@click.option(
    "--limit",
    type=click.IntRange(1, 100),
    default=10,
    show_default=True,
    help="At most so many.",
)
@language_option("names and reasons")
@node_options
def propose(*, own: str, limit: int, language: str, as_json: bool, **where: Any) -> None:
    """Propose whom the participation OWN could ask for, with the reasons."""
    path = f"{_GUESTS}/{quoted(own)}/proposals"
    found = ask_node(where, "GET", path, parameters={"limit": str(limit)})
    if as_json:
        print_json(found)
        return
    rows = []
    for one in found["proposals"]:
        party = one["party"]
        name = party.get("title", {}).get(language) or said_in(party.get("title", {}))
        because = one["reasons"].get(language, "").partition("\n")[0]
        rows.append((f"{one['score']:.0%}", name or party["id"], because, one["participation"]))
    print_table(("fits", "who", "because", "id"), rows)


@matchday.command(short_help="Plan a day.")
@click.argument("day")
@click.option("--greedy", is_flag=True, help="Quick, without the solver, and not the best.")
@_time_limit_option
@node_options
def plan(*, day: str, greedy: bool, time_limit: float, as_json: bool, **where: Any) -> None:
    """Plan the DAY: who meets whom, when, at which table, with which interpreter."""
    body: dict[str, JsonValue] = {"greedy": greedy, "timeLimitS": time_limit, "afresh": True}
    _make_plan(where, day, body, as_json=as_json)


@matchday.command(short_help="Plan a day again.")
@click.argument("day")
@click.option("--interpreter-away", multiple=True, metavar="KEY", help="Who cannot come.")
@click.option("--slot", "slots", multiple=True, metavar="KEY", help="Only then; else all day.")
@click.option("--table-gone", multiple=True, metavar="KEY", help="A table that is gone.")
@click.option("--absent", multiple=True, metavar="ID", help="A participation that does not come.")
@click.option("--back", multiple=True, metavar="ID", help="One that comes after all.")
@_time_limit_option
@node_options
def replan(
    *,
    day: str,
    interpreter_away: Sequence[str],
    slots: Sequence[str],
    table_gone: Sequence[str],
    absent: Sequence[str],
    back: Sequence[str],
    time_limit: float,
    as_json: bool,
    **where: Any,
) -> None:
    """Plan the DAY again after something changed; as few as possible have to move."""
    body: dict[str, JsonValue] = {
        "interpretersAway": list(interpreter_away),
        "slots": list(slots),
        "tablesGone": list(table_gone),
        "absent": list(absent),
        "back": list(back),
        "timeLimitS": time_limit,
    }
    _make_plan(where, day, body, as_json=as_json)


@matchday.command(short_help="Write a calendar or a list.")
@click.argument("record")
@click.option(
    "--format",
    "ending",
    type=click.Choice(("ics", "csv")),
    default="ics",
    show_default=True,
    help="A calendar, or a list for spreadsheets.",
)
@language_option("names")
@node_options
def calendar(*, record: str, ending: str, language: str, as_json: bool, **where: Any) -> None:
    """Write the meetings of a day or participation (RECORD, its id) to standard output.

    ICS is what calendars read (RFC 5545); CSV is for spreadsheets. `--json` wraps the text.
    """
    below = _GUESTS if ":Participation:" in record else _DAYS
    name = "calendar.ics" if ending == "ics" else "plan.csv"
    text = _fetched(where, f"{below}/{quoted(record)}/{name}", language)
    print_json({"format": ending, "text": text}) if as_json else click.echo(text, nl=False)


def _fetched(where: Mapping[str, Any], path: str, language: str) -> str:
    async def fetch() -> str:
        async with open_node_api(where) as client:
            answer = await send(client, "GET", path, parameters={"language": language})
            return answer.text

    return asyncio.run(fetch())


def _told(where: Mapping[str, Any], own: str, what: str, body: JsonValue, *, as_json: bool) -> None:
    made = ask_node(where, "POST", f"{_GUESTS}/{quoted(own)}/{what}", body)
    if as_json:
        print_json(made)
        return
    click.echo(f"{said_in(made['name'])}: {made['status']}, {len(made.get('requests', ()))} asked")


def _make_plan(where: Mapping[str, Any], day: str, body: JsonValue, *, as_json: bool) -> None:
    path = f"{_DAYS}/{quoted(day)}"
    made = ask_node(where, "POST", f"{path}/plan", body)
    if as_json:
        print_json(made)
        return
    proof = "no plan is better" if made["proven"] else f"at most {made['gap']:.1%} could be better"
    click.echo(f"Plan {made['round']}: {made['meetings']} meetings; {proof}.")
    for one in made["changes"]:
        click.echo(said_in(one["text"]))
    found = ask_node(where, "GET", path)
    _tell_missing(found, _names(found))


def _names(found: Mapping[str, Any]) -> Mapping[str, str]:
    names = {one["id"]: said_in(one["name"]) for one in found.get("participants", ())}
    named = {key: key for one in found.get("plan", ()) for key in (one["one"], one["other"])}
    return named | names


def _tell_missing(found: Mapping[str, Any], names: Mapping[str, str]) -> None:
    for one in found.get("unplanned", ()):
        pair = " and ".join(names.get(one[key], one[key]) for key in ("one", "other"))
        click.echo(f"Not planned: {pair}: {said_in(one['text'])}", err=True)
    if found.get("without"):
        lacking = ", ".join(names.get(key, key) for key in found["without"])
        click.echo(f"Without a meeting: {lacking}", err=True)
