"""What counts as a URI (CIM 009, 4.6.3; RFC 3986 and, for IRIs, RFC 3987)."""

import re
from functools import lru_cache

__all__ = ["is_uri"]

_URI = re.compile(r'[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>"{}|\\^`\x00-\x1f\x7f]+')


# Targets and sources recur: the check of a known URI is a dictionary look-up.
@lru_cache(maxsize=16384)
def is_uri(text: str) -> bool:
    """Tell whether a text is an absolute URI or IRI: a scheme, a colon, and no forbidden sign."""
    return _URI.fullmatch(text) is not None
