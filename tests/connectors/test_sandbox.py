"""Scripts of others: what they decode, and what happens when they do wrong."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, strategies

from hanze.connectors.sandbox import Sandbox
from hanze.connectors.sandbox_frames import HEADER, pack_request, read_results, size_of_frame
from hanze.connectors.streaming import Scripted, Uplink
from hanze.errors import InvalidInput

CODEC = """
function decodeUplink(input) {
  if (input.bytes.length < 2) { return {errors: ["too short"]}; }
  var value = (input.bytes[0] << 8 | input.bytes[1]) / 10;
  return {data: {temperature: value, port: input.fPort, year: input.recvTime.getUTCFullYear()},
          warnings: value > 100 ? ["hot"] : []};
}
"""
UPLINK = Uplink(data=bytes([0, 215]), f_port=2, received_at="2026-11-22T04:00:00Z")


def _saying(text: str) -> str:
    """A script that writes its answer itself."""
    said = json.dumps(text)
    return f"JSON.stringify = () => {said}; function decodeUplink(i) {{ return 1; }}"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    made = Sandbox(patience_s=2.0)
    yield made
    await made.close()


async def test_run_should_decode_each_uplink(sandbox: Sandbox) -> None:
    hot = Uplink(data=bytes([255, 0]), f_port=1, received_at="2025-01-01T00:00:00Z")
    found = await sandbox.run(CODEC, [UPLINK, hot, Uplink(data=b"", f_port=1)])
    assert found == [
        Scripted(data={"temperature": 21.5, "port": 2, "year": 2026}),
        Scripted(data={"temperature": 6528, "port": 1, "year": 2025}, warnings=("hot",)),
        Scripted(errors=("too short",)),
    ]


@pytest.mark.parametrize(
    "script",
    [
        "function Decode(fPort, bytes) { return {first: bytes[0] + fPort}; }",
        "function Decoder(bytes, port) { return {first: bytes[0] + port}; }",
        "module.exports = {decodeUplink: i => ({data: {first: i.bytes[0] + i.fPort}})};",
        "exports.decodeUplink = function (i) { return {data: {first: i.bytes[0] + i.fPort}}; };",
    ],
)
async def test_run_should_know_the_older_ways(sandbox: Sandbox, script: str) -> None:
    assert await sandbox.run(script, [UPLINK]) == [Scripted(data={"first": 2})]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("function decodeUplink(i) { while (true) {} }", "longer than it may"),
        ("while (true) {}", "longer than it may"),
        (
            "function decodeUplink(i) { var a = []; while (true) { a.push(new Array(9999)); } }",
            "more memory|longer than",
        ),
        (
            "function decodeUplink(i) { var s = 'x'; while (true) { s += s; } }",
            "memory|longer|length",
        ),
        ("function decodeUplink(i) { return decodeUplink(i); }", "too deep|fails"),
        ("function decodeUplink(i) { return require('fs'); }", "require"),
        ("function decodeUplink(i) { return fetch('http://localhost'); }", "fetch"),
        ("function decodeUplink(i) { return {data: 5}; }", "no object `data`"),
        ("function decodeUplink(i) { return 5; }", "no object"),
        ("function decodeUplink(i) { throw new Error('broken'); }", "broken"),
        ("this is no script", "fails"),
        (_saying('{"data": {"a": 1e999}}'), "no JSON"),
        (_saying('{"data": {"a": NaN}}'), "no JSON"),
        (_saying(r'{"data": {"a": "\ud800"}}'), "no JSON"),
        (_saying('{"data": {"a": ' + "9" * 5_000 + "}}"), "no JSON|process"),
        (_saying("[" * 100_000), "no JSON"),
        ("function decodeUplink(i) { throw {toString() { while (true) {} }}; }", "longer than"),
        ("var x = 1;", "no function"),
        ("function decodeUplink(i) { return {data: {a: new Array(5e6).fill('abc')}}; }", "."),
    ],
)
async def test_run_should_reject_and_go_on_when_a_script_does_wrong(
    sandbox: Sandbox, script: str, reason: str
) -> None:
    (found,) = await sandbox.run(script, [UPLINK])
    assert found.data is None
    assert len(found.errors) == 1
    assert re.search(reason, found.errors[0]), found.errors
    (good,) = await sandbox.run(CODEC, [UPLINK])
    assert good.data is not None


async def test_run_should_go_on_when_the_process_is_gone(sandbox: Sandbox) -> None:
    assert (await sandbox.run(CODEC, [UPLINK]))[0].data
    process = sandbox._process
    assert process is not None
    process.kill()
    await process.wait()
    assert (await sandbox.run(CODEC, [UPLINK, UPLINK]))[1].data


async def test_scripts_should_not_see_each_other(sandbox: Sandbox) -> None:
    await sandbox.run("var secret = 5; function decodeUplink(i) { return {data: {}}; }", [UPLINK])
    asking = "function decodeUplink(i) { return {data: {seen: typeof secret}}; }"
    assert await sandbox.run(asking, [UPLINK]) == [Scripted(data={"seen": "undefined"})]


@given(strategies.binary(max_size=300))
def test_read_results_should_refuse_what_is_no_answer(body: bytes) -> None:
    try:
        found = read_results(body, 1)
    except InvalidInput:
        return
    assert len(found) == 1


@given(
    strategies.recursive(
        strategies.none() | strategies.booleans() | strategies.integers() | strategies.text(),
        lambda inner: strategies.lists(inner) | strategies.dictionaries(strategies.text(), inner),
        max_leaves=10,
    )
)
def test_read_results_should_take_whatever_a_script_returns(result: object) -> None:
    (found,) = read_results(json.dumps({"results": [result]}).encode(), 1)
    assert (found.data is None) == bool(found.errors)


def test_frames_should_say_how_long_they_are() -> None:
    frame = pack_request("x", [UPLINK])
    assert size_of_frame(frame[: HEADER.size]) == len(frame) - HEADER.size
    with pytest.raises(InvalidInput):
        size_of_frame(b"\xff\xff\xff\xff")


async def test_run_should_decode_the_vectors_of_a_manufacturer(
    sandbox: Sandbox, shared_data: Path
) -> None:
    """The recording has what goes in and comes out; the decoder here is ours, of its manual."""
    examples = json.loads(
        (shared_data / "live/lorawan/decentlab_dl-pm-codec.examples.json").read_text()
    )
    script = """
    function decodeUplink(input) {
      var version = input.bytes[0];
      if (version !== 2) { return {errors: ["protocol version " + version]}; }
      return {data: {protocol_version: version, device_id: input.bytes[1] << 8 | input.bytes[2]}};
    }
    """
    vectors = [one for one in examples["examples"] if "device_id" in one["values"]]
    uplinks = [Uplink(data=bytes(one["bytes"]), f_port=examples["fPort"]) for one in vectors]
    found = await sandbox.run(script, uplinks)
    assert [one.data and one.data["device_id"] for one in found] == [
        one["values"]["device_id"] for one in vectors
    ]
    assert found
