"""What of an entity is shown, whatever the representation (CIM 009, 4.5.5.1, 4.15, 6.3.11)."""

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from hanze.ngsild.model import Attribute, AttributeKind, Instances
from hanze.ngsild.query.language import Languages, choose

__all__ = ["PLAIN", "View", "shown"]


@dataclass(frozen=True, slots=True)
class View:
    """How entities are to be shown.

    Attributes:
        sys_attrs: Whether `createdAt`, `modifiedAt` and `expiresAt` are shown.
        languages: The language filter; `None` shows LanguageProperties as they are.
        dataset_ids: Only these instances, `None` among them for the default instance; `None` for
            all instances.
    """

    sys_attrs: bool = False
    languages: Languages | None = None
    dataset_ids: frozenset[str | None] | None = None


PLAIN = View()


def shown(instances: Instances, view: View) -> Instances:
    """Leave out instances that were not asked for, and choose languages; may leave none."""
    if view.dataset_ids is not None:
        instances = tuple(one for one in instances if one.dataset_id in view.dataset_ids)
    if view.languages is not None:
        instances = tuple(_in_language(one, view.languages) for one in instances)
    return instances


def _in_language(attribute: Attribute, languages: Languages) -> Attribute:
    """Turn a LanguageProperty into a Property in the best language, at any depth (4.15)."""
    if attribute.attributes:
        attributes = {
            name: tuple(_in_language(one, languages) for one in instances)
            for name, instances in attribute.attributes.items()
        }
        attribute = replace(attribute, attributes=attributes)
    if attribute.kind is AttributeKind.LANGUAGE_PROPERTY and isinstance(attribute.value, Mapping):
        chosen = choose(attribute.value, languages)
        if chosen is not None:
            # valueType can only say that the value is a language map.
            return replace(
                attribute,
                kind=AttributeKind.PROPERTY,
                value=chosen[1],
                lang=chosen[0],
                value_type=None,
            )
    return attribute
