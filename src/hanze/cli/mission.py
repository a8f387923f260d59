"""`hanze mission`: the calendar of missions, and one mission with its programme."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from hanze.cli.asking import ask_node, open_node_api, quoted, send
from hanze.cli.options import language_option, node_options, read_json
from hanze.cli.output import name_of, print_json, print_table
from hanze.cli.stale import kept_by, tell_stale
from hanze.collaboration.missions.calendar import OUTING_KINDS
from hanze.collaboration.records.missions import MISSION_DIRECTIONS, MISSION_STATUSES
from hanze.collaboration.records.record import text_of
from hanze.ngsild.model import JsonValue

__all__ = ["mission"]

_ROOT = "/api/v1/missions"
_CALENDAR = "/api/v1/mission-calendar"
_language_option = language_option("titles")


@click.group()
def mission() -> None:
    """See who travels where and when, and make programmes for delegations."""


@mission.command("list")
@click.option("--direction", type=click.Choice(MISSION_DIRECTIONS), help="Out, or in.")
@click.option("--status", type=click.Choice(MISSION_STATUSES), help="How it stands.")
@click.option("--country", help="That it goes to or comes from (id).")
@click.option("--theme", help="That it is about (id).")
@click.option("--organiser", help="Who sends or receives it (id).")
@_language_option
@node_options
def list_missions(*, language: str, as_json: bool, **where: Any) -> None:
    """List the missions of all nodes of the league, the latest first."""
    names = ("direction", "status", "country", "theme", "organiser")
    asked = {name: where.pop(name) for name in names}
    answer = ask_node(where, "GET", _ROOT, parameters=asked)
    if as_json:
        print_json(answer)
        return
    rows = [
        (
            _days(one),
            text_of(one["record"]["title"], language) + kept_by(one.get("home")),
            one["direction"],
            one["status"],
            name_of(one["organiser"], language),
            name_of(one["country"], language),
            one["record"]["id"],
        )
        for one in answer["missions"]
    ]
    print_table(("days", "mission", "direction", "status", "organiser", "country", "id"), rows)
    tell_stale(answer)


@mission.command(short_help="Show a mission.")
@click.argument("id")
@_language_option
@node_options
def show(*, id: str, language: str, as_json: bool, **where: Any) -> None:  # noqa: A002  # the record's word
    """Show the mission ID: who goes where and why, and whether others may join."""
    found = ask_node(where, "GET", f"{_ROOT}/{quoted(id)}")
    if as_json:
        print_json(found)
        return
    click.echo(text_of(found["title"], language) + kept_by(found.get("home")))
    click.echo(f"{_days(found)}  {found['direction']}, {found['status']}")
    click.echo(f"{name_of(found['organiser'], language)} - {name_of(found['country'], language)}")
    goal = text_of(found.get("goal", {}), language)
    if goal:
        click.echo(goal)
    rows = [
        (
            str(one["people"]),
            text_of(one["role"], language),
            name_of(one["organization"], language) if "organization" in one else "",
            "leads" if one["leads"] else "",
        )
        for one in found["delegates"]
    ]
    print_table(("people", "role", "organisation", ""), rows)
    joining = found["joining"]
    until = f" until {joining['until']}" if "until" in joining else ""
    places = f", {joining['places']} places left" if "places" in joining else ""
    click.echo(f"Joining: {joining['state']}{until}{places}.", err=True)


@mission.command(short_help="Record a mission.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@node_options
def new(*, file: Path, as_json: bool, **where: Any) -> None:
    """Record a mission that is planned; FILE is JSON as the API takes it (`docs/missions.md`)."""
    found = ask_node(where, "POST", _ROOT, read_json(file))
    print_json(found) if as_json else click.echo(found["id"])


@mission.command(short_help="Move a mission to other days.")
@click.argument("id")
@click.option("--starts", required=True, metavar="YYYY-MM-DD", help="The new first day.")
@click.option("--ends", metavar="YYYY-MM-DD", help="The new last day; else it takes as long.")
@click.option("--leave-programme", is_flag=True, help="Leave the programme on its days.")
@_language_option
@node_options
def move(
    *,
    id: str,  # noqa: A002
    starts: str,
    ends: str | None,
    leave_programme: bool,
    language: str,
    as_json: bool,
    **where: Any,
) -> None:
    """Move the mission ID, its programme and the last day for registrations to other days."""
    body: dict[str, JsonValue] = {"starts": starts, "programme": not leave_programme}
    body |= {"ends": ends} if ends else {}
    found = ask_node(where, "POST", f"{_ROOT}/{quoted(id)}/move", body)
    if as_json:
        print_json(found)
        return
    click.echo(f"{text_of(found['title'], language)}: {_days(found)}")
    if found["programme"]:
        _print_programme(found, language)


@mission.command(short_help="Show the programme of a mission.")
@click.argument("id")
@click.option("--ics", is_flag=True, help="As an iCalendar file.")
@_language_option
@node_options
def programme(*, id: str, ics: bool, language: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Show the programme of the mission ID, in the time of its place and in that of home."""
    path = f"{_ROOT}/{quoted(id)}"
    if ics:
        click.echo(_text(where, f"{path}/programme.ics", {"language": language}), nl=False)
        return
    found = ask_node(where, "GET", path)
    print_json(found["programme"]) if as_json else _print_programme(found, language)


@mission.command(short_help="Put an item into a programme.")
@click.argument("id")
@click.argument("key")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@node_options
def put(*, id: str, key: str, file: Path, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Add an item to the programme of the mission ID, or replace the one with this KEY.

    FILE is JSON: kind, title, starts ("2025-03-06T10:00"), ends, place, hosts and so on.
    """
    path = f"{_ROOT}/{quoted(id)}/programme/{quoted(key)}"
    found = ask_node(where, "PUT", path, read_json(file))
    print_json(found["programme"]) if as_json else _print_programme(found, "en")


@mission.command(short_help="Take an item out of a programme.")
@click.argument("id")
@click.argument("key")
@node_options
def drop(*, id: str, key: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Take the item KEY out of the programme of the mission ID."""
    found = ask_node(where, "DELETE", f"{_ROOT}/{quoted(id)}/programme/{quoted(key)}")
    print_json(found["programme"]) if as_json else _print_programme(found, "en")


@mission.command(short_help="Confirm proposals.")
@click.argument("id")
@click.argument("keys", nargs=-1, required=True)
@node_options
def confirm(*, id: str, keys: Sequence[str], as_json: bool, **where: Any) -> None:  # noqa: A002
    """Confirm the proposals KEYS of the programme of the mission ID."""
    path = f"{_ROOT}/{quoted(id)}/programme/confirmations"
    found = ask_node(where, "POST", path, {"keys": list(keys)})
    print_json(found["programme"]) if as_json else _print_programme(found, "en")


@mission.command(short_help="Propose a programme.")
@click.argument("id")
@click.option("--keep", is_flag=True, help="Put it into the programme, to be confirmed.")
@_language_option
@node_options
def propose(*, id: str, keep: bool, language: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Propose whom the delegation of the mission ID should meet, and when.

    Without --keep nothing is changed.
    """
    path = f"{_ROOT}/{quoted(id)}/proposal"
    if keep:
        found = ask_node(where, "POST", path, {})
        print_json(found["programme"]) if as_json else _print_programme(found, language)
        return
    found = ask_node(where, "GET", path)
    if as_json:
        print_json(found)
        return
    rows = [
        (one.get("starts", ""), one.get("ends", "")[11:], text_of(one["title"], language))
        for one in found["items"]
    ]
    print_table(("starts", "ends", "what"), rows)
    for one in found["candidates"]:
        why = text_of(one["reasons"], language).partition("\n")[0]
        click.echo(f"{one['score']:.0%} {name_of(one['host'], language)}: {why}", err=True)


@mission.command(short_help="Show the calendar of missions and events.")
@click.option("--starts", help="First day; else today.")
@click.option("--ends", help="Last day; else a year later.")
@click.option("--country", help="Where it is, or who travels (id).")
@click.option("--theme", help="That it is about (id).")
@click.option("--party", help="Who holds or joins it (id).")
@click.option("--kind", type=click.Choice(OUTING_KINDS), help="What it is.")
@click.option(
    "--near-days",
    type=click.IntRange(0, 365),
    help="Within how many days missions are near each other; 21 by default.",
)
@click.option("--ics", is_flag=True, help="As an iCalendar file.")
@_language_option
@node_options
def calendar(
    *, near_days: int | None, ics: bool, language: str, as_json: bool, **where: Any
) -> None:
    """Show missions, fairs and events of all nodes; clashes are told on standard error."""
    names = ("starts", "ends", "country", "theme", "party", "kind")
    asked = {name: where.pop(name) for name in names} | {"language": language}
    asked["nearDays"] = None if near_days is None else str(near_days)
    if ics:
        click.echo(_text(where, f"{_CALENDAR}.ics", asked), nl=False)
        return
    answer = ask_node(where, "GET", _CALENDAR, parameters=asked)
    if as_json:
        print_json(answer)
        return
    titles = {
        one["record"]["id"]: text_of(one["record"]["title"], language) for one in answer["entries"]
    }
    rows = [
        (
            _days(one),
            titles[one["record"]["id"]] + kept_by(one.get("home")),
            one["kind"],
            name_of(one["place"], language) if "place" in one else "",
            one["record"]["id"],
        )
        for one in answer["entries"]
    ]
    print_table(("days", "what", "kind", "country", "id"), rows)
    for flag in answer["flags"]:
        text = text_of(flag["text"], language)
        click.echo(f"{text}: {titles[flag['one']]}; {titles[flag['other']]}", err=True)
    tell_stale(answer)


def _text(where: Mapping[str, Any], path: str, parameters: Mapping[str, str | None]) -> str:
    async def ask() -> str:
        async with open_node_api(where) as client:
            return (await send(client, "GET", path, parameters=parameters)).text

    return asyncio.run(ask())


def _print_programme(found: Mapping[str, Any], language: str) -> None:
    rows = [
        (
            one["key"],
            _moment(one, "starts", "ends") or one.get("day", ""),
            _moment(one, "homeStarts", "homeEnds"),
            text_of(one["title"], language),
            one["kind"],
            "proposed" if one["proposed"] else "",
        )
        for one in found["programme"]
    ]
    columns = ("key", found["timezone"], found["homeTimezone"], "what", "kind", "")
    print_table(columns, rows)


def _moment(one: Mapping[str, Any], starts: str, ends: str) -> str:
    """Write a time as clocks show it: "2025-03-06 10:00-11:30"."""
    if starts not in one:
        return ""
    until = f"-{one[ends][11:16]}" if ends in one else ""
    return f"{one[starts][:16].replace('T', ' ')}{until}"


def _days(one: Mapping[str, Any]) -> str:
    if not one["daysKnown"]:
        first, last = one["starts"][:7], one["ends"][:7]
        return first if first == last else f"{first} to {last}"
    return one["starts"] if one["starts"] == one["ends"] else f"{one['starts']} to {one['ends']}"
