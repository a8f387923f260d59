from typing import Any

import pytest

from hanze.errors import InvalidInput
from hanze.ngsild import patch
from hanze.ngsild.context import CORE
from hanze.ngsild.model import NULL, Attribute, Entity, Fragment
from hanze.ngsild.patch import AttributeNotFound, Patched
from hanze.ngsild.representation.parse import (
    NullPolicy,
    parse_attribute,
    parse_entity,
    parse_fragment,
)
from hanze.ngsild.representation.render import View, normalized

BORN = "2026-01-01T00:00:00Z"
NOW = "2026-02-02T00:00:00Z"
VOCAB = "https://uri.etsi.org/ngsi-ld/default-context/"
SCOPE = "https://uri.etsi.org/ngsi-ld/scope"


def an_entity(**members: Any) -> Entity:
    json = {"id": "urn:ngsi-ld:Bin:1", "type": "Bin", **members}
    return patch.stamp(parse_entity(json, CORE), BORN)


def fragment(nulls: NullPolicy = NullPolicy.UPDATE, *, simplified: bool = False, **members: Any) -> Fragment:  # fmt: skip
    return parse_fragment(members, CORE, nulls, simplified=simplified)


def part(json: Any, *, partial: bool = True) -> Attribute:
    return parse_attribute(json, CORE, VOCAB + "fill", NullPolicy.UPDATE, partial=partial)


def shown(patched: Patched) -> Any:
    """Show attributes as JSON."""
    json = normalized(patched.entity, CORE)
    return {key: value for key, value in json.items() if key not in ("id", "type")}


def moments(patched: Patched, name: str = "fill", index: int = 0) -> tuple[str | None, str | None]:
    attribute = patched.entity.attributes[VOCAB + name][index]
    return attribute.created_at, attribute.modified_at


FILL = {"type": "Property", "value": 5, "unitCode": "P1", "observedAt": BORN}


@pytest.mark.clause("5.2.2")
def test_stamp_should_reach_sub_attributes() -> None:
    entity = an_entity(fill={"value": 1, "sub": {"value": 2, "deep": 3}})
    json = normalized(entity, CORE, View(sys_attrs=True))
    assert json["createdAt"] == json["modifiedAt"] == BORN
    fill: Any = json["fill"]
    assert fill["sub"]["deep"] == {
        "type": "Property",
        "value": 3,
        "createdAt": BORN,
        "modifiedAt": BORN,
    }


class TestAppend:
    pytestmark = pytest.mark.clause("5.6.3.4")

    def test_should_add_and_replace(self) -> None:
        entity = an_entity(fill=FILL, other=1)
        patched = patch.append_attributes(
            entity, fragment(fill={"value": 6}, new=1), NOW, overwrite=True
        )
        assert shown(patched)["fill"] == {"type": "Property", "value": 6}
        assert patched.updated == (VOCAB + "fill", VOCAB + "new")
        assert moments(patched) == (BORN, NOW)
        assert moments(patched, "new") == (NOW, NOW)
        assert moments(patched, "other") == (BORN, BORN)
        assert (patched.entity.created_at, patched.entity.modified_at) == (BORN, NOW)

    def test_should_leave_what_is_there_without_overwrite(self) -> None:
        entity = an_entity(fill=FILL, scope="/a")
        given = fragment(
            type="Other", scope=["/a", "/b"], fill=[{"value": 6}, {"value": 7, "datasetId": "urn:x:1"}], new=1
        )  # fmt: skip
        patched = patch.append_attributes(entity, given, NOW, overwrite=False)
        assert [one.value for one in patched.entity.attributes[VOCAB + "fill"]] == [5, 7]
        assert patched.updated == (VOCAB + "new",)
        assert [name for name, _ in patched.not_updated] == [VOCAB + "fill"]
        assert patched.entity.scope == ("/a", "/b")
        assert patched.entity.types == (VOCAB + "Bin", VOCAB + "Other")

    def test_should_replace_the_scope_with_overwrite(self) -> None:
        patched = patch.append_attributes(
            an_entity(scope="/a"), fragment(scope="/b", expiresAt=NOW), NOW, overwrite=True
        )
        assert (patched.entity.scope, patched.entity.expires_at) == (("/b",), NOW)


class TestUpdate:
    pytestmark = pytest.mark.clause("5.6.2.4")

    def test_should_replace_whole_instances(self) -> None:
        patched = patch.update_attributes(
            an_entity(fill=FILL), fragment(fill={"value": 6, "sub": NULL}), NOW
        )
        assert shown(patched) == {"fill": {"type": "Property", "value": 6}}
        assert moments(patched) == (BORN, NOW)
        (change,) = patched.changes
        assert change.old is not None and change.new is not None
        assert (change.old.value, change.new.value) == (5, 6)

    def test_should_touch_only_the_named_instance(self) -> None:
        entity = an_entity(fill=[{"value": 1}, {"value": 2, "datasetId": "urn:x:1"}])
        patched = patch.update_attributes(
            entity, fragment(fill={"value": 3, "datasetId": "urn:x:1"}), NOW
        )
        assert [one.value for one in patched.entity.attributes[VOCAB + "fill"]] == [1, 3]
        assert moments(patched, index=0) == (BORN, BORN)
        assert moments(patched, index=1) == (BORN, NOW)

    def test_should_delete_by_null(self) -> None:
        entity = an_entity(fill=[{"value": 1}, {"value": 2, "datasetId": "urn:x:1"}], other=1)
        given = fragment(fill={"value": NULL, "datasetId": "urn:x:1"}, other=NULL, absent=NULL)
        patched = patch.update_attributes(entity, given, NOW)
        assert shown(patched) == {"fill": {"type": "Property", "value": 1}}
        assert patched.not_updated == ()

    def test_should_modify_what_is_written_again(self) -> None:
        entity = an_entity(fill=FILL, other=1)
        patched = patch.update_attributes(entity, fragment(fill=FILL), NOW)
        assert shown(patched)["fill"] == FILL
        assert patched.updated == (VOCAB + "fill",)
        assert moments(patched, "fill") == (BORN, NOW)
        assert moments(patched, "other") == (BORN, BORN)

    @pytest.mark.parametrize(("old", "new"), [(1, 1.0), (1, True), ({"a": [1]}, {"a": [1.0]})])
    def test_should_see_numbers_that_are_written_differently(self, old: Any, new: Any) -> None:
        patched = patch.update_attributes(
            an_entity(fill={"value": 1, "sub": {"value": old}}),
            fragment(fill={"value": 1, "sub": {"value": new}}),
            BORN,
        )
        (sub,) = patched.entity.attributes[VOCAB + "fill"][0].attributes[VOCAB + "sub"]
        assert repr(sub.value) == repr(CORE.expand_value(new))

    def test_should_replace_a_scope_but_add_none(self) -> None:
        given = fragment(scope="/b")
        assert patch.update_attributes(an_entity(scope="/a"), given, NOW).entity.scope == ("/b",)
        assert patch.update_attributes(an_entity(), given, NOW).entity.scope == ()
        removed = patch.update_attributes(an_entity(scope="/a"), fragment(scope=NULL), NOW)
        assert removed.entity.scope == ()
        assert removed.entity.modified_at == NOW


class TestPartialUpdate:
    pytestmark = pytest.mark.clause("5.6.4.4")

    def test_should_leave_members_that_are_not_given(self) -> None:
        entity = an_entity(fill={**FILL, "sub": 1, "other": 2})
        patched = patch.update_attribute(
            entity, VOCAB + "fill", part({"value": 6, "sub": 3, "observedAt": NOW}), NOW
        )
        fill = shown(patched)["fill"]
        assert (fill["value"], fill["unitCode"], fill["observedAt"]) == (6, "P1", NOW)
        assert (fill["sub"]["value"], fill["other"]["value"]) == (3, 2)
        (sub,) = patched.entity.attributes[VOCAB + "fill"][0].attributes[VOCAB + "sub"]
        (other,) = patched.entity.attributes[VOCAB + "fill"][0].attributes[VOCAB + "other"]
        assert (sub.modified_at, other.modified_at) == (NOW, BORN)

    def test_should_remove_members_by_null(self) -> None:
        entity = an_entity(fill={**FILL, "sub": 1, "valueType": "X"})
        patched = patch.update_attribute(
            entity,
            VOCAB + "fill",
            part({"unitCode": NULL, "observedAt": NULL, "sub": NULL, "valueType": NULL}),
            NOW,
        )
        assert shown(patched) == {"fill": {"type": "Property", "value": 5}}

    def test_should_delete_the_attribute_by_a_null_value(self) -> None:
        entity = an_entity(fill=FILL, other=1)
        patched = patch.update_attribute(entity, VOCAB + "fill", part({"value": NULL}), NOW)
        assert "fill" not in shown(patched)

    @pytest.mark.parametrize("json", [{"object": "urn:x:2"}, {"type": "JsonProperty", "json": 1}, {"type": "Relationship"}])  # fmt: skip
    def test_should_refuse_another_type(self, json: Any) -> None:
        with pytest.raises(InvalidInput, match="type"):
            patch.update_attribute(an_entity(fill=FILL), VOCAB + "fill", part(json), NOW)

    def test_should_refuse_members_that_the_kind_lacks(self) -> None:
        entity = an_entity(fill={"object": "urn:x:2"})
        with pytest.raises(InvalidInput, match="unitCode must not be in a Relationship"):
            patch.update_attribute(entity, VOCAB + "fill", part({"unitCode": "P1"}), NOW)

    def test_should_not_find_other_instances(self) -> None:
        entity = an_entity(fill={"value": 1, "datasetId": "urn:x:1"})
        for json in ({"value": 2}, {"value": 2, "datasetId": "urn:x:2"}):
            with pytest.raises(AttributeNotFound):
                patch.update_attribute(entity, VOCAB + "fill", part(json), NOW)
        patched = patch.update_attribute(
            entity, VOCAB + "fill", part({"value": 2, "datasetId": "urn:x:1"}), NOW
        )
        assert shown(patched)["fill"]["value"] == 2


class TestReplace:
    @pytest.mark.clause("5.6.19.4")
    def test_attribute_should_keep_created_at(self) -> None:
        patched = patch.replace_attribute(
            an_entity(fill=FILL), VOCAB + "fill", part({"object": "urn:x:2"}, partial=False), NOW
        )
        assert shown(patched) == {"fill": {"type": "Relationship", "object": "urn:x:2"}}
        assert moments(patched) == (BORN, NOW)
        with pytest.raises(AttributeNotFound):
            patch.replace_attribute(an_entity(), VOCAB + "fill", part({"value": 1}), NOW)

    @pytest.mark.clause("5.6.18.4")
    def test_entity_should_keep_created_at_alone(self) -> None:
        entity = an_entity(fill=FILL, gone=1, same=2, scope="/a", expiresAt=NOW)
        content = parse_entity(
            {"id": entity.id, "type": "Other", "fill": 6, "same": 2, "new": 3}, CORE
        )
        patched = patch.replace_entity(entity, content, NOW)
        assert shown(patched).keys() == {"fill", "same", "new"}
        assert patched.entity.types == (VOCAB + "Other",)
        assert (patched.entity.scope, patched.entity.expires_at) == ((), None)
        assert (patched.entity.created_at, patched.entity.modified_at) == (BORN, NOW)
        assert moments(patched) == (BORN, NOW)
        assert moments(patched, "same") == (BORN, NOW)


class TestDelete:
    pytestmark = pytest.mark.clause("5.6.5.4")
    ENTITY = an_entity(fill=[{"value": 1}, {"value": 2, "datasetId": "urn:x:1"}], scope="/a")

    def delete(self, name: str, dataset_id: str | None = None, *, delete_all: bool = False) -> Any:
        patched = patch.delete_attribute(
            self.ENTITY, name, dataset_id=dataset_id, delete_all=delete_all, now=NOW
        )
        assert patched.entity.modified_at == NOW
        return shown(patched)

    def test_should_remove_what_is_meant(self) -> None:
        fill = VOCAB + "fill"
        assert self.delete(fill)["fill"]["value"] == 2
        assert self.delete(fill, "urn:x:1")["fill"]["value"] == 1
        assert self.delete(fill, delete_all=True) == {"scope": "/a"}
        assert self.delete(SCOPE).keys() == {"fill"}

    def test_should_not_find_what_is_absent(self) -> None:
        for name, dataset_id, delete_all in (
            (VOCAB + "absent", None, False),
            (VOCAB + "absent", None, True),
            (VOCAB + "fill", "urn:x:2", False),
        ):
            with pytest.raises(AttributeNotFound):
                self.delete(name, dataset_id, delete_all=delete_all)
        with pytest.raises(AttributeNotFound):
            patch.delete_attribute(an_entity(), SCOPE, dataset_id=None, delete_all=False, now=NOW)

    @pytest.mark.clause("5.6.21.4")
    def test_purge_should_keep_or_drop(self) -> None:
        entity = an_entity(a=1, b=2, scope="/a")
        assert shown(patch.keep_attributes(entity, {VOCAB + "a"}, NOW)).keys() == {"a"}
        assert shown(patch.keep_attributes(entity, {SCOPE}, NOW)).keys() == {"scope"}
        assert shown(patch.drop_attributes(entity, {VOCAB + "a"}, NOW)).keys() == {"b", "scope"}
        assert patch.drop_attributes(entity, {VOCAB + "absent"}, NOW).entity is entity


class TestMerge:
    pytestmark = pytest.mark.clause("5.5.12")

    def merge(self, entity: Entity, simplified: bool = False, **members: Any) -> Patched:
        given = fragment(NullPolicy.MERGE, simplified=simplified, **members)
        return patch.merge_entity(entity, given, NOW, simplified=simplified)

    def test_should_go_into_values(self) -> None:
        address = {"street": "Brink", "city": "Groningen", "geo": {"x": 1, "y": 2}}
        entity = an_entity(address={"value": address, "observedAt": BORN})
        patched = self.merge(entity, address={"value": {"street": NULL, "geo": {"x": 3, "z": 4}}})
        assert shown(patched)["address"] == {
            "type": "Property",
            "value": {"city": "Groningen", "geo": {"x": 3, "y": 2, "z": 4}},
            "observedAt": BORN,
        }
        bare = self.merge(entity, address={"street": "Markt"})
        assert shown(bare)["address"]["value"] == {**address, "street": "Markt"}

    def test_should_drop_nulls_from_what_is_new(self) -> None:
        patched = self.merge(
            an_entity(), a={"value": {"x": NULL, "y": {"z": NULL}}, "sub": NULL}, b=NULL
        )
        assert shown(patched) == {"a": {"type": "Property", "value": {"y": {}}}}

    def test_should_leave_members_that_are_not_given(self) -> None:
        entity = an_entity(fill={**FILL, "sub": {"value": {"x": 1}, "unitCode": "P1"}})
        patched = self.merge(entity, fill={"unitCode": "MTR", "observedAt": NULL, "type": "Property", "sub": {"value": {"y": 2}}})  # fmt: skip
        fill = shown(patched)["fill"]
        assert (fill["value"], fill["unitCode"], "observedAt" in fill) == (5, "MTR", False)
        assert fill["sub"]["value"] == {"x": 1, "y": 2}
        assert fill["sub"]["unitCode"] == "P1"

    def test_should_merge_languages(self) -> None:
        entity = an_entity(name={"languageMap": {"nl": "ja", "fr": "oui"}})
        patched = self.merge(entity, name={"languageMap": {"fr": NULL, "en": "yes"}})
        assert shown(patched)["name"]["languageMap"] == {"nl": "ja", "en": "yes"}
        assert shown(self.merge(entity, name={"languageMap": {"nl": NULL, "fr": NULL}})) == {}

    def test_should_delete_sub_attributes_and_instances(self) -> None:
        entity = an_entity(
            fill=[{"value": 1, "sub": [{"value": 1}, {"value": 2, "datasetId": "urn:x:1"}]}]
        )
        gone = self.merge(entity, fill={"value": 1, "sub": NULL})
        assert shown(gone)["fill"]["sub"]["value"] == 2
        assert shown(self.merge(entity, fill=NULL)) == {}

    def test_should_replace_an_attribute_of_another_type(self) -> None:
        patched = self.merge(an_entity(fill=FILL), fill={"object": "urn:x:2"})
        assert shown(patched)["fill"] == {"type": "Relationship", "object": "urn:x:2"}
        assert moments(patched) == (BORN, NOW)

    def test_should_refuse_a_new_attribute_without_value(self) -> None:
        with pytest.raises(InvalidInput, match="must have a value"):
            self.merge(an_entity(), fill={"unitCode": "P1"})

    def test_should_change_nothing_by_an_empty_fragment(self) -> None:
        entity = an_entity(fill=FILL)
        assert self.merge(entity).entity is entity
        assert self.merge(entity, absent=NULL).entity is entity

    @pytest.mark.clause("5.6.17.4")
    def test_should_use_the_common_observed_at_where_there_was_one(self) -> None:
        entity = an_entity(a={"value": 1, "observedAt": BORN}, b={"value": 1}, c={"value": 1, "observedAt": BORN})  # fmt: skip
        given = fragment(NullPolicy.MERGE, a=2, b=2, c={"value": 2, "observedAt": BORN})
        json = shown(patch.merge_entity(entity, given, NOW, observed_at=NOW))
        assert json["a"]["observedAt"] == NOW
        assert "observedAt" not in json["b"]
        assert json["c"]["observedAt"] == BORN

    @pytest.mark.clause("6.5.3.4")
    @pytest.mark.parametrize("simplified", [True, False])
    def test_should_put_a_string_into_its_language(self, simplified: bool) -> None:
        entity = an_entity(name={"languageMap": {"nl": "ja", "en": "yes"}})
        given = fragment(NullPolicy.MERGE, simplified=simplified, name="yep")
        patched = patch.merge_entity(entity, given, NOW, lang="en", simplified=simplified)
        assert shown(patched)["name"]["languageMap"] == {"nl": "ja", "en": "yep"}

    @pytest.mark.clause("6.5.3.4")
    def test_should_keep_the_types_of_simplified_attributes(self) -> None:
        point = {"type": "Point", "coordinates": [6.5, 53.2]}
        entity = an_entity(
            p=1,
            u={"value": 1, "unitCode": "P1"},
            r={"object": "urn:x:1"},
            lr={"objectList": ["urn:x:1"]},
            lp={"valueList": [1]},
            j={"json": {"a": 1}},
            g=point,
            v={"vocab": "x"},
        )
        north = {"type": "Point", "coordinates": [6.5, 54.0]}
        patched = self.merge(
            entity, True, p=north, u=7, r="urn:x:2", lr=["urn:x:3"], lp=[2], j={"json": {"b": 2}}, g=north, v={"vocab": "y"}, n=1
        )  # fmt: skip
        assert shown(patched) == {
            "p": {"type": "Property", "value": north},
            "u": {"type": "Property", "value": 7, "unitCode": "P1"},
            "r": {"type": "Relationship", "object": "urn:x:2"},
            "lr": {"type": "ListRelationship", "objectList": [{"object": "urn:x:3"}]},
            "lp": {"type": "ListProperty", "valueList": [2]},
            "j": {"type": "JsonProperty", "json": {"a": 1, "b": 2}},
            "g": {"type": "GeoProperty", "value": north},
            "v": {"type": "VocabProperty", "vocab": "y"},
            "n": {"type": "Property", "value": 1},
        }
        for wrong in ({"r": "no uri"}, {"r": 5}, {"g": 5}, {"v": "y"}, {"j": 5}, {"lp": 5}, {"p": {"vocab": "x"}}):  # fmt: skip
            with pytest.raises(InvalidInput):
                self.merge(entity, True, **wrong)

    def test_should_replace_and_remove_the_scope(self) -> None:
        entity = an_entity(scope="/a", expiresAt=NOW)
        assert self.merge(entity, scope="/b").entity.scope == ("/b",)
        removed = self.merge(entity, scope=NULL, expiresAt=NULL, type="Other").entity
        assert (removed.scope, removed.expires_at) == ((), None)
        assert removed.types == (VOCAB + "Bin", VOCAB + "Other")

    def test_should_overlay_every_member(self) -> None:
        proof = {"type": "Property", "value": {"x": 1}, "entityIdSealed": "urn:x:1", "entityTypeSealed": "Bin"}  # fmt: skip
        entity = an_entity(r={"object": "urn:x:2", "objectType": "Bin"}, p={"value": 1, "ngsildproof": proof})  # fmt: skip
        typed = self.merge(entity, r={"object": "urn:x:3", "objectType": ["Bin", "Can"]})
        assert shown(typed)["r"]["objectType"] == ["Bin", "Can"]
        untyped = self.merge(entity, r={"type": "Relationship", "objectType": NULL})
        assert "objectType" not in shown(untyped)["r"]
        fresh = self.merge(entity, n={"object": "urn:x:3", "objectType": NULL, "observedAt": NULL})
        assert shown(fresh)["n"] == {"type": "Relationship", "object": "urn:x:3"}
        sealed = self.merge(entity, p={"value": 1, "ngsildproof": {**proof, "entityIdSealed": "urn:x:9"}})  # fmt: skip
        assert shown(sealed)["p"]["ngsildproof"]["entityIdSealed"] == "urn:x:9"

    def test_should_put_instances_beside_each_other(self) -> None:
        entity = an_entity(fill=[{"value": 1}, {"value": 2, "datasetId": "urn:x:1"}])
        patched = self.merge(
            entity, fill=[{"value": 3, "datasetId": "urn:x:2"}, {"unitCode": "P1"}]
        )
        assert [
            (one.dataset_id, one.value, one.unit_code)
            for one in patched.entity.attributes[VOCAB + "fill"]
        ] == [(None, 1, "P1"), ("urn:x:1", 2, None), ("urn:x:2", 3, None)]


@pytest.mark.clause("4.22")
def test_expiry_should_be_set_and_removed() -> None:
    entity = an_entity(expiresAt=NOW)
    assert patch.update_attributes(entity, fragment(expiresAt=NULL), NOW).entity.expires_at is None
    later = fragment(expiresAt="2030-01-01T00:00:00Z")
    assert patch.append_attributes(entity, later, NOW, overwrite=False).entity.expires_at == NOW


@pytest.mark.clause("4.8")
def test_stamp_should_leave_what_was_read_with_the_same_moment() -> None:
    json: Any = {"id": "urn:ngsi-ld:Bin:1", "type": "Bin", "fill": FILL}
    read = parse_entity(json, CORE, now=BORN)
    assert patch.stamp(read, BORN) is read
    assert read == an_entity(fill=FILL)
    assert patch.stamp(read, NOW).attributes[VOCAB + "fill"][0].created_at == NOW
