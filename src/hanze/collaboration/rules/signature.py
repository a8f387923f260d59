"""Who signed a record of a pilot: nobody can write a signature that is not the host's own."""

from hanze.collaboration.claims import changed_fields, read_token, verify
from hanze.collaboration.pilots import signing_keys
from hanze.collaboration.records.projects import PilotRecord
from hanze.collaboration.rules.step import RuleBroken, Step

__all__ = ["keep_signature"]


def keep_signature(step: Step[PilotRecord]) -> None:
    """Let a signature in only where it holds for the record, or comes from another node.

    Another node's key is not known here, so its signature is kept as that node's: it must name its
    issuer, which must be none of this node's names, and what it says must be what the record says.

    Raises:
        RuleBroken: Says what does not hold.
    """
    record = step.after
    if record is None:
        return
    if record.signature is None:
        if record.signed_by is not None or record.signed_on is not None:
            raise RuleBroken(
                "signedBy and signedOn need the signature that they tell of",
                field="signature",
            )
        return
    if step.before is not None and step.before.signature == record.signature:
        return
    token = read_token(record.signature)
    if token is None:
        raise RuleBroken("signature must be a JSON Web Signature (RFC 7515)", field="signature")
    changed = changed_fields(record, token.claims)
    if changed or token.claims.get("sub") != record.id:
        raise RuleBroken(
            "signature is of something else: it does not say what the record says in "
            + ", ".join(changed or ("id",)),
            field=(changed or ("signature",))[0],
        )
    keys = signing_keys(step.uow.registers)
    if token.key_id in keys:
        found = verify(record, [keys[token.key_id].jwk])
        if not found.valid:
            raise RuleBroken(
                "signature names a key of this node and was not made with it", field="signature"
            )
        return
    own = {issuer for key in keys.values() for issuer in key.issuers}
    if token.claims.get("iss") != record.signed_by or record.signed_by in own:
        raise RuleBroken(
            "signature is not of a key of this node, so signedBy must name the one that signed",
            field="signedBy",
            value=record.signed_by,
        )
