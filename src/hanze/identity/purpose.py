"""For which purpose a request is made: chosen among those that its credentials hold."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from hanze.errors import Denied, InvalidInput
from hanze.identity.caller import Caller

__all__ = ["PURPOSE_HEADER", "PurposeNotHeld", "PurposeUnknown", "purpose_iri", "with_purpose"]

#: Of a request: an IRI or a CURIE.
PURPOSE_HEADER: Final = "hanze-purpose"

_DPV: Final = "https://w3id.org/dpv"
#: As DPV 2.3 itself abbreviates its vocabularies.
_PREFIXES: Final[Mapping[str, str]] = {
    "dpv": f"{_DPV}#",
    "sector-education": f"{_DPV}/sector/education#",
    "sector-finance": f"{_DPV}/sector/finance#",
    "sector-health": f"{_DPV}/sector/health#",
    "sector-infra": f"{_DPV}/sector/infra#",
    "sector-law": f"{_DPV}/sector/law#",
    "sector-publicservices": f"{_DPV}/sector/publicservices#",
}
_IRI: Final = re.compile(r"(?:https?://|urn:)[!-;=?-Z_a-z~#%&'()*+,./@\[\]-]{1,300}")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


class PurposeUnknown(InvalidInput):
    """What is named as purpose is no IRI, and no name in a vocabulary that is known."""

    def __init__(self, text: str) -> None:
        super().__init__(
            "A purpose must be an IRI, or a name such as dpv:ServiceProvision; prefixes are "
            + ", ".join(_PREFIXES),
            field="purpose",
            value=text,
        )


class PurposeNotHeld(Denied):
    """A purpose is stated that the credentials do not hold, or that is not registered."""

    def __init__(self, iri: str) -> None:
        super().__init__(
            f"The purpose {iri[:100]} is not registered for the activity of these credentials"
        )
        self.field = "Hanze-Purpose"
        self.value = iri[:100]


def purpose_iri(text: str) -> str:
    """Write a purpose out.

    Args:
        text: An IRI, or a CURIE with a prefix of DPV's own.

    Raises:
        PurposeUnknown: It is neither.
    """
    text = text.strip()
    prefix, _, name = text.partition(":")
    if prefix in _PREFIXES and _NAME.fullmatch(name):
        return _PREFIXES[prefix] + name
    if not _IRI.fullmatch(text):
        raise PurposeUnknown(text)
    return text


def with_purpose(caller: Caller, asked: str | None) -> Caller:
    """Choose the purpose of a request: what it states, else the only one that there is.

    Args:
        asked: Value of `Hanze-Purpose`.

    Raises:
        PurposeUnknown: It is neither an IRI nor a CURIE.
        PurposeNotHeld: The caller may not state it.
    """
    if asked is None:
        only = next(iter(caller.purposes)) if len(caller.purposes) == 1 else None
        return caller if only is None else replace(caller, purpose=only)
    iri = purpose_iri(asked)
    if iri not in caller.purposes:
        raise PurposeNotHeld(iri)
    return replace(caller, purpose=iri)
