"""`hanze vocabulary`: what it shows, what it loads, and how it refuses."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import rdflib

from hanze.cli.main import main
from tests.in_process_command import hanze
from tests.running import Finished, start_node

Run = Callable[..., Finished]

OWN = """
[[concept]]
id = "bicycle-bus"
broader = "cycling"
nl = ["fietsbus"]
related = ["school-zone"]
"""
TAB = "# Test wordnet\tkor\thttps://example.org/\tCC BY\n00000001-n\tkor:lemma\t자전거\n"


def json_of(done: Finished) -> Any:
    return orjson.loads(done.out)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in this process: a process of its own takes most of a second."""

    def run(*arguments: str) -> Finished:
        with pytest.raises(SystemExit) as ended:
            main(["vocabulary", *arguments])
        said = capsys.readouterr()
        return Finished(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "own.toml").write_text(OWN, "utf-8")
    return tmp_path / "own.toml"


@pytest.fixture
def tab(tmp_path: Path) -> Path:
    (tmp_path / "wn-test-kor.tab").write_text(TAB, "utf-8")
    return tmp_path / "wn-test-kor.tab"


def test_list_should_show_a_theme_in_a_language(run: Run) -> None:
    done = run("list", "--theme", "water", "--lang", "ko")
    assert done.code == 0
    assert "pluvial-flooding\tflood\treviewed\t침수" in done.out
    assert "bicycle-parking" not in done.out


def test_list_should_answer_in_json_and_by_status(run: Run) -> None:
    done = run("list", "--status", "reviewed", "--json")
    concepts = json_of(done)
    assert {concept["status"] for concept in concepts} == {"reviewed"}
    assert {"id", "labels", "broader", "related", "theme", "sdg"} <= set(concepts[0])


def test_list_should_end_with_2_when_the_theme_is_unknown(run: Run) -> None:
    done = run("list", "--theme", "parking")
    assert done.code == 2
    assert "must be one of" in done.err


def test_show_should_tell_all_of_a_concept(run: Run) -> None:
    done = run("show", "bicycle-parking")
    assert "nl\tfietsenstalling; " in done.out
    assert "above\tmobility > cycling" in done.out
    concept = json_of(run("show", "cycling", "--json"))
    assert "bicycle-parking" in concept["narrower"]


def test_show_should_end_with_1_when_there_is_no_such_concept(run: Run) -> None:
    done = run("show", "nothing")
    assert (done.code, done.err) == (
        1,
        "Error: There is no concept nothing; `hanze vocabulary list` lists them\n",
    )
    near = run("show", "bicycle-parkin")
    assert "is it bicycle-parking" in near.err


def test_export_should_write_turtle(run: Run) -> None:
    done = run("export")
    graph = rdflib.Graph().parse(data=done.out, format="turtle")
    assert len(graph) > 10_000


def test_export_should_write_jsonld(run: Run) -> None:
    document = json_of(run("export", "--format", "jsonld"))
    assert document["@graph"][0]["type"] == "ConceptScheme"


def test_check_should_name_every_mistake_with_its_line(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('[[concept]]\nid = "a"\n\n[[concept]]\nid = "b"\nnl = ["x"]\nbroader = "c"\n')
    done = run("check", str(file), "--city", "utrecht")
    assert done.code == 1
    assert done.err.splitlines() == [
        "Error: line 1: utrecht:a has no label",
        "Error: line 4: utrecht:b has the broader concept c, which does not exist",
    ]
    found = json_of(run("check", str(file), "--json"))
    assert [fault["line"] for fault in found["faults"]] == [1, 4]


def test_check_should_warn_of_a_word_that_another_concept_has(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('[[concept]]\nid = "a"\nnl = ["parkeren"]\n', "utf-8")
    done = run("check", str(file))
    assert (done.code, done.out) == (0, "1 concepts, and all fit.\n")
    assert done.err == 'Warning: "parkeren" (nl) is a label of city:a, parking\n'


def test_concepts_should_be_loaded_once_into_a_data_directory(
    run: Run, own: Path, tmp_path: Path
) -> None:
    data = str(tmp_path / "data")
    arguments = ("load", str(own), "--city", "utrecht", "--data", data, "--json")
    assert json_of(run(*arguments))["concepts"]["created"] == 1
    assert json_of(run(*arguments))["concepts"]["unchanged"] == 1
    (entity,) = json_of(hanze("query", "Concept", "--data", data, "--json"))
    assert entity["id"] == "urn:ngsi-ld:Concept:utrecht:bicycle-bus"
    assert entity["title"]["languageMap"] == {"nl": "fietsbus"}


@pytest.mark.slow
def test_concepts_should_be_loaded_into_a_running_node(own: Path, tmp_path: Path) -> None:
    node = start_node(["serve", "--dev", "--port", "0", "--data", str(tmp_path / "data")])
    try:
        city = "urn:ngsi-ld:Municipality:cbs:GM0344"
        options = ("--city", "utrecht", "--source-city", city, "--url", node.url)
        done = hanze("vocabulary", "load", str(own), *options)
        assert (done.code, done.out) == (0, "Concepts: 1 read, 1 created, 0 updated, 0 unchanged\n")
        (entity,) = json_of(hanze("query", "Concept", "--url", node.url, "--json"))
        assert entity["sourceCity"]["object"] == city
    finally:
        node.stop()


def test_load_should_store_nothing_when_one_file_is_wrong(
    run: Run, tab: Path, tmp_path: Path
) -> None:
    file, data = tmp_path / "own.toml", tmp_path / "data"
    file.write_text('[[concept]]\nid = "a"\n', "utf-8")
    done = run("load", str(tab), str(file), "--city", "utrecht", "--data", str(data))
    assert done.code == 1
    assert "line 1: utrecht:a has no label" in done.err
    assert not data.exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("own.toml",), "--city says to which"),
        (("wn-test-kor.tab", "--url", "http://localhost:1"), "--data, not --url"),
        (("own.txt", "--city", "utrecht"), "must end in .toml, .json or .jsonld"),
        (("broken.tab",), "has no header"),
    ],
)
def test_load_should_end_with_2_when_asked_wrongly(
    run: Run, own: Path, tab: Path, tmp_path: Path, arguments: tuple[str, ...], reason: str
) -> None:
    (tmp_path / "own.txt").write_text(OWN, "utf-8")
    (tmp_path / "broken.tab").write_text("x\n", "utf-8")
    file, *options = arguments
    done = run("load", str(tmp_path / file), *options)
    assert done.code == 2
    assert reason in done.err


def test_a_dry_run_should_store_nothing(run: Run, own: Path, tab: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    files = (str(own), str(tab))
    done = run("load", *files, "--city", "utrecht", "--data", str(data), "--dry-run")
    assert done.code == 0
    assert not data.exists()


def test_wordnets_should_be_loaded_listed_kept_by_backups_and_forgotten(
    run: Run, own: Path, shared_data: Path, tmp_path: Path
) -> None:
    folder = shared_data / "collective" / "thesaurus-omw"
    files = [str(folder / f"wn-cldr-{language}.tab") for language in ("kor", "nld")]
    data, copy = tmp_path / "data", tmp_path / "copy"
    done = run("load", *files, "--data", str(data))
    assert done.code == 0
    assert "wn-cldr-kor: loaded; cldr (kor), " in done.out
    assert "licence: MIT-like" in done.out
    assert done.err == "A running node uses wordnets from its next start.\n"
    again = run("load", *files, "--data", str(data), "--json")
    assert [each["changed"] for each in json_of(again)["wordnets"]] == [False, False]
    assert run("load", str(own), "--city", "utrecht", "--data", str(data)).code == 0
    assert hanze("backup", str(copy), "--data", str(data)).code == 0
    listed = json_of(run("wordnets", "--data", str(copy), "--json"))
    assert [each["name"] for each in listed] == ["wn-cldr-kor", "wn-cldr-nld"]
    assert run("forget", "wn-cldr-kor", "--data", str(data)).code == 0
    gone = run("forget", "wn-cldr-kor", "--data", str(data))
    assert (gone.code, gone.err) == (1, "Error: The wordnet wn-cldr-kor does not exist\n")
    left = run("wordnets", "--data", str(data))
    assert [line.split("\t")[0] for line in left.out.splitlines()] == ["name", "wn-cldr-nld"]


def test_progress_should_be_shown_on_a_terminal_only(tab: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [str(Path(sys.executable).parent / "hanze"), "vocabulary", "load", str(tab)]
    done = subprocess.run(
        [*command, "--data", str(tmp_path / "data")],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm"},
        check=True,
        timeout=60,
    )
    os.close(theirs)
    assert b"Reading" in os.read(ours, 10_000)
    os.close(ours)
    assert b"Reading" not in done.stdout
