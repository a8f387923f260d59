"""`hanze match`: who fits whom, and whole programmes of matches."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import msgspec

from hanze.cli.asking import ask_json, open_api
from hanze.cli.options import data_option, json_option, language_option, url_option
from hanze.cli.output import print_json, print_table
from hanze.cli.stale import tell_stale
from hanze.collaboration.matching.criteria import KINDS
from hanze.errors import ConfigurationError
from hanze.ngsild.model import JsonValue

__all__ = ["match"]

_PROGRAMME = "/api/v1/matching/programme"

_kind_option = click.option(
    "--kind",
    type=click.Choice(tuple(KINDS)),
    default="demand-solution",
    show_default=True,
    help="What is matched with what.",
)
_weight_option = click.option(
    "--weight",
    "weights",
    multiple=True,
    metavar="CRITERION=NUMBER",
    help="Weight of a criterion, instead of its own; may be given several times.",
)
_language_option = language_option("names and reasons")


class _Party(msgspec.Struct, frozen=True):
    id: str
    title: Mapping[str, str] = {}


class _Fit(msgspec.Struct, frozen=True):
    one: _Party
    other: _Party
    score: float
    reasons: Mapping[str, str]


class _Ranking(msgspec.Struct, frozen=True):
    record: str
    considered: int
    matches: list[_Fit]
    leftOut: Mapping[str, int] = {}  # noqa: N815  # as the API writes it


class _Plan(msgspec.Struct, frozen=True):
    matches: list[_Fit]
    total: float = 0.0
    optimal: bool | None = None
    gap: float = 0.0
    unmatched: Mapping[str, str] = {}


@click.group()
def match() -> None:
    """Find who fits whom: demands, solutions, cities, companies, researchers, living labs."""


@match.command()
@click.argument("record")
@_kind_option
@_weight_option
@click.option(
    "--must",
    multiple=True,
    metavar="CRITERION",
    help="Leave out what does not meet this criterion whole; may be given several times.",
)
@click.option(
    "--top",
    "--limit",
    "top",
    type=click.IntRange(1, 200),
    default=10,
    show_default=True,
    help="At most so many.",
)
@click.option(
    "--diversity",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Spread the list over cities, countries and suppliers: 0 not at all, 1 as much as can be.",
)
@_language_option
@url_option
@data_option
@json_option
def rank(
    *,
    record: str,
    kind: str,
    weights: Sequence[str],
    must: Sequence[str],
    top: int,
    diversity: float,
    language: str,
    url: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Rank who fits RECORD (its id), with the reasons."""
    body: dict[str, JsonValue] = {
        "kind": kind,
        "record": record,
        "weights": _weights(weights),
        "must": list(must),
        "top": top,
        "diversity": diversity,
    }
    answer = asyncio.run(_post(url, data, "/api/v1/matching/ranking", body))
    if as_json:
        print_json(answer)
        return
    ranking = msgspec.convert(answer, _Ranking)
    rows = []
    for fit in ranking.matches:
        found = fit.other if fit.one.id == ranking.record else fit.one
        rows.append((_percent(fit.score), _name(found, language), _first(fit, language), found.id))
    print_table(("fits", "who", "because", "id"), rows)
    left = ", ".join(f"{number} {reason}" for reason, number in ranking.leftOut.items())
    click.echo(f"{ranking.considered} were looked at; left out: {left or 'none'}.", err=True)
    tell_stale(answer)


@match.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_language_option
@url_option
@data_option
@json_option
def programme(*, file: Path, language: str, url: str | None, data: Path, as_json: bool) -> None:
    """Plan a whole programme: who meets whom under capacities and vetoes, at best.

    FILE is JSON as the API takes it at /api/v1/matching/programme: kind, ones, others, capacity,
    vetoes, and so on (`docs/collective.md`).
    """
    try:
        body: JsonValue = msgspec.json.decode(file.read_bytes())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file.name} is no JSON: {error}") from error
    if not isinstance(body, dict):
        raise ConfigurationError(f"{file.name} must be a JSON object")
    answer = asyncio.run(_post(url, data, _PROGRAMME, body))
    if as_json:
        print_json(answer)
        return
    plan = msgspec.convert(answer, _Plan)
    rows = [
        (_percent(fit.score), _name(fit.one, language), _name(fit.other, language))
        for fit in plan.matches
    ]
    print_table(("fits", "one", "other"), rows)
    proof = (
        ""
        if plan.optimal is None
        else (
            "; no plan is better" if plan.optimal else f"; at most {plan.gap:.1%} could be better"
        )
    )
    click.echo(f"{len(rows)} pairs, {plan.total:.2f} points in all{proof}.", err=True)
    for name, reason in plan.unmatched.items():
        click.echo(f"Without a partner: {name} ({reason})", err=True)
    tell_stale(answer)


async def _post(url: str | None, data: Path, path: str, body: Mapping[str, JsonValue]) -> JsonValue:
    async with open_api(url, data) as client:
        return await ask_json(client, "POST", path, body=body)


def _weights(given: Sequence[str]) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    for pair in given:
        name, _, number = pair.partition("=")
        try:
            found[name.strip()] = float(number)
        except ValueError as error:
            raise click.BadParameter(
                f"{pair} must be like text=3", param_hint="--weight"
            ) from error
    return found


def _name(party: _Party, language: str) -> str:
    title = party.title
    return title.get(language) or title.get("en") or next(iter(title.values()), party.id)


def _first(fit: _Fit, language: str) -> str:
    return fit.reasons.get(language, "").partition("\n")[0]


def _percent(score: float) -> str:
    return f"{score:.0%}"
