"""`hanze insight`: what is usual, what deviates, and which light is proposed."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import click
import msgspec

from hanze.cli.asking import ask_json, open_api, send
from hanze.cli.options import (
    data_option,
    json_option,
    language_option,
    token_file_option,
    url_option,
)
from hanze.cli.output import print_json, print_table
from hanze.ngsild.model import JsonValue

__all__ = ["insight"]

_PATH = "/api/v1/insight"
_language_option = language_option("reasons")


class _Period(msgspec.Struct, frozen=True):
    start: str
    value: float | None = None
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    verdict: str = "unknown"


class _Week(msgspec.Struct, frozen=True):
    periods: list[_Period]
    timezone: str


class _Member(msgspec.Struct, frozen=True):
    entity: str
    attribute: str
    role: str = "other"


class _Watch(msgspec.Struct, frozen=True):
    name: str
    members: list[_Member]
    title: str = ""


class _Watches(msgspec.Struct, frozen=True):
    watches: list[_Watch]


class _Seen(msgspec.Struct, frozen=True):
    verdict: str
    reasons: Mapping[str, str]
    alert: str | None = None


class _Proposal(msgspec.Struct, frozen=True):
    id: str
    scenario: str
    status: str
    place: str


class _Proposals(msgspec.Struct, frozen=True):
    proposals: list[_Proposal]


@click.group()
def insight() -> None:
    """See what is usual for an attribute, watch for what is not, decide on proposals."""


@insight.command()
@click.argument("entity")
@click.argument("attribute")
@click.option("--start", help="From when on (DateTime in UTC); a day before the end by default.")
@click.option("--end", help="Until when; now by default.")
@click.option(
    "--period",
    type=click.IntRange(5, 60),
    default=30,
    show_default=True,
    help="Minutes of a period.",
)
@url_option
@data_option
@json_option
def usual(
    *,
    entity: str,
    attribute: str,
    start: str | None,
    end: str | None,
    period: int,
    url: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Compare ATTRIBUTE of ENTITY (its id) with its usual week."""
    wanted = {"id": entity, "attribute": attribute, "periodMinutes": str(period)}
    wanted |= {name: value for name, value in (("start", start), ("end", end)) if value}
    answer = asyncio.run(_ask(url, data, "GET", "/usual", parameters=wanted))
    if as_json:
        print_json(answer)
        return
    week = msgspec.convert(answer, _Week)
    print_table(
        ("From (UTC)", "Measured", "Usual", "Usual range", "Verdict"),
        [
            (
                one.start,
                _number(one.value),
                _number(one.expected),
                "" if one.low is None else f"{_number(one.low)} to {_number(one.high)}",
                one.verdict,
            )
            for one in week.periods
        ],
    )
    if all(one.value is None and one.expected is None for one in week.periods):
        click.echo(
            f"The history has no number of {attribute} here; `hanze history stats` and the page of "
            "the entity show what there is.",
            err=True,
        )


@insight.command(short_help="Watch attributes; what differs for hours becomes an alert.")
@click.argument("name")
@click.option(
    "--member",
    "members",
    multiple=True,
    required=True,
    metavar="ENTITY ATTRIBUTE ROLE",
    type=(str, str, str),
    help="An attribute, and what it says of the place: people, sound, parking, traffic, air, "
    "weather or other. Several make a place.",
)
@click.option("--title", default="", help="For people.")
@click.option("--place", default="", help="Id of the entity that stands for the place.")
@click.option(
    "--period",
    type=click.IntRange(5, 60),
    default=30,
    show_default=True,
    help="Minutes of a period.",
)
@click.option(
    "--persist",
    type=click.IntRange(5, 2_880),
    default=180,
    show_default=True,
    help="Minutes to an alert.",
)
@click.option("--scenarios", is_flag=True, help="Propose light scenarios.")
@token_file_option
@url_option
@data_option
@json_option
def watch(
    *,
    name: str,
    members: Sequence[tuple[str, str, str]],
    title: str,
    place: str,
    period: int,
    persist: int,
    scenarios: bool,
    token_file: Path | None,
    url: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Watch attributes under NAME: a deviation that persists becomes an Alert entity."""
    body: dict[str, JsonValue] = {
        "name": name,
        "title": title,
        "place": place,
        "periodMinutes": period,
        "persistMinutes": persist,
        "scenarios": scenarios,
        "members": [
            {"entity": entity, "attribute": attribute, "role": role}
            for entity, attribute, role in members
        ],
    }
    asyncio.run(_ask(url, data, "POST", "/watches", body=body, token_file=token_file))
    if as_json:
        print_json({"watching": name})
    else:
        click.echo(f"Watching {name}. `hanze insight show {name}` tells what it sees.")


@insight.command()
@url_option
@data_option
@json_option
def watches(*, url: str | None, data: Path, as_json: bool) -> None:
    """List what is watched."""
    answer = asyncio.run(_ask(url, data, "GET", "/watches"))
    if as_json:
        print_json(answer)
        return
    found = msgspec.convert(answer, _Watches).watches
    if not found:
        click.echo("Nothing is watched; `hanze insight watch --help` tells how to begin.")
        return
    from hanze.ngsild.vocabulary import HANZE  # noqa: PLC0415  # not for --help

    print_table(
        ("Name", "Title", "Members"),
        [
            (
                one.name,
                one.title,
                ", ".join(f"{HANZE.compact_name(m.attribute)} of {m.entity}" for m in one.members),
            )
            for one in found
        ],
    )


@insight.command()
@click.argument("name")
@_language_option
@url_option
@data_option
@json_option
def show(*, name: str, language: str, url: str | None, data: Path, as_json: bool) -> None:
    """Show what watch NAME sees now, with its reasons."""
    answer = asyncio.run(_ask(url, data, "GET", f"/watches/{quote(name, safe='')}"))
    if as_json:
        print_json(answer)
        return
    seen = msgspec.convert(answer, _Seen)
    click.echo(f"{name}: {seen.verdict}" + (f" (alert {seen.alert})" if seen.alert else ""))
    click.echo(seen.reasons.get(language, ""))


@insight.command()
@click.argument("name")
@token_file_option
@url_option
@data_option
@json_option
def unwatch(
    *, name: str, token_file: Path | None, url: str | None, data: Path, as_json: bool
) -> None:
    """Stop watch NAME; its open alert ends."""
    path = f"/watches/{quote(name, safe='')}"
    asyncio.run(_ask(url, data, "DELETE", path, token_file=token_file))
    print_json({"unwatched": name}) if as_json else click.echo(f"Watch {name} is gone.")


@insight.command()
@url_option
@data_option
@json_option
def proposals(*, url: str | None, data: Path, as_json: bool) -> None:
    """List light scenarios that are or were proposed."""
    answer = asyncio.run(_ask(url, data, "GET", "/proposals"))
    if as_json:
        print_json(answer)
        return
    found = msgspec.convert(answer, _Proposals).proposals
    if not found:
        click.echo("Nothing is proposed.")
        return
    print_table(
        ("Proposal", "Scenario", "Status", "Place"),
        [(one.id, one.scenario, one.status, one.place) for one in found],
    )


@insight.command(short_help="Note what was decided on a proposal.")
@click.argument("proposal")
@click.argument("decision", type=click.Choice(("confirmed", "declined")))
@token_file_option
@url_option
@data_option
@json_option
def decide(
    *,
    proposal: str,
    decision: str,
    token_file: Path | None,
    url: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Note the DECISION on PROPOSAL (its id): nothing is switched by it."""
    path = f"/proposals/{quote(proposal, safe='')}/decision"
    body: dict[str, JsonValue] = {"decision": decision}
    asyncio.run(_ask(url, data, "POST", path, body=body, token_file=token_file))
    if as_json:
        print_json({"proposal": proposal, "decision": decision})
    else:
        click.echo(f"{proposal} is {decision}.")


async def _ask(
    url: str | None,
    data: Path,
    method: str,
    path: str,
    *,
    parameters: Mapping[str, str] | None = None,
    body: JsonValue = None,
    token_file: Path | None = None,
) -> JsonValue:
    async with open_api(url, data, token_file=token_file, writes=method != "GET") as client:
        if method == "GET":
            return await ask_json(client, method, _PATH + path, parameters=parameters)
        await send(client, method, _PATH + path, body=body)
        return None


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.4g}"
