"""`hanze pilot`: pilots that their host signs, and checking what another host signed."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click
import httpx
import msgspec

from hanze.cli.asking import ask_json, open_api
from hanze.cli.exits import FAILED
from hanze.cli.options import data_option, json_option, token_file_option, url_option
from hanze.cli.output import print_json
from hanze.collaboration.claims import Jwk, Verification, verify
from hanze.collaboration.records.entities import read_as
from hanze.collaboration.records.projects import PilotRecord
from hanze.errors import ConfigurationError, InvalidInput, Unavailable
from hanze.ngsild.model import JsonValue
from hanze.ngsild.representation.parse import parse_entity
from hanze.ngsild.vocabulary import HANZE
from hanze.node.clock import utc_now
from hanze.node.signing import SIGNING_FILE, SigningKeys
from hanze.transport.answers import reason_of

__all__ = ["NoKeySet", "SourceUnreadable", "pilot"]

_TIMEOUT_S = 20.0
_MOST_BYTES = 2_000_000

_MEANINGS = {
    "unsigned": "it carries no signature",
    "malformed": "it is no signed pilot: neither a token (JWT) nor a record",
    "wrong-algorithm": "it is signed with another algorithm than Ed25519",
    "unknown-key": "none of the keys given is the one that it names",
    "wrong-signature": "the signature was not made with the key that it names",
    "other-record": "the signature is of another record",
    "other-signer": "it does not say who signed",
    "changed": "what the record says is not what was signed",
}


class SourceUnreadable(Unavailable):
    """A file or address cannot be read."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source} cannot be read: {reason}")
        self.source = source


class NoKeySet(ConfigurationError):
    """What was given as keys is no JSON Web Key Set."""

    def __init__(self, source: str) -> None:
        super().__init__(f"{source} is no JSON Web Key Set (RFC 7517): an object with keys")


class _KeySet(msgspec.Struct):
    keys: list[dict[str, msgspec.Raw]]


@click.group()
def pilot() -> None:
    """Sign pilots for their host, and check what another host signed."""


@pilot.command()
@click.argument("record")
@url_option
@data_option
@token_file_option
@json_option
def sign(
    *, record: str, url: str | None, data: Path, token_file: Path | None, as_json: bool
) -> None:
    """Sign the pilot RECORD (its id) for its host: what is signed cannot change after.

    The token that is shown says everything by itself; the company takes it along.
    """

    async def ask() -> JsonValue:
        async with open_api(url, data, token_file=token_file, writes=True) as client:
            return await ask_json(client, "POST", f"/api/v1/pilots/{record}/signature")

    answer = asyncio.run(ask())
    if as_json:
        print_json(answer)
    elif isinstance(answer, dict):
        click.echo(answer["token"])
        click.echo(f"Signed by {answer['signedBy']}.", err=True)


@pilot.command("verify")
@click.argument("source")
@click.option(
    "--jwks",
    required=True,
    help="The host's public keys: a file, or an address that ends in /.well-known/jwks.json.",
)
@json_option
def check(*, source: str, jwks: str, as_json: bool) -> int:
    """Check a signed pilot: a file or an address, with a token (JWT) or a record.

    A record is compared with what was signed, field by field. Nobody is asked but the addresses
    given: with files, it works without a network. Exits with 1 where the signature does not hold.
    """
    found = verify(_signed(_text(source)), _keys(jwks))
    if as_json:
        print_json(_plain(found))
    elif found.valid:
        click.echo(f"Valid: signed by {found.issuer}, key {found.key_id}.")
        click.echo(f"The signature covers {', '.join(found.covered)}.", err=True)
    else:
        for reason in found.reasons:
            fields = f" in {', '.join(reason.fields)}" if reason.fields else ""
            click.echo(f"Not valid: {_MEANINGS[reason.code]}{fields}.")
    return 0 if found.valid else FAILED


@pilot.command("rotate-key")
@data_option
@json_option
def rotate_key(*, data: Path, as_json: bool) -> None:
    """Make a new key that signs from now on, also for a running node.

    The key before it is published on, so that what it signed can still be checked; its private part
    is thrown away.
    """
    keys = SigningKeys(data / SIGNING_FILE, issuer="", clock=utc_now)
    key_id = keys.rotate()
    if as_json:
        print_json({"kid": key_id})
    else:
        click.echo(key_id)


def _signed(text: str) -> PilotRecord | str:
    """Read a token, or a record as NGSI-LD or as `/api/v1/records/{id}` answers it."""
    plain = text.strip()
    if not plain.startswith("{"):
        return plain
    try:
        json = msgspec.json.decode(plain)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidInput(f"The record is not valid JSON: {error}") from error
    inner = json.get("entity", json)
    members = {name: value for name, value in inner.items() if name != "@context"}
    return read_as(parse_entity(members, HANZE), PilotRecord)


def _keys(source: str) -> Sequence[Jwk]:
    try:
        found = msgspec.json.decode(_text(source), type=_KeySet)
    except msgspec.DecodeError as error:
        raise NoKeySet(source) from error
    return [
        {name: text for name, raw in key.items() if (text := _word(raw)) is not None}
        for key in found.keys
    ]


def _word(raw: msgspec.Raw) -> str | None:
    """Read a member that is text; keys of others may have more."""
    value = msgspec.json.decode(bytes(raw))
    return value if isinstance(value, str) else None


def _text(source: str) -> str:
    try:
        if source.startswith(("http://", "https://")):
            return _fetched(source)
        return Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceUnreadable(source, str(error)) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SourceUnreadable(source, reason_of(error)) from error


def _fetched(url: str) -> str:
    raw = bytearray()
    with httpx.stream("GET", url, timeout=_TIMEOUT_S) as answer:
        if not answer.is_success:
            raise SourceUnreadable(url, f"status {answer.status_code}")
        for chunk in answer.iter_bytes():
            raw += chunk
            if len(raw) > _MOST_BYTES:
                raise SourceUnreadable(url, f"more than {_MOST_BYTES} bytes")
    return raw.decode()


def _plain(found: Verification) -> JsonValue:
    return {
        "valid": found.valid,
        "reasons": [{"code": one.code, "fields": list(one.fields)} for one in found.reasons],
        "keyId": found.key_id,
        "issuer": found.issuer,
        "covered": list(found.covered),
        "claims": dict(found.claims) if found.claims is not None else None,
    }
