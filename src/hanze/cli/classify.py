"""`hanze classify`: who may read what is of a type."""

import asyncio
from typing import Any, Final

import click

from hanze.cli.asking import link_to, open_node_api, send
from hanze.cli.dataset import told_access
from hanze.cli.options import node_options, tenant_option
from hanze.cli.output import print_json
from hanze.node.clock import utc_now

__all__ = ["classify", "decision_of"]

_CLASSES: Final = {"public": "PUBLIC", "closed": "RESTRICTED", "owner-only": "NON_PUBLIC"}


@click.command()
@click.argument("types", nargs=-1, required=True, metavar="TYPE...")
@click.option("--public", "access", flag_value="public", help="Open data: everybody may read it.")
@click.option(
    "--closed", "access", flag_value="closed", help="Its owner, and others under an agreement."
)
@click.option(
    "--owner-only", "access", flag_value="owner-only", help="Its owner, and nobody else at all."
)
@click.option("--license", help="URL of the licence of open data; else CC0, nothing reserved.")
@click.option("--owner", help="Id of the organisation whose data it is; closed data need one.")
@click.option("--ground", help="Why it is closed: an article, or the interest that weighs more.")
@click.option("--decided-by", help="Who decided that it is closed: a body or an office.")
@click.option("--decided-at", help="Day of that decision, as 2026-05-31; else today.")
@click.option("--review-at", help="Day on which it is decided again.")
@click.option("--decision-url", help="Where the decision is published.")
@click.option(
    "--purpose", "purposes", multiple=True, help="For which the owner may use it; repeatable."
)
@click.option("--public-space", is_flag=True, help="It is measured in public space.")
@click.option("--personal", is_flag=True, help="It is about people; needs --legal-basis.")
@click.option("--legal-basis", help="IRI of the legal basis for data about people.")
@click.option("--subject", help='IRI of the attribute that names the person, or "@id".')
@click.option("--category", "categories", multiple=True, help="Of personal data; repeatable.")
@click.option("--special", is_flag=True, help="Some of it is special (health, faith, ...).")
@click.option("--consent", is_flag=True, help="Whoever reads it needs the person's consent.")
@click.option("--retention-days", type=click.IntRange(min=1), help="Days for which it is kept.")
@click.option("--contact", help="E-mail address or URL for questions.")
@click.option("--context", help="URL of the @context of the types' names.")
@tenant_option
@node_options
def classify(
    *,
    types: tuple[str, ...],
    access: str | None,
    context: str | None,
    as_json: bool,
    url: str | None,
    data: Any,
    token_file: Any,
    tenant: str | None,
    **said: Any,
) -> None:
    """Say who may read what is of each TYPE: a term or an IRI; '*' stands for all types.

    What nobody classified is closed to everybody. `hanze doctor` lists it.
    """
    if access is None:
        raise click.UsageError("Say --public, --closed or --owner-only.")
    where = {"url": url, "data": data, "token_file": token_file, "tenant": tenant}
    body = {"types": list(types), "accessRights": _CLASSES[access], **_members(said)}
    headers = {"Link": link_to(context)} if context else {}

    async def ask() -> Any:
        async with open_node_api(where) as client:
            path = "/api/v1/governance/classification"
            return (await send(client, "POST", path, body=body, headers=headers)).json()

    made = asyncio.run(ask())["datasets"]
    if as_json:
        print_json(made)
        return
    for one in made:
        click.echo(f"{one['id']}: {told_access(one)}")
        if one.get("license"):
            click.echo(f"  under {one['license']}")


def _members(said: dict[str, Any]) -> dict[str, Any]:
    """Write options as members of a classification; what is not said is left out."""
    names = {
        "license": "license",
        "owner": "owner",
        "purposes": "purposes",
        "public_space": "publicSpace",
        "personal": "personal",
        "legal_basis": "legalBasis",
        "subject": "subject",
        "categories": "categories",
        "special": "special",
        "consent": "consent",
        "retention_days": "retentionDays",
        "contact": "contact",
    }
    found = {member: said[option] for option, member in names.items() if said[option]}
    decision = decision_of(said)
    return found | ({"nonPublication": decision} if decision else {})


def decision_of(said: dict[str, Any]) -> dict[str, str]:
    """Write the options of a decision as JSON; empty where nothing is said of it."""
    names = {
        "ground": "ground",
        "decided_by": "decidedBy",
        "review_at": "reviewAt",
        "decision_url": "url",
    }
    found = {member: said[option] for option, member in names.items() if said[option]}
    return found | {"decidedAt": said["decided_at"] or utc_now()[:10]} if found else {}
