"""`hanze mentor`: mentors and students, who fits whom, and how it goes."""

from typing import Any

import click

from hanze.cli.below import ask_collective
from hanze.cli.governing import said_in
from hanze.cli.options import node_options
from hanze.cli.output import print_json, print_table

__all__ = ["mentor"]


@click.group()
def mentor() -> None:
    """Match mentors with students, here and abroad."""


@mentor.command("list")
@click.option("--role", type=click.Choice(("mentor", "student")), help="Only these.")
@click.option("--theme", help="Only about this theme (id).")
@node_options
def list_profiles(*, role: str | None, theme: str | None, as_json: bool, **where: Any) -> None:
    """List mentors and students, and for how many they have time."""
    given = {"role": role, "theme": theme}
    found = ask_collective(where, "GET", "mentors", parameters=given)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one["record"]["id"],
            one["role"],
            said_in(one["record"]["title"]),
            ", ".join(one["languages"]),
            str(one["room"]),
        )
        for one in found["profiles"]
    ]
    print_table(("id", "role", "title", "languages", "room"), rows)


@mentor.command("match")
@click.option("--theme", help="Only about this theme (id).")
@node_options
def match_profiles(*, theme: str | None, as_json: bool, **where: Any) -> None:
    """Propose who could become whose mentor, and say who waits and why."""
    asked = {"theme": theme} if theme is not None else None
    found = ask_collective(where, "GET", "mentors", "matching", parameters=asked)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one["mentor"]["id"],
            one["student"]["id"],
            f"{one['score']:.2f}",
            said_in(one["reasons"]),
        )
        for one in found["proposals"]
    ]
    print_table(("mentor", "student", "score", "why"), rows)
    for profile, reason in found["waiting"].items():
        click.echo(f"{profile} waits: {reason}")


@mentor.command(short_help="Propose a mentorship.")
@click.argument("mentor_id")
@click.argument("student")
@node_options
def propose(*, mentor_id: str, student: str, as_json: bool, **where: Any) -> None:
    """Propose that MENTOR_ID becomes the mentor of STUDENT (ids of their profiles)."""
    body = {"mentor": mentor_id, "student": student}
    _tell(ask_collective(where, "POST", "mentorships", body=body), as_json=as_json)


@mentor.command(short_help="Begin, complete or stop a mentorship.")
@click.argument("mentorship")
@click.argument("status", type=click.Choice(("active", "completed", "stopped")))
@click.option("--outcome", help="What came of it (English); needed to complete it.")
@node_options
def move(*, mentorship: str, status: str, outcome: str | None, as_json: bool, **where: Any) -> None:
    """Take MENTORSHIP (id) to another STATUS."""
    body: dict[str, Any] = {"status": status}
    if outcome is not None:
        body["outcome"] = {"en": outcome}
    found = ask_collective(where, "POST", "mentorships", mentorship, "status", body=body)
    _tell(found, as_json=as_json)


def _tell(one: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(one)
        return
    click.echo(f"{one['record']['id']} ({one['status']}): {said_in(one['record']['title'])}")
