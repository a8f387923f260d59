"""`hanze vocabulary`: concepts in three languages, those of cities, and wordnets."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

import click
from msgspec import structs

from hanze.cli.exits import FAILED
from hanze.cli.options import data_option, json_option
from hanze.cli.output import print_json, print_table
from hanze.cli.writing import Destination, destination_options, open_sink
from hanze.collaboration.language.wordnet_files import (
    WordnetFile,
    forget_wordnet,
    inspect_wordnet,
    store_wordnet,
    stored_wordnets,
    wordnets_folder,
)
from hanze.collaboration.records.entities import write_record
from hanze.collaboration.vocabulary.concept import LANGUAGES, Concept, load_vocabulary
from hanze.collaboration.vocabulary.entities import record_of
from hanze.collaboration.vocabulary.extend import Form, read_city_concepts, shared_labels
from hanze.collaboration.vocabulary.faults import Fault, VocabularyInvalid
from hanze.collaboration.vocabulary.skos import to_jsonld, to_turtle
from hanze.connectors.sink import SinkReport
from hanze.errors import ConfigurationError, InvalidInput
from hanze.ngsild.model import JsonValue

__all__ = ["vocabulary"]

_FORMS: dict[str, Form] = {".toml": "toml", ".json": "jsonld", ".jsonld": "jsonld"}
#: A city's concepts are some hundreds; a file beyond this is something else.
_LARGEST = 10_000_000

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_city_option = click.option(
    "--city", help="Name of the city whose concepts these are: it comes before their ids."
)


@click.group()
def vocabulary() -> None:
    """Show the concepts of the field in three languages, and add a city's own."""


@vocabulary.command("list")
@click.option("--theme", help="Only what stands under this top concept, e.g. 'mobility'.")
@click.option(
    "--lang",
    "language",
    type=click.Choice(LANGUAGES),
    default="en",
    show_default=True,
    help="Language of the labels.",
)
@click.option("--status", type=click.Choice(("draft", "reviewed")), help="Only with this status.")
@json_option
def list_concepts(theme: str | None, language: str, status: str | None, as_json: bool) -> None:
    """List the concepts with their labels, the preferred one first."""
    known = load_vocabulary()
    if theme is not None and theme not in known.top_concepts:
        tops = ", ".join(known.top_concepts)
        raise click.BadParameter(f"must be one of {tops}", param_hint="--theme")
    found = [
        concept
        for concept in known.concepts.values()
        if (theme is None or theme in (concept.id, *known.ancestors(concept.id)))
        and status in (None, concept.status)
    ]
    if as_json:
        print_json([_as_json(concept) for concept in found])
    else:
        rows = [
            (c.id, c.broader or "", c.status, "; ".join(c.labels.get(language, ()))) for c in found
        ]
        print_table(("id", "broader", "status", "labels"), rows)


@vocabulary.command("show")
@click.argument("concept_id", metavar="ID")
@json_option
def show(concept_id: str, as_json: bool) -> None:
    """Show all that is known of the concept ID."""
    known = load_vocabulary()
    if concept_id not in known:
        near = get_close_matches(concept_id, known.concepts, n=3, cutoff=0.75)
        meant = f"is it {' or '.join(near)}?" if near else "`hanze vocabulary list` lists them"
        raise InvalidInput(f"There is no concept {concept_id}; {meant}")
    concept = known.concept(concept_id)
    narrower = known.narrower(concept_id)
    if as_json:
        print_json(_as_json(concept) | {"narrower": narrower, "uri": concept.uri})
        return
    rows = [("id", concept.id), ("uri", concept.uri)]
    rows += [(language, "; ".join(names)) for language, names in concept.labels.items()]
    rows += [
        ("above", " > ".join(reversed(known.ancestors(concept_id)))),
        ("below", ", ".join(narrower)),
        ("related", ", ".join(concept.related)),
        ("theme", concept.theme),
        ("sdg", ", ".join(concept.sdg)),
        ("status", concept.status),
    ]
    print_table(("what", "value"), [row for row in rows if row[1]])


def _as_json(concept: Concept) -> dict[str, JsonValue]:
    return structs.asdict(concept)


@vocabulary.command("export")
@click.option(
    "--format",
    "form",
    type=click.Choice(("turtle", "jsonld")),
    default="turtle",
    show_default=True,
    help="How to write the triples.",
)
def export(form: str) -> None:
    """Write the vocabulary as SKOS to standard output."""
    if form == "turtle":
        click.echo(to_turtle(load_vocabulary()), nl=False)
    else:
        print_json(to_jsonld(load_vocabulary()))


@vocabulary.command("check")
@click.argument("file", type=_file)
@_city_option
@json_option
def check(file: Path, city: str | None, as_json: bool) -> int:
    """Check a city's own concepts: FILE is TOML, or SKOS in JSON-LD.

    Words that the vocabulary has already are named too; that is allowed, but a text with such a word
    is about both.
    """
    concepts: tuple[Concept, ...] = ()
    faults: tuple[Fault, ...] = ()
    try:
        concepts = _read(file, city or "city")
    except VocabularyInvalid as error:
        faults = error.faults
    twice = _words_that_are_taken(concepts)
    if as_json:
        print_json(
            {
                "concepts": len(concepts),
                "faults": [structs.asdict(fault) for fault in faults],
                "warnings": twice,
            }
        )
        return FAILED if faults else 0
    for line in twice:
        click.echo(f"Warning: {line}", err=True)
    for fault in faults:
        click.echo(f"Error: {fault}", err=True)
    if not faults:
        click.echo(f"{len(concepts)} concepts, and all fit.")
    return FAILED if faults else 0


def _read(file: Path, city: str) -> tuple[Concept, ...]:
    if file.stat().st_size > _LARGEST:
        raise ConfigurationError(f"The file {file.name} is larger than 10 MB")
    try:
        text = file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"The file {file.name} is not UTF-8") from error
    return read_city_concepts(
        text, form=_form(file), source=file.name, city=city, vocabulary=load_vocabulary()
    )


def _form(file: Path) -> Form:
    form = _FORMS.get(file.suffix.lower())
    if form is None:
        raise ConfigurationError(
            f"The file {file.name} must end in .toml, .json or .jsonld (concepts) or .tab (wordnet)"
        )
    return form


def _words_that_are_taken(concepts: Sequence[Concept]) -> list[str]:
    own = {concept.id for concept in concepts}
    shared = shared_labels((*load_vocabulary().concepts.values(), *concepts))
    return [
        f'"{label}" ({language}) is a label of {", ".join(ids)}'
        for (language, label), ids in shared.items()
        if own.intersection(ids)
    ]


@vocabulary.command("load")
@click.argument("files", nargs=-1, required=True, type=_file)
@_city_option
@click.option("--source-city", help="Id of the entity of that city, for the records' sourceCity.")
@destination_options
@json_option
def load(
    files: tuple[Path, ...],
    city: str | None,
    source_city: str | None,
    as_json: bool,
    **destination: object,
) -> int:
    """Load wordnets (.tab) and a city's own concepts (.toml, .json, .jsonld).

    Wordnets are files of the Open Multilingual Wordnet; they are copied into the data directory,
    where a node finds them when it starts. Concepts become entities of type Concept.
    """
    target = Destination(**destination)  # type: ignore[arg-type]  # click's values
    wordnets = [file for file in files if file.suffix == ".tab"]
    others = [file for file in files if file.suffix != ".tab"]
    if wordnets and target.url is not None:
        raise click.UsageError("Wordnets are copied into a data directory: --data, not --url.")
    if others and city is None:
        raise click.UsageError("Concepts belong to a city: --city says to which.")
    # Everything is read before anything is written: a mistake in the last file stores nothing.
    inspected = _inspect(wordnets, shown=not as_json)
    concepts = [concept for file in others for concept in _read(file, city or "")]
    if len({concept.id for concept in concepts}) < len(concepts):
        raise ConfigurationError("The files hold a concept twice")
    kept = [_keep(file, target) for file in wordnets]
    sunk = asyncio.run(_write(concepts, source_city, target)) if concepts else SinkReport()
    report: dict[str, JsonValue] = {
        "dryRun": target.dry_run,
        "wordnets": [
            structs.asdict(each) | {"changed": changed}
            for each, changed in zip(inspected, kept, strict=True)
        ],
        "concepts": {
            "read": len(concepts),
            "created": sunk.created,
            "updated": sunk.updated,
            "unchanged": sunk.unchanged,
            "failed": [{"id": name, "reason": reason} for name, reason in sunk.failed],
        },
    }
    if as_json:
        print_json(report)
    else:
        _tell_wordnets(inspected, kept, dry_run=target.dry_run)
        _tell_concepts(len(concepts), sunk)
    return FAILED if sunk.failed else 0


def _inspect(files: Sequence[Path], *, shown: bool) -> list[WordnetFile]:
    with _progress(sum(file.stat().st_size for file in files), shown=shown) as advance:
        return [inspect_wordnet(file, advance=advance) for file in files]


def _keep(file: Path, target: Destination) -> bool:
    return not target.dry_run and store_wordnet(file, wordnets_folder(target.data))


async def _write(
    concepts: Sequence[Concept], source_city: str | None, target: Destination
) -> SinkReport:
    records = (record_of(concept, source_city=source_city) for concept in concepts)
    async with open_sink("vocabulary", target) as sink:
        return await sink.upsert([write_record(record) for record in records])


@contextmanager
def _progress(total: int, *, shown: bool) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; elsewhere nothing, so that logs and pipes stay clean."""
    if not shown or not total or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415  # 60 ms that a pipe need not wait for
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Reading", total=total)
        yield lambda read: progress.advance(task, read)


def _tell_wordnets(wordnets: Sequence[WordnetFile], kept: Sequence[bool], *, dry_run: bool) -> None:
    for each, changed in zip(wordnets, kept, strict=True):
        state = "valid" if dry_run else "loaded" if changed else "unchanged"
        click.echo(
            f"{each.name}: {state}; {each.title} ({each.language}), {each.lemmas} words of "
            f"{each.synsets} meanings; licence: {each.licence}"
        )
    if any(kept):
        click.echo("A running node uses wordnets from its next start.", err=True)


def _tell_concepts(read: int, sunk: SinkReport) -> None:
    if read:
        counts = ", ".join(
            f"{getattr(sunk, name)} {name}" for name in ("created", "updated", "unchanged")
        )
        click.echo(f"Concepts: {read} read, {counts}")
    for name, reason in sunk.failed:
        click.echo(f"Not stored: {name}: {reason}", err=True)


@vocabulary.command("wordnets")
@data_option
@json_option
def wordnets(data: Path, as_json: bool) -> None:
    """List the wordnets that were loaded, with their licences."""
    found = stored_wordnets(wordnets_folder(data))
    if as_json:
        print_json([structs.asdict(each) for each in found])
        return
    rows = [(w.name, w.language, str(w.lemmas), w.title, w.licence) for w in found]
    print_table(("name", "language", "words", "title", "licence"), rows)


@vocabulary.command("forget")
@click.argument("name")
@data_option
@json_option
def forget(name: str, data: Path, as_json: bool) -> None:
    """Remove the wordnet NAME; a running node uses it until it stops."""
    forget_wordnet(wordnets_folder(data), name)
    if as_json:
        print_json({"forgotten": name})
    else:
        click.echo(f"{name}: forgotten")
