"""`hanze cooperation`: working with cities abroad in five steps, and what is due."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

from hanze.cli.below import ask_collective
from hanze.cli.options import language_option, node_options
from hanze.cli.output import print_json, print_table
from hanze.cli.stale import tell_stale
from hanze.collaboration.records.record import text_of
from hanze.errors import ConfigurationError

__all__ = ["cooperation", "texts_of"]

_language_option = language_option("titles")


@click.group()
def cooperation() -> None:
    """Work with cities and regions abroad: five steps on each side, and what is due."""


@cooperation.command("list")
@click.option("--party", help="Only those of this city, region or organisation (id).")
@click.option("--country", help="Only those with a side in this country (id).")
@click.option("--late", is_flag=True, help="Only those with a late step.")
@_language_option
@node_options
def list_cooperations(
    *,
    party: str | None,
    country: str | None,
    late: bool,
    language: str,
    as_json: bool,
    **where: Any,
) -> None:
    """List cooperations of the league, those with late steps first."""
    asked = {"party": party, "country": country, "late": "true" if late else None}
    found = ask_collective(where, "GET", "cooperations", parameters=asked)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            text_of(one["title"], language),
            one["status"],
            f"{one['done']} of 5",
            one.get("nextStep", ""),
            ", ".join(
                sorted({_name(found, p) for s in one["steps"] for p in s.get("overdueBy", ())})
            ),
            one["id"],
        )
        for one in found["cooperations"]
    ]
    print_table(("title", "status", "done", "next step", "late", "id"), rows)
    tell_stale(found)


@cooperation.command(short_help="Show both sides of a cooperation.")
@click.argument("id")
@_language_option
@node_options
def show(*, id: str, language: str, as_json: bool, **where: Any) -> None:  # noqa: A002  # the record's word
    """Show both sides of the cooperation ID: the five steps, and who is late with what."""
    _tell(ask_collective(where, "GET", "cooperations", id), language, as_json=as_json)


@cooperation.command(short_help="Start a cooperation.")
@click.argument("party")
@click.argument("partner")
@click.option("--goal", help="What for, in English.")
@click.option("--theme", "themes", multiple=True, help="Id of a topic; may be given several times.")
@click.option("--since", help="First contact (YYYY-MM-DD); today by default.")
@click.option(
    "--months",
    default="1,2,4,6,9",
    show_default=True,
    help="After how many months each of the five steps is due.",
)
@_language_option
@node_options
def start(
    *,
    party: str,
    partner: str,
    goal: str | None,
    themes: Sequence[str],
    since: str | None,
    months: str,
    language: str,
    as_json: bool,
    **where: Any,
) -> None:
    """Start a cooperation of PARTY (whose record it is) with PARTNER; both are ids."""
    body: dict[str, Any] = {
        "party": party,
        "partner": partner,
        "themes": list(themes),
        "months": _months(months),
    }
    if goal:
        body["goal"] = {"en": goal}
    if since:
        body["since"] = since
    _tell(ask_collective(where, "POST", "cooperations", body=body), language, as_json=as_json)


@cooperation.command(short_help="Answer as the other side.")
@click.argument("id")
@click.option("--months", default="1,2,4,6,9", show_default=True, help="As for start.")
@_language_option
@node_options
def answer(*, id: str, months: str, language: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Answer the cooperation ID as the other side, on the other side's own node."""
    body = {"months": _months(months)}
    found = ask_collective(where, "POST", "cooperations", id, "answer", body=body)
    _tell(found, language, as_json=as_json)


@cooperation.command(short_help="Record what was done of a step.")
@click.argument("step")
@click.option("--done-on", help="The day on which this side did it.")
@click.option("--due", help="Another day on which it is due.")
@click.option("--contact", help="Id of the contact that this side names.")
@click.option("--challenge", "challenges", multiple=True, help="Id of a demand that it lists.")
@click.option("--record", "records", multiple=True, help="Id of a match, solution or project.")
@click.option("--progress", help="What was done or agreed, in English.")
@_language_option
@node_options
def step(
    *,
    step: str,
    done_on: str | None,
    due: str | None,
    contact: str | None,
    challenges: Sequence[str],
    records: Sequence[str],
    progress: str | None,
    language: str,
    as_json: bool,
    **where: Any,
) -> None:
    """Record what this side did of its own STEP (id, as `show --json` tells it)."""
    given: dict[str, Any] = {
        "doneOn": done_on,
        "due": due,
        "contact": contact,
        "challenges": list(challenges) or None,
        "records": list(records) or None,
        "progress": {"en": progress} if progress else None,
    }
    body = {name: value for name, value in given.items() if value is not None}
    found = ask_collective(where, "PATCH", "cooperation-steps", step, body=body)
    _tell(found, language, as_json=as_json)


@cooperation.command(short_help="Propose solutions for both sides.")
@click.argument("id")
@_language_option
@node_options
def solutions(*, id: str, language: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Propose solutions for the challenges that both sides of the cooperation ID listed."""
    found = ask_collective(where, "GET", "cooperations", id, "solutions")
    if as_json:
        print_json(found)
        return
    rows = [
        (
            f"{one['score']:.0%}",
            one["kind"],
            text_of(one["challenge"].get("title", {}), language),
            text_of(one["found"].get("title", {}), language),
            one["reasons"].get(language, "").partition("\n")[0],
        )
        for one in found["proposals"]
    ]
    print_table(("fits", "kind", "challenge", "found", "because"), rows)


@cooperation.command(short_help="List what is due soon or late.")
@click.option("--party", help="Only what this city, region or organisation is to do (id).")
@click.option(
    "--days",
    type=click.IntRange(0, 3_650),
    default=14,
    show_default=True,
    help="Due within so many days.",
)
@_language_option
@node_options
def reminders(*, party: str | None, days: int, language: str, as_json: bool, **where: Any) -> None:
    """List tasks, steps, meetings and signatures that are due soon or late, of the whole league."""
    asked = {"withinDays": str(days)} | ({"party": party} if party else {})
    found = ask_collective(where, "GET", "cooperations", "reminders", parameters=asked)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one.get("due", ""),
            _when(one),
            text_of(one["label"], language),
            text_of(one["title"], language),
            ", ".join(text_of(p.get("title", {}), language) or p["id"] for p in one["parties"]),
        )
        for one in found["reminders"]
    ]
    print_table(("due", "in days", "what", "title", "who"), rows)
    tell_stale(found)


def texts_of(given: Sequence[str]) -> dict[str, str]:
    """Read a text given in several languages: "en=We share" or, in English, "We share"."""
    found = {}
    for one in given:
        language, mark, text = one.partition("=")
        if mark and len(language) in (2, 3) and language.isalpha():
            found[language] = text
        else:
            found["en"] = one
    return found


def _months(text: str) -> list[int]:
    try:
        return [int(one) for one in text.split(",")]
    except ValueError as error:
        raise ConfigurationError(f"--months must be like 1,2,4,6,9, not {text}") from error


def _tell(found: Mapping[str, Any], language: str, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    names = [
        text_of(side["party"].get("title", {}), language) or side["party"]["id"]
        for side in found["sides"]
    ]
    click.echo(f"{text_of(found['title'], language)} ({found['status']})")
    rows = [
        (str(one["number"]), one["step"], *(_side(side) for side in one["sides"]))
        for one in found["steps"]
    ]
    print_table(("", "step", *names), rows)
    click.echo(found["id"])


def _side(side: Mapping[str, Any]) -> str:
    if side["state"] == "done":
        return f"done {side['records'][-1].get('doneOn', '')}"
    return f"{side['state']} {side.get('due', '')}".strip()


def _when(one: Mapping[str, Any]) -> str:
    return "late" if one["late"] else str(one.get("days", ""))


def _name(found: Mapping[str, Any], party: str) -> str:
    for one in found["cooperations"]:
        for side in one["sides"]:
            if side["party"]["id"] == party:
                return text_of(side["party"].get("title", {}), "en") or party
    return party
