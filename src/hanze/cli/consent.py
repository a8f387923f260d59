"""`hanze consent`: what data subjects consented to."""

from collections.abc import Mapping
from typing import Any, Final

import click

from hanze.cli.asking import ask_node, quoted
from hanze.cli.options import node_options, tenant_option
from hanze.cli.output import print_json, print_table
from hanze.ngsild.model import JsonValue

__all__ = ["consent"]

_ROOT: Final = "/api/v1/governance/consents"


@click.group()
def consent() -> None:
    """See, give, withdraw and revoke consents, and keep their receipts."""


def _where(function: Any) -> Any:  # click's own decorators
    return tenant_option(node_options(function))


@consent.command("list")
@click.option("--mine", is_flag=True, help="Only one's own and one's children's, as a resident.")
@_where
def list_consents(*, mine: bool, as_json: bool, **where: Any) -> None:
    """List consents, the newest first."""
    asked = {} if mine else {"all": "true"}
    found = ask_node(where, "GET", _ROOT, parameters=asked)["consents"]
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one["id"],
            one["state"],
            one["subject"],
            one["dataset"],
            " ".join(one["purposes"]),
            one.get("expiresAt", ""),
        )
        for one in found
    ]
    print_table(("id", "state", "subject", "dataset", "purposes", "expires"), rows)


@consent.command()
@click.argument("dataset")
@click.option("--purpose", "purposes", multiple=True, required=True, help="IRI or dpv: name.")
@click.option("--recipient", "recipients", multiple=True, help="Id of an organisation.")
@click.option("--subject", help="What data calls the data subject; else whose token it is.")
@click.option("--notice", required=True, help="What the data subject was told, or its URL.")
@click.option("--expires", help="DateTime at which it ends by itself.")
@_where
def give(
    *,
    dataset: str,
    purposes: tuple[str, ...],
    recipients: tuple[str, ...],
    subject: str | None,
    notice: str,
    expires: str | None,
    as_json: bool,
    **where: Any,
) -> None:
    """Keep a consent about the data of DATASET; the receipt is told."""
    body: dict[str, JsonValue] = {
        "dataset": dataset,
        "purposes": list(purposes),
        "recipients": list(recipients),
        "notice": notice,
    }
    if subject is not None:
        body["subject"] = subject
    if expires is not None:
        body["expiresAt"] = expires
    _tell(ask_node(where, "POST", _ROOT, body), as_json=as_json, what="is kept")


@consent.command()
@click.argument("id")
@_where
def receipt(*, id: str, as_json: bool, **where: Any) -> None:  # noqa: A002  # the record's word
    """Show the receipt of the consent ID (ISO/IEC TS 27560) as JSON-LD."""
    del as_json  # it is JSON anyway
    print_json(ask_node(where, "GET", f"{_ROOT}/{quoted(id)}/receipt"))


@consent.command()
@click.argument("id")
@_where
def withdraw(*, id: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Withdraw the consent ID, as the data subject."""
    found = ask_node(where, "POST", f"{_ROOT}/{quoted(id)}/withdraw")
    _tell(found, as_json=as_json, what="is withdrawn")


@consent.command()
@click.argument("id")
@click.option("--reason", required=True, help="Why somebody else ends it.")
@_where
def revoke(*, id: str, reason: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """End the consent ID as a steward."""
    found = ask_node(where, "POST", f"{_ROOT}/{quoted(id)}/revoke", {"reason": reason})
    if as_json:
        print_json(found)
    else:
        click.echo(f"{found['id']} is revoked.")


def _tell(found: Mapping[str, Any], *, as_json: bool, what: str) -> None:
    if as_json:
        print_json(found)
    else:
        click.echo(f"{found['record_id']} {what}.")
