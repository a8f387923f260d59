"""Changes of entities as pure functions: entity, fragment, now → what becomes of it (5.5.8, 5.5.12).

Every function returns a `Patched`. Only what really differs counts as changed: it gets `now` as
`modifiedAt`, and so does the entity; all else keeps its system attributes, so that repeating a
request changes nothing. Numbers differ when they are written differently (1 and 1.0).
"""

from hanze.ngsild.patch.draft import AttributeNotFound, Change, Patched
from hanze.ngsild.patch.merge import merge_entity
from hanze.ngsild.patch.operations import (
    append_attributes,
    delete_attribute,
    drop_attributes,
    keep_attributes,
    replace_attribute,
    replace_entity,
    update_attribute,
    update_attributes,
)
from hanze.ngsild.patch.stamp import stamp

__all__ = [
    "AttributeNotFound",
    "Change",
    "Patched",
    "append_attributes",
    "delete_attribute",
    "drop_attributes",
    "keep_attributes",
    "merge_entity",
    "replace_attribute",
    "replace_entity",
    "stamp",
    "update_attribute",
    "update_attributes",
]
