"""`hanze fair`: stands that cities share at a fair."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from hanze.cli.below import ask_collective
from hanze.cli.governing import said_in
from hanze.cli.options import node_options, read_json
from hanze.cli.output import name_of, print_json, print_table
from hanze.ngsild.model import JsonValue

__all__ = ["fair"]


@click.group()
def fair() -> None:
    """See which cities go to a fair together, and tell your own city's story there."""


@fair.command("list", short_help="List shared stands.")
@click.option("--country", help="Id of the country where the fair is.")
@click.option("--theme", help="Id of a theme.")
@click.option("--city", help="Id of a city that takes part.")
@click.option("--year", type=click.IntRange(1900, 2200), help="Of the fair.")
@node_options
def list_fairs(*, as_json: bool, **given: Any) -> None:
    """List shared stands of all nodes: those of now and soon first."""
    asked = {name: given.pop(name) for name in ("country", "theme", "city", "year")}
    parameters = {name: str(value) for name, value in asked.items() if value}
    found = ask_collective(given, "GET", "fairs", parameters=parameters)["fairs"]
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one["presentation"]["id"],
            said_in(one["presentation"]["title"]),
            one["state"],
            one.get("starts", ""),
            str(one["cities"]),
            str(one["tracks"]),
        )
        for one in found
    ]
    print_table(("id", "title", "state", "starts", "cities", "tracks"), rows)


@fair.command(short_help="Show a shared stand with its programme.")
@click.argument("id")
@click.option("--city", help="Only the sessions of this city (id).")
@node_options
def show(*, id: str, city: str | None, as_json: bool, **where: Any) -> None:  # noqa: A002  # the record's word
    """Show the stand ID: who takes part, and the programme in the time of the fair."""
    found = ask_collective(where, "GET", "fairs", id)
    if as_json:
        print_json(found)
        return
    click.echo(f"{said_in(found['presentation']['title'])}: {found['cities']} cities")
    for story in found["stories"]:
        track = said_in(story.get("track", {}))
        click.echo(f"  {name_of(story['city'])}{f': {track}' if track else ''}")
    rows = [
        (
            one.get("starts") or one.get("day", ""),
            name_of(one["city"]),
            said_in(one["title"]),
            said_in(one.get("room", {})),
        )
        for one in found["programme"]
        if city in (None, one["city"]["id"])
    ]
    print_table(("when", "city", "session", "room"), rows)


@fair.command(short_help="Tell a city's own story.")
@click.argument("id")
@click.argument("city")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@node_options
def story(*, id: str, city: str, file: Path, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Tell the story of CITY (its id) at the stand ID.

    FILE is JSON: track and description by language, projects (ids). It may be -.
    """
    _write(where, id, city, file, "stories", as_json=as_json)


@fair.command(short_help="Add a session to a city's track.")
@click.argument("id")
@click.argument("city")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@node_options
def session(*, id: str, city: str, file: Path, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Add a session to the track of CITY at the stand ID, or put one right.

    FILE is JSON: title, room and speakers by language, starts ("2026-11-04T10:00"), ends, and the
    key of the session where it is there already. It may be -.
    """
    _write(where, id, city, file, "sessions", as_json=as_json)


@fair.command("remove-session", short_help="Take a session out.")
@click.argument("id")
@click.argument("city")
@click.argument("key")
@node_options
def remove_session(*, id: str, city: str, key: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Take the session KEY out of the track of CITY at the stand ID."""
    asked = {"city": city, "key": key}
    found = ask_collective(where, "DELETE", "fairs", id, "sessions", parameters=asked)
    _tell(found, as_json=as_json)


def _write(
    where: Mapping[str, Any], stand: str, city: str, file: Path, path: str, *, as_json: bool
) -> None:
    given = read_json(file)
    if not isinstance(given, dict):
        raise click.BadParameter("must be a JSON object", param_hint="FILE")
    body: dict[str, JsonValue] = {**given, "city": city}
    _tell(ask_collective(where, "POST", "fairs", stand, path, body=body), as_json=as_json)


def _tell(found: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    click.echo(f"{found['id']}: {len(found['sessions'])} sessions ({', '.join(found['sessions'])})")
