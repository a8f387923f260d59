"""How texts are ordered: ICU's collations (CIM 009, 4.9 and 4.23; RFC 6067).

ICU takes any language tag and passes over what it does not know. A client that asks for an order
has to get that order or a clear error, so a tag is checked here before ICU sees it.
"""

from collections.abc import Callable
from functools import lru_cache

# The wheel has no type information; `_SortKey` states what is used of it.
import icu  # type: ignore[import-untyped]

__all__ = ["root_key"]

_SortKey = Callable[[str], bytes]
_root = icu.Collator.createInstance(icu.Locale.getRoot())
_root_key: _SortKey = _root.getSortKey


@lru_cache(maxsize=65_536)
def root_key(text: str) -> tuple[bytes, str]:
    """Key of a text in ICU's root collation; the text itself breaks ties, so the order is total."""
    return _root_key(text), text
