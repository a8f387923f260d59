"""`hanze matchday new`: opening a day, with all that its form on the page can say."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import click
import msgspec

from hanze.cli.asking import ask_node
from hanze.cli.cooperation import texts_of
from hanze.cli.options import node_options
from hanze.cli.output import print_json
from hanze.collaboration.gatherings.laying import (
    breaks_from,
    interpreters_from,
    slots_of,
    tables_from,
    tables_of,
    travel_from,
)
from hanze.errors import InvalidInput
from hanze.ngsild.model import JsonValue

__all__ = ["new"]

_DAYS: Final = "/api/v1/matchmaking-days"


@click.command(short_help="Open a day.")
@click.argument("title")
@click.option("--organiser", required=True, help="Id of the city, region or organisation.")
@click.option("--on", required=True, metavar="YYYY-MM-DD", help="The day.")
@click.option("--timezone", default="Europe/Amsterdam", show_default=True, help="IANA name.")
@click.option(
    "--title",
    "titles",
    multiple=True,
    metavar="TEXT",
    help="In other languages, as nl=..., ko=...; may be given several times.",
)
@click.option(
    "--venue",
    "venues",
    multiple=True,
    metavar="TEXT",
    help="Where it is, in English, or as nl=..., ko=...",
)
@click.option("--first", default="09:30", show_default=True, help="When the first meeting starts.")
@click.option("--rounds", type=int, default=7, show_default=True, help="Of meetings.")
@click.option("--minutes", type=int, default=25, show_default=True, help="Of a meeting.")
@click.option("--pause", type=int, default=5, show_default=True, help="Minutes between two.")
@click.option("--break", "breaks", multiple=True, metavar="12:30-13:30", help="Without meetings.")
@click.option("--tables", type=int, default=10, show_default=True, help="How many, at one place.")
@click.option(
    "--place",
    "places",
    multiple=True,
    metavar="PLACE=NUMBER",
    help='Tables at a place, as "Main hall=6"; instead of --tables.',
)
@click.option(
    "--travel",
    multiple=True,
    metavar="PLACES=MINUTES",
    help='Between two places, as "Main hall - Library=10".',
)
@click.option(
    "--interpreter",
    "interpreters",
    multiple=True,
    metavar="KEY=LANGUAGES",
    help='As T1=nl,ko, or with when they cannot: "T1=nl,ko;09:30,13:00-15:00". A number, no name.',
)
@click.option("--across-only/--everybody", default=True, help="Whether only both sides meet.")
@click.option("--most", type=click.IntRange(1, 100), help="At most so many meetings of each.")
@click.option("--register-before", metavar="YYYY-MM-DD", help="Last day for registrations.")
@click.option("--draft", is_flag=True, help="Take no registrations yet.")
@node_options
def new(  # every setting of a day is an option
    *,
    title: str,
    titles: Sequence[str],
    organiser: str,
    on: str,
    timezone: str,
    venues: Sequence[str],
    first: str,
    rounds: int,
    minutes: int,
    pause: int,
    breaks: Sequence[str],
    tables: int,
    places: Sequence[str],
    travel: Sequence[str],
    interpreters: Sequence[str],
    across_only: bool,
    most: int | None,
    register_before: str | None,
    draft: bool,
    as_json: bool,
    **where: Any,
) -> None:
    """Open a day with this TITLE, in English, or as nl=...; times and tables are laid out."""
    body: dict[str, JsonValue] = {
        "title": dict(texts_of((title, *titles))),
        "organiser": organiser,
        "on": on,
        "timezone": timezone,
        "acrossOnly": across_only,
        "open": not draft,
    }
    rows = {"breaks": breaks, "places": places, "travel": travel, "interpreters": interpreters}
    numbers = {"minutes": minutes, "pause": pause, "number": rounds}
    body |= _laid_out(_day(on), first, numbers, tables, rows)
    given: dict[str, JsonValue] = {
        "venue": dict(texts_of(venues)) if venues else None,
        "registerBefore": register_before,
        "mostMeetings": most,
    }
    body |= {name: value for name, value in given.items() if value is not None}
    made = ask_node(where, "POST", _DAYS, body)
    print_json(made) if as_json else click.echo(made["id"])


def _laid_out(
    on: date,
    first: str,
    numbers: Mapping[str, int],
    tables: int,
    rows: Mapping[str, Sequence[str]],
) -> dict[str, JsonValue]:
    try:
        slots = slots_of(on, first=first, **numbers, breaks=breaks_from("\n".join(rows["breaks"])))
        standing = tables_from(_written(rows["places"])) or tables_of(tables)
        travel = travel_from(_written(rows["travel"]), standing)
        interpreters = interpreters_from(_written(rows["interpreters"]), slots)
    except InvalidInput as error:
        raise click.BadParameter(str(error)) from error
    found = {"slots": slots, "tables": standing, "travel": travel, "interpreters": interpreters}
    laid: dict[str, JsonValue] = msgspec.to_builtins(found)
    return laid


def _written(options: Sequence[str]) -> str:
    """Write options as the lines of a form: what stands before the last "=" is the name."""
    return "\n".join(": ".join(one.rsplit("=", 1)) for one in options)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"{text} must be a day", param_hint="--on") from error
