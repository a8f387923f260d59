"""Type selections, scope queries, projections and language filters (CIM 009, 4.15 to 4.21)."""

import pytest

from hanze.errors import InvalidInput
from hanze.ngsild.context import CORE
from hanze.ngsild.query.language import LanguageRange, choose, parse_languages
from hanze.ngsild.query.parse_scopes import parse_scopes
from hanze.ngsild.query.parse_types import parse_types
from hanze.ngsild.query.projection import Projection, ProjectionTerm, parse_projection
from hanze.ngsild.query.scopes import matches_scopes
from hanze.ngsild.query.tree import ScopePattern
from hanze.ngsild.query.types import matches_types

ANY = "https://uri.etsi.org/ngsi-ld/default-context/"


@pytest.mark.clause("4.17")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Building", [{"Building"}]),
        ("Building|House", [{"Building"}, {"House"}]),
        ("Building,House", [{"Building"}, {"House"}]),
        ("(Home;Vehicle)", [{"Home", "Vehicle"}]),
        ("(Home;Vehicle),Motorhome", [{"Home", "Vehicle"}, {"Motorhome"}]),
        ("(Home)|(A;B)", [{"Home"}, {"A", "B"}]),
    ],
)
def test_types_should_be_read(text: str, expected: list[set[str]]) -> None:
    wanted = tuple(frozenset(ANY + name for name in group) for group in expected)
    assert parse_types(text, CORE) == wanted


@pytest.mark.clause("4.17")
def test_types_may_be_iris_or_all() -> None:
    assert parse_types("https://x.org/T", CORE) == (frozenset({"https://x.org/T"}),)
    assert parse_types("*", CORE) is None


@pytest.mark.clause("4.17")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "A;B",
        "A|",
        ",A",
        "(A",
        "A)",
        "(A|B)",
        "((A;B))",
        "A B",
        "1A",
        "A-B",
        "()",
        "(A;)",
        "*,A",
        "A," * 1001 + "A",
    ],
)
def test_wrong_type_selections_should_be_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_types(text, CORE)
    assert caught.value.field == "type"


@pytest.mark.clause("4.17")
def test_matches_types_should_need_a_whole_group() -> None:
    selection = (frozenset({"A", "B"}), frozenset({"C"}))
    assert matches_types(selection, ("B", "A", "D"))
    assert matches_types(selection, ("C",))
    assert not matches_types(selection, ("A",))


@pytest.mark.clause("4.19")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/Deventer", ((ScopePattern(("Deventer",)),),)),
        ("Deventer", ((ScopePattern(("Deventer",)),),)),
        ("/#", ((ScopePattern((), below=True),),)),
        ("/Deventer/Parken/#", ((ScopePattern(("Deventer", "Parken"), below=True),),)),
        ("/Deventer/+/Parque_1", ((ScopePattern(("Deventer", "+", "Parque_1")),),)),
        ("(/A/B;/C)", ((ScopePattern(("A", "B")), ScopePattern(("C",))),)),
        ("(/A;/C)|B", ((ScopePattern(("A",)), ScopePattern(("C",))), (ScopePattern(("B",)),))),
        ('"/A,/B"', ((ScopePattern(("A",)),), (ScopePattern(("B",)),))),
    ],
)
def test_scope_queries_should_be_read(text: str, expected: object) -> None:
    assert parse_scopes(text) == expected


@pytest.mark.clause("4.19")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "#",
        "//A",
        "/A/",
        "/A;/B",
        "(/A",
        "/A)",
        "/A|",
        "/A/#/B",
        "/1",
        "/A-B",
        "/A/++",
        "()",
        "/A," * 1001 + "/A",
        '""',
    ],
)
def test_wrong_scope_queries_should_be_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_scopes(text)
    assert (caught.value.field, caught.value.clause) == ("scopeQ", "4.19")


@pytest.mark.clause("4.19")
@pytest.mark.parametrize(
    ("text", "scopes", "expected"),
    [
        ("/Deventer", ["/Deventer"], True),
        ("/Deventer", ["Deventer"], True),
        ("/Deventer", ["/Deventer/Parken"], False),
        ("/Deventer/#", ["/Deventer"], True),
        ("/Deventer/#", ["/Deventer/Parken/Norte"], True),
        ("/Deventer/#", ["/Deventera"], False),
        ("/Deventer/+/Norte", ["/Deventer/Sights/Norte"], True),
        ("/Deventer/+/Norte", ["/Deventer/Norte"], False),
        ("/+/#", ["/Deventer/Norte"], True),
        ("(/A;/B)", ["/A", "/B"], True),
        ("(/A;/B)", ["/A"], False),
        ("(/A;/B)|/C", ["/C"], True),
        ("/#", ["/A"], True),
        ("/#", [], False),
    ],
)
def test_scopes_should_match_by_level(text: str, scopes: list[str], expected: bool) -> None:
    assert matches_scopes(parse_scopes(text), scopes) is expected


@pytest.mark.clause("4.21")
def test_projections_should_be_read() -> None:
    assert parse_projection(None, None, CORE) is None
    found = parse_projection("id,type|temperature", "observation{humidity,s{x}}", CORE)
    assert found == Projection(
        (ProjectionTerm("@id"), ProjectionTerm("@type"), ProjectionTerm(ANY + "temperature")),
        (
            ProjectionTerm(
                ANY + "observation",
                (
                    ProjectionTerm(ANY + "humidity"),
                    ProjectionTerm(ANY + "s", (ProjectionTerm(ANY + "x"),)),
                ),
            ),
        ),
    )
    assert found.depth() == 2
    assert Projection().depth() == 0


@pytest.mark.clause("4.21")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,",
        ",a",
        "a b",
        "a{",
        "a{}",
        "a{b",
        "a{b}c",
        "a;b",
        "1a",
        "a[b]",
        "a{" * 30,
        "a," * 1001 + "a",
    ],
)
def test_wrong_projections_should_be_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_projection(text, None, CORE)
    assert caught.value.field == "pick"
    with pytest.raises(InvalidInput):
        parse_projection(None, text, CORE)


@pytest.mark.clause("4.15")
def test_languages_should_be_ranked_by_quality() -> None:
    assert parse_languages("fr-CH,fr;q=0.9, en;q=0.95,*;q=0.5") == (
        LanguageRange("fr-ch"),
        LanguageRange("en", 0.95),
        LanguageRange("fr", 0.9),
        LanguageRange("*", 0.5),
    )
    assert parse_languages('"en"') == (LanguageRange("en"),)


@pytest.mark.clause("4.15")
@pytest.mark.parametrize(
    "text", ["", ",", "en,", "en;q=2", "en;q=x", "e n", "123456789", "en;p=1", "a," * 600 + "a"]
)
def test_wrong_language_filters_should_be_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_languages(text)
    assert caught.value.field == "lang"


@pytest.mark.clause("4.15")
@pytest.mark.parametrize(
    ("text", "languages", "expected"),
    [
        ("en", ["fr", "en"], "en"),
        ("EN", ["fr", "en"], "en"),
        ("fr-CH,fr", ["en", "fr"], "fr"),
        ("fr", ["en", "fr-CH"], "fr-CH"),
        ("fr-BE", ["en", "fr"], "fr"),
        ("fr-BE,en", ["fr", "en"], "en"),
        ("fr;q=0.5,en", ["fr", "en"], "en"),
        ("nl", ["fr", "en"], "fr"),
        ("nl", ["fr", "@none"], "@none"),
        ("*", ["fr", "en"], "fr"),
        ("nl,*;q=0.5", ["fr"], "fr"),
        ("fr;q=0", ["fr", "en"], "en"),
        ("*,fr;q=0", ["fr", "en"], "en"),
        ("fr;q=0", ["fr"], "fr"),
    ],
)
def test_choose_should_find_the_best_language(
    text: str, languages: list[str], expected: str
) -> None:
    chosen = choose({tag: tag.upper() for tag in languages}, parse_languages(text))
    assert chosen == (expected, expected.upper())


@pytest.mark.clause("4.15")
def test_choose_should_find_nothing_in_an_empty_map() -> None:
    assert choose({}, parse_languages("en")) is None
