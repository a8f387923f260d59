"""`hanze assessment`: pre-scans and impact assessments, from the first question to the signature."""

from pathlib import Path
from typing import Any

import click

from hanze.cli.governing import ask_governance, said_in
from hanze.cli.options import language_option, node_options, read_json
from hanze.cli.output import print_json, print_table
from hanze.errors import ConfigurationError

__all__ = ["assessment"]

_kind = click.argument("kind", type=click.Choice(("prescan", "dpia")))


@click.group()
def assessment() -> None:
    """Assess what projects do to people's privacy: pre-scan and impact assessment (DPIA)."""


@assessment.command("list")
@click.option("--project", help="Id of a project.")
@node_options
def list_assessments(*, project: str | None, as_json: bool, **where: Any) -> None:
    """List assessments with how far they are."""
    asked = {"project": project} if project is not None else None
    found = ask_governance(where, "GET", "assessments", parameters=asked)["assessments"]
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one["id"],
            one["kind"],
            str(one.get("version", 1)),
            "approved" if "signature" in one else f"{len(one.get('missing', ()))} to answer",
            one.get("reviewBy", ""),
        )
        for one in found
    ]
    print_table(("id", "kind", "version", "state", "review"), rows)


@assessment.command(short_help="Show an assessment as JSON.")
@click.argument("id")
@node_options
def show(*, id: str, as_json: bool, **where: Any) -> None:  # noqa: A002  # the record's word
    """Show an assessment as JSON, with what is missing."""
    del as_json  # it is JSON anyway
    print_json(ask_governance(where, "GET", "assessments", id))


@assessment.command(short_help="List the questions with their numbers.")
@_kind
@language_option("the questions")
@node_options
def questions(*, kind: str, language: str, as_json: bool, **where: Any) -> None:
    """List the questions of a KIND of assessment with their numbers."""
    found = ask_governance(where, "GET", "assessment-forms", kind)
    if as_json:
        print_json(found)
        return
    rows = [
        (one["number"], one["kind"], one.get("needed", ""), one["ask"][language])
        for section in found["form"]["sections"]
        for one in section["questions"]
    ]
    print_table(("number", "answer", "needed", "question"), rows)


@assessment.command(short_help="Begin an assessment, or a new version.")
@_kind
@click.argument("project")
@node_options
def new(*, kind: str, project: str, as_json: bool, **where: Any) -> None:
    """Begin an assessment of a PROJECT; what was approved before is taken over."""
    body = {"kind": kind, "project": project}
    _tell(ask_governance(where, "POST", "assessments", body=body), as_json=as_json)


@assessment.command(short_help="Answer questions from a file of JSON.")
@click.argument("id")
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
)
@click.option("--case", "cases", multiple=True, help="Hard case that it builds on; repeatable.")
@node_options
def answer(
    *,
    id: str,  # noqa: A002
    file: Path,
    cases: tuple[str, ...],
    as_json: bool,
    **where: Any,
) -> None:
    """Answer questions of the draft ID.

    FILE holds a JSON object: numbers of questions ("2.1.3", of risks "16.1.1[0]") with arrays of
    answers; - is standard input. Questions that it does not name stay as they are.
    """
    answers = read_json(file)
    if not isinstance(answers, dict):
        raise ConfigurationError(f"{file} must hold one JSON object")
    body: dict[str, Any] = {"answers": answers}
    if cases:
        body["cases"] = list(cases)
    _tell(ask_governance(where, "PATCH", "assessments", id, body=body), as_json=as_json)


@assessment.command(short_help="Write down the data protection officer's advice.")
@click.argument("id")
@click.option("--officer", required=True, help="Name or office of the data protection officer.")
@click.option("--text", required=True, help="The advice.")
@node_options
def advise(*, id: str, officer: str, text: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Write down what the data protection officer advises about the draft ID as it is."""
    body = {"officer": officer, "text": text}
    _tell(ask_governance(where, "POST", "assessments", id, "advice", body=body), as_json=as_json)


@assessment.command(short_help="Approve and sign a draft.")
@click.argument("id")
@click.option("--review-by", required=True, help="Day by which it is looked at again.")
@node_options
def approve(*, id: str, review_by: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Approve and sign the draft ID for the controller; it does not change any more."""
    body = {"reviewBy": review_by}
    _tell(ask_governance(where, "POST", "assessments", id, "approval", body=body), as_json=as_json)


def _tell(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    state = "approved" if "signature" in found else "draft"
    click.echo(f"{found['id']}: {state}")
    for one in found.get("progress", ()):
        title = f"{one['number']}. {said_in(one['title'])}"
        click.echo(f"  {title}: {one['answered']} of {one['needed']}")
    if found.get("missing"):
        click.echo(f"To answer still: {', '.join(found['missing'])}")
    if found.get("needsDpia"):
        click.echo(f"An impact assessment is needed: {', '.join(found['needsDpia'])}")
