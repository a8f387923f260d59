"""`hanze accord`: what cities agree on, their signatures, and the working groups that follow."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

from hanze.cli.below import ask_collective
from hanze.cli.cooperation import texts_of
from hanze.cli.options import language_option, node_options
from hanze.cli.output import print_json, print_table
from hanze.cli.stale import kept_by, tell_stale
from hanze.collaboration.records.cooperation import ACCORD_KINDS
from hanze.collaboration.records.record import text_of

__all__ = ["accord"]

_language_option = language_option("titles")


@click.group()
def accord() -> None:
    """Draft, offer, sign and follow what cities, regions and organisations agree on.

    Agreements about closed data are another thing: `hanze agreement`.
    """


@accord.command("list")
@click.option("--party", help="Only those of this city, region or organisation (id).")
@click.option("--country", help="Only those with a party in this country (id).")
@click.option("--state", help="Only those in this state: in-force, offered, partly-signed ...")
@_language_option
@node_options
def list_accords(
    *,
    party: str | None,
    country: str | None,
    state: str | None,
    language: str,
    as_json: bool,
    **where: Any,
) -> None:
    """List accords of all nodes, with how far each has come."""
    asked = {"party": party, "country": country, "state": state}
    found = ask_collective(where, "GET", "accords", parameters=asked)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            text_of(one["title"], language) + kept_by(one.get("home")),
            one["kind"],
            one["state"],
            one.get("inForceSince", ""),
            _names(one["parties"], language),
            one["id"],
        )
        for one in found["accords"]
    ]
    print_table(("title", "kind", "state", "since", "parties", "id"), rows)
    tell_stale(found)


@accord.command(short_help="Show an accord.")
@click.argument("id")
@_language_option
@node_options
def show(*, id: str, language: str, as_json: bool, **where: Any) -> None:  # noqa: A002  # the record's word
    """Show the accord ID: what it says, and who signed it."""
    _tell(ask_collective(where, "GET", "accords", id), language, as_json=as_json)


@accord.command(short_help="Draft an accord.")
@click.argument("kind", type=click.Choice(ACCORD_KINDS))
@click.argument("title")
@click.option(
    "--party",
    "parties",
    multiple=True,
    required=True,
    help="Id of a party, two or more; the first one drafts it and keeps it.",
)
@click.option(
    "--terms",
    multiple=True,
    metavar="TEXT",
    help="What they agree on, in English, or as nl=..., ko=...; may be given several times.",
)
@click.option("--theme", "themes", multiple=True, help="Id of a topic; may be given several times.")
@click.option("--valid-from", help="First day (YYYY-MM-DD).")
@click.option("--valid-until", help="Last day.")
@_language_option
@node_options
def draft(
    *,
    kind: str,
    title: str,
    parties: Sequence[str],
    terms: Sequence[str],
    themes: Sequence[str],
    valid_from: str | None,
    valid_until: str | None,
    language: str,
    as_json: bool,
    **where: Any,
) -> None:
    """Draft an accord of this KIND with this TITLE."""
    body: dict[str, Any] = {
        "kind": kind,
        "title": texts_of((title,)),
        "parties": list(parties),
        "terms": texts_of(terms),
        "themes": list(themes),
    }
    body |= {"validFrom": valid_from} if valid_from else {}
    body |= {"validUntil": valid_until} if valid_until else {}
    _tell(ask_collective(where, "POST", "accords", body=body), language, as_json=as_json)


@accord.command(short_help="Change a draft.")
@click.argument("id")
@click.option(
    "--title", "titles", multiple=True, metavar="TEXT", help="In English, or as nl=..., ko=..."
)
@click.option("--party", "parties", multiple=True, help="Id of a party; all of them, in order.")
@click.option("--terms", multiple=True, metavar="TEXT", help="As those of `draft`; all languages.")
@click.option("--theme", "themes", multiple=True, help="Id of a topic; all of them.")
@click.option("--valid-from", help="First day (YYYY-MM-DD).")
@click.option("--valid-until", help="Last day.")
@_language_option
@node_options
def change(
    *,
    id: str,  # noqa: A002  # the record's word
    titles: Sequence[str],
    parties: Sequence[str],
    terms: Sequence[str],
    themes: Sequence[str],
    valid_from: str | None,
    valid_until: str | None,
    language: str,
    as_json: bool,
    **where: Any,
) -> None:
    """Change the draft ID; what no option says stays as it is."""
    asked = {
        "title": texts_of(titles),
        "parties": list(parties),
        "terms": texts_of(terms),
        "themes": list(themes),
        "validFrom": valid_from,
        "validUntil": valid_until,
    }
    body = {name: value for name, value in asked.items() if value}
    found = ask_collective(where, "PATCH", "accords", id, body=body)
    _tell(found, language, as_json=as_json)


@accord.command(short_help="Offer a draft to be signed.")
@click.argument("id")
@_language_option
@node_options
def offer(*, id: str, language: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Offer the draft ID to its parties; what it says cannot change from then on."""
    _tell(ask_collective(where, "POST", "accords", id, "offer"), language, as_json=as_json)


@accord.command(short_help="Sign an accord.")
@click.argument("id")
@click.argument("party")
@click.option("--office", help="In which office somebody signs, in English; no name.")
@click.option("--on", help="The day (YYYY-MM-DD); today by default.")
@click.option("--digest", help="Of what was read: nothing else is signed.")
@_language_option
@node_options
def sign(
    *,
    id: str,  # noqa: A002
    party: str,
    office: str | None,
    on: str | None,
    digest: str | None,
    language: str,
    as_json: bool,
    **where: Any,
) -> None:
    """Sign the accord ID for PARTY, on the party's own node."""
    body: dict[str, Any] = {"party": party}
    body |= {"signatory": {"en": office}} if office else {}
    body |= {"signedOn": on} if on else {}
    body |= {"digest": digest} if digest else {}
    found = ask_collective(where, "POST", "accords", id, "signatures", body=body)
    _tell(found, language, as_json=as_json)


@accord.command(short_help="Withdraw a signature.")
@click.argument("id")
@click.argument("party")
@click.option("--on", help="From which day on (YYYY-MM-DD); today by default.")
@_language_option
@node_options
def withdraw(
    *,
    id: str,  # noqa: A002
    party: str,
    on: str | None,
    language: str,
    as_json: bool,
    **where: Any,
) -> None:
    """Say that PARTY stands by the accord ID no more; that it signed stays to be read."""
    body = {"party": party} | ({"on": on} if on else {})
    found = ask_collective(where, "POST", "accords", id, "withdrawals", body=body)
    _tell(found, language, as_json=as_json)


@accord.command(short_help="End an accord.")
@click.argument("id")
@click.option("--on", help="The day (YYYY-MM-DD); today by default.")
@_language_option
@node_options
def end(*, id: str, on: str | None, language: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """End the accord ID before its last day, or take an offer back."""
    body = {"on": on} if on else {}
    found = ask_collective(where, "POST", "accords", id, "end", body=body)
    _tell(found, language, as_json=as_json)


@accord.command(short_help="Draft a successor.")
@click.argument("id")
@click.argument("drafter")
@_language_option
@node_options
def renew(*, id: str, drafter: str, language: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Draft what would replace the accord ID, for DRAFTER (one of its parties) to change."""
    body = {"drafter": drafter}
    found = ask_collective(where, "POST", "accords", id, "versions", body=body)
    _tell(found, language, as_json=as_json)


@accord.command(short_help="List working groups.")
@click.option("--party", help="Only those with this member (id).")
@click.option("--late", is_flag=True, help="Only those with late tasks.")
@_language_option
@node_options
def groups(*, party: str | None, late: bool, language: str, as_json: bool, **where: Any) -> None:
    """List the working groups of all nodes, and how many of their tasks are late."""
    given = ({"party": party} if party else {}) | ({"late": "true"} if late else {})
    found = ask_collective(where, "GET", "working-groups", parameters=given)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            text_of(one["title"], language) + kept_by(one.get("home")),
            str(sum(task["state"] != "done" for task in one["tasks"])),
            str(one["late"]),
            one.get("nextMeeting", ""),
            one["id"],
        )
        for one in found["groups"]
    ]
    print_table(("title", "open", "late", "next meeting", "id"), rows)
    tell_stale(found)


@accord.command(short_help="Start a working group.")
@click.argument("id")
@click.argument("party")
@node_options
def group(*, id: str, party: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Start the working group of the accord ID; PARTY keeps its record."""
    body = {"accord": id, "party": party}
    _tell_group(ask_collective(where, "POST", "working-groups", body=body), as_json=as_json)


@accord.command(short_help="Give a working group a task.")
@click.argument("group")
@click.argument("title")
@click.option("--owner", help="Id of the party that does it.")
@click.option("--due", help="Last day (YYYY-MM-DD).")
@node_options
def task(
    *, group: str, title: str, owner: str | None, due: str | None, as_json: bool, **where: Any
) -> None:
    """Give the working GROUP (id) a task with this TITLE."""
    body: dict[str, Any] = {"title": texts_of((title,))}
    body |= ({"owner": owner} if owner else {}) | ({"due": due} if due else {})
    found = ask_collective(where, "POST", "working-groups", group, "tasks", body=body)
    _tell_group(found, as_json=as_json)


@accord.command(short_help="Say that a task was done.")
@click.argument("group")
@click.argument("key")
@click.argument("on")
@node_options
def done(*, group: str, key: str, on: str, as_json: bool, **where: Any) -> None:
    """Say that the task KEY of the working GROUP (id) was done on the day ON (YYYY-MM-DD)."""
    found = ask_collective(
        where, "POST", "working-groups", group, "tasks", key, "done", body={"on": on}
    )
    _tell_group(found, as_json=as_json)


def _tell(found: Mapping[str, Any], language: str, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    click.echo(f"{text_of(found['title'], language)} ({found['kind']}): {found['state']}")
    if found.get("onPaper"):
        click.echo(f"Signed on paper, as its record tells: {found['concluded']}", err=True)
    standing = {one["party"]["id"]: one for one in found.get("signatures", ())}
    rows = [
        (
            text_of(party.get("title", {}), language) or party["id"],
            "yes" if party["id"] in found["signed"] else "no",
            standing.get(party["id"], {}).get("signedOn", ""),
        )
        for party in found["parties"]
    ]
    print_table(("party", "stands by it", "signed"), rows)
    click.echo(f"{found['id']}\n{found['digest']}")


def _tell_group(found: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    click.echo(text_of(found["title"], "en"))
    rows = [
        (one["key"], text_of(one["title"], "en"), one["state"], one.get("due", ""))
        for one in found["tasks"]
    ]
    print_table(("key", "task", "state", "due"), rows)
    click.echo(found["id"])


def _names(parties: Sequence[Mapping[str, Any]], language: str) -> str:
    return ", ".join(text_of(one.get("title", {}), language) or one["id"] for one in parties)
