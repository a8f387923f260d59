"""`hanze source` on a data directory: what it says, in words and in JSON."""

import asyncio
import json
from pathlib import Path

import pytest

from hanze.store.store import Store
from tests.in_process_command import hanze
from tests.running import Finished

CODEC = "function decodeUplink(i) { return {data: {temperature: i.bytes[0] / 2}}; }"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A directory that a node was once started on."""

    async def start() -> None:
        await (await Store.open(tmp_path / "data")).close()

    asyncio.run(start())
    return tmp_path / "data"


def source(data: Path, *arguments: str) -> Finished:
    return hanze("source", *arguments, "--data", str(data))


def test_a_source_should_be_added_shown_tried_paused_and_removed(
    data: Path, tmp_path: Path
) -> None:
    options = ("-o", "type=Device", "-o", "device=id")
    added = source(data, "add", "gate", "json", *options)
    assert added.code == 0, added.err
    assert "Hanze-Source-Secret: " in added.out
    (listed,) = json.loads(source(data, "list", "--json").out)
    assert (listed["name"], listed["state"]) == ("gate", "running")
    message = tmp_path / "message.json"
    message.write_text('{"id": "a", "level": 5}')
    tried = source(data, "test", "gate", str(message))
    assert tried.code == 0
    assert "urn:ngsi-ld:Device:gate:a" in tried.out
    message.write_text("{")
    refused = source(data, "test", "gate", str(message))
    assert refused.code == 1
    assert "Rejected: The message is not JSON" in refused.err
    assert "gate is paused" in source(data, "pause", "gate").out
    assert "paused" in source(data, "show", "gate").out
    assert "once more: 0." in source(data, "replay", "gate").out
    assert source(data, "remove", "gate", "--yes").code == 0
    assert json.loads(source(data, "list", "--json").out) == []


def test_a_decoder_should_be_refused_when_it_fails_its_examples(data: Path, tmp_path: Path) -> None:
    script, examples = tmp_path / "codec.js", tmp_path / "examples.json"
    script.write_text(CODEC)
    examples.write_text('[{"bytes": "2b", "data": {"temperature": 1}}]')
    files = ("--decoder", str(script), "--examples", str(examples))
    refused = source(data, "add", "lora", "chirpstack-v4", *files)
    assert refused.code == 2
    assert "temperature is 21.5" in refused.err
    examples.write_text('[{"bytes": "2b", "data": {"temperature": 21.5}}]')
    assert source(data, "add", "lora", "chirpstack-v4", *files).code == 0
    assert "All examples are as they should be: 1" in source(data, "test", "lora", "--examples").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "none"), "does not exist"),
        (("add", "x", "none"), "there are: "),
        (("add", "x", "json"), "type is needed"),
        (("add", "x", "json", "-o", "type"), "name=value"),
        (("connectors", "none"), "hanze source connectors"),
        (("test",), "Name a source"),
    ],
)
def test_mistakes_should_be_told(data: Path, arguments: tuple[str, ...], said: str) -> None:
    done = source(data, *arguments)
    assert done.code == 2
    assert said in done.err
