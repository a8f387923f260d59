"""q, from text to tree (CIM 009, 4.9)."""

import pytest

from hanze.errors import InvalidInput
from hanze.ngsild.context import CORE, Context, build_context
from hanze.ngsild.query.parse import parse_q
from hanze.ngsild.query.tree import (
    And,
    Comparison,
    Exists,
    LinkedPath,
    Match,
    Moment,
    MomentKind,
    Operator,
    Or,
    QueryNode,
    Range,
    Uri,
    ValuePath,
    Values,
)

CORE_NS = "https://uri.etsi.org/ngsi-ld/"
ANY = CORE_NS + "default-context/"


@pytest.fixture(scope="module")
def context() -> Context:
    terms = {"ex": "https://example.org/", "Male": "ex:Male", "gender": "ex:gender"}
    return build_context([terms], [terms])


def name(text: str) -> ValuePath:
    return ValuePath((ANY + text,))


def compared(text: str, operator: Operator = Operator.EQUAL) -> object:
    node = parse_q("a" + text, CORE)
    assert isinstance(node, Comparison)
    assert node.operator is operator
    return node.operand


@pytest.mark.clause("4.9")
@pytest.mark.parametrize(
    ("text", "operand"),
    [
        ("==20", 20),
        ("==-1.5e3", -1500.0),
        ('=="Mercurius"', "Mercurius"),
        ('=="a;b|c)\\"\\u00e9"', 'a;b|c)"é'),
        ("==true", True),
        ("==false", False),
        ('== "Vauxhall Viva"', "Vauxhall Viva"),
        ('=="black", "red"', Values(("black", "red"))),
        ("==10..20", Range(10, 20)),
        ("==0.5..1.5", Range(0.5, 1.5)),
        ('=="a".."b"', Range("a", "b")),
        ('=="black","red"', Values(("black", "red"))),
        ('==1,"x",true,urn:x:1', Values((1, "x", True, Uri("urn:x:1")))),
        ("==urn:ngsi-ld:A:1", Uri("urn:ngsi-ld:A:1")),
        ("==https://x.org/a_(b)?c=d&e", Uri("https://x.org/a_(b)?c=d&e")),
        ("==Mercurius", Uri("Mercurius")),
        ("==1970-01-01T00:00:01Z", Moment(MomentKind.DATE_TIME, 1_000_000)),
        ("==1970-01-01T00:00:01,5Z", Moment(MomentKind.DATE_TIME, 1_500_000)),
        ("==1970-01-02", Moment(MomentKind.DATE, 86_400_000_000)),
        ("==00:00:01Z", Moment(MomentKind.TIME, 1_000_000)),
        (
            "==1970-01-01..1970-01-02",
            Range(Moment(MomentKind.DATE, 0), Moment(MomentKind.DATE, 86_400_000_000)),
        ),
    ],
)
def test_operands_should_be_read_by_their_form(text: str, operand: object) -> None:
    found = compared(text)
    assert found == operand
    assert type(found) is type(operand)


@pytest.mark.clause("4.9")
@pytest.mark.parametrize("operator", list(Operator))
def test_every_operator_should_be_read(operator: Operator) -> None:
    assert compared(f"{operator.value}5", operator) == 5


@pytest.mark.clause("4.9")
def test_and_should_bind_closer_than_or() -> None:
    a, b, c = (Exists(name(n)) for n in "abc")
    assert parse_q("a;b|c", CORE) == Or((And((a, b)), c))
    assert parse_q("a|b;c", CORE) == Or((a, And((b, c))))
    assert parse_q("(a|b);c", CORE) == And((Or((a, b)), c))
    nested = '((speed>50|rpm>3000);builder=="Mercurius")'
    assert parse_q(nested, CORE) == And(
        (
            Or(
                (
                    Comparison(name("speed"), Operator.GREATER, 50),
                    Comparison(name("rpm"), Operator.GREATER, 3000),
                )
            ),
            Comparison(name("builder"), Operator.EQUAL, "Mercurius"),
        )
    )


@pytest.mark.clause("4.9")
@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a", name("a")),
        ("température_2", name("température_2")),
        ("createdAt", ValuePath((CORE_NS + "createdAt",))),
        ("a.observedAt", ValuePath((ANY + "a", CORE_NS + "observedAt"))),
        ("a.b[c.d]", ValuePath((ANY + "a", ANY + "b"), (ANY + "c", ANY + "d"), ("c", "d"))),
        ("a[en-GB]", ValuePath((ANY + "a",), (ANY + "en-GB",), ("en-GB",))),
        ("id", ValuePath(("@id",))),
        ("scope", ValuePath((CORE_NS + "scope",))),
        ("https://x.org/a", ValuePath(("https://x.org/a",))),
        ("https://x.org/v1.2/a.b", ValuePath(("https://x.org/v1.2/a", ANY + "b"))),
        ("a.https://x.org/b#c", ValuePath((ANY + "a", "https://x.org/b#c"))),
        ("s{h}", LinkedPath(ANY + "s", (), name("h"))),
        ("s{Device:h}", LinkedPath(ANY + "s", (ANY + "Device",), name("h"))),
        ("s{D,E:h[x]}", LinkedPath(ANY + "s", (ANY + "D", ANY + "E"), ValuePath((ANY + "h",), (ANY + "x",), ("x",)))),
        ("s{D:r{E:h.x}}", LinkedPath(ANY + "s", (ANY + "D",), LinkedPath(ANY + "r", (ANY + "E",), ValuePath((ANY + "h", ANY + "x"))))),
        ("s{https://x.org/h}", LinkedPath(ANY + "s", (), ValuePath(("https://x.org/h",)))),
        ("s{https://x.org/D:h}", LinkedPath(ANY + "s", ("https://x.org/D",), name("h"))),
    ],
)  # fmt: skip
def test_paths_should_be_expanded(text: str, path: ValuePath | LinkedPath) -> None:
    assert parse_q(text, CORE) == Exists(path)
    assert parse_q(f"{text}==1", CORE) == Comparison(path, Operator.EQUAL, 1)


@pytest.mark.clause("4.9")
def test_any_language_should_be_written_as_a_star() -> None:
    node = parse_q('color[*]=="red"', CORE)
    assert isinstance(node, Comparison)
    assert isinstance(node.path, ValuePath)
    assert node.path.terms == ("*",)


@pytest.mark.clause("4.9")
def test_values_should_be_expanded_when_asked_for(context: Context) -> None:
    gender = frozenset({"https://example.org/gender"})
    male = Uri("https://example.org/Male")
    for text in ("gender==Male", 'gender=="Male"', "gender==ex:Male"):
        node = parse_q(text, context, expand_values=gender)
        assert isinstance(node, Comparison)
        assert node.operand == male
    assert parse_q('gender!="Male",Unknown', context, expand_values=gender) == Comparison(
        ValuePath(tuple(gender)), Operator.UNEQUAL, Values((male, Uri(ANY + "Unknown")))
    )
    assert parse_q('x=="Male"', context, expand_values=gender) == Comparison(
        name("x"), Operator.EQUAL, "Male"
    )


@pytest.mark.clause("4.9")
def test_json_keys_should_not_be_expanded() -> None:
    tickets = ANY + "parkingTickets"
    text = 'parkingTickets[value]=="x"'
    expanded = parse_q(text, CORE)
    assert isinstance(expanded, Comparison)
    assert expanded.path == ValuePath((tickets,), (CORE_NS + "hasValue",), ("value",))
    raw = parse_q(text, CORE, json_keys=frozenset({tickets}))
    assert isinstance(raw, Comparison)
    assert raw.path == ValuePath((tickets,), ("value",), ("value",))


@pytest.mark.clause("4.9")
def test_a_type_inside_a_value_should_be_named_either_way() -> None:
    node = parse_q('address[type]=="PostalAddress"', CORE)
    assert isinstance(node, Comparison)
    assert node.operand == Values(("PostalAddress", Uri(ANY + "PostalAddress")))


@pytest.mark.clause("4.9")
def test_types_should_be_expanded_in_operands() -> None:
    assert compared_type('type=="Car",urn:x:1') == ("Car", Uri("urn:x:1"), Uri(ANY + "Car"))
    assert compared_type("a.objectType==Car") == (Uri("Car"), Uri(ANY + "Car"))
    node = parse_q("type==1..2", CORE)
    assert isinstance(node, Comparison)
    assert node.operand == Range(1, 2)


def compared_type(text: str) -> tuple[object, ...]:
    node = parse_q(text, CORE)
    assert isinstance(node, Comparison)
    assert isinstance(node.operand, Values)
    return node.operand.items


@pytest.mark.clause("4.9")
def test_names_should_be_refused_when_the_context_forbids_them() -> None:
    terms = {"nothing": None, "ok": "https://x.org/ok"}
    context = build_context([terms], [terms])
    ok = frozenset({"https://x.org/ok"})
    for text in ("nothing", "ok[nothing]", "ok==nothing", "s{nothing:ok}"):
        with pytest.raises(InvalidInput) as caught:
            parse_q(text, context, expand_values=ok)
        assert caught.value.field == "q"


@pytest.mark.clause("4.9")
@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ('a~="^P.*[0-9]$"', "^P.*[0-9]$"),
        ('a~="x\\"y"', 'x"y'),
        ("a~=^P.*[0-9]$", "^P.*[0-9]$"),
        ("a~=(b|c);d", "(b|c)"),
        ("(a~=[)|;]x)", "[)|;]x"),
        ("a~=\\(x|d", "\\(x"),
        ("a~=[[:alpha:]]+", "[[:alpha:]]+"),
    ],
)
def test_patterns_should_be_read_with_and_without_quotes(text: str, pattern: str) -> None:
    node: QueryNode = parse_q(text, CORE)
    if isinstance(node, And | Or):
        node = node.terms[0]
    assert node == Match(name("a"), pattern)


@pytest.mark.clause("4.9")
def test_uris_should_end_where_the_query_goes_on() -> None:
    one, other = (Comparison(name(n), Operator.EQUAL, Uri(f"urn:x:{n}(1)")) for n in "ab")
    assert parse_q("(a==urn:x:a(1)|b==urn:x:b(1));a", CORE) == And(
        (Or((one, other)), Exists(name("a")))
    )


@pytest.mark.clause("4.9")
def test_ranges_should_not_be_expanded() -> None:
    with pytest.raises(InvalidInput, match="a range"):
        parse_q('a=="x".."y"', CORE, expand_values=frozenset({ANY + "a"}))


@pytest.mark.clause("4.9")
def test_negated_patterns_should_be_read() -> None:
    assert parse_q('a!~="x"', CORE) == Match(name("a"), "x", negated=True)


@pytest.mark.clause("4.9")
@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "a b", "a ==1", "a== 1", " a", "a=1", "a=", "a==", "a===1", "a>", "a>true"),
        *("a>urn:x:1", "a>b", "a==1,", "a==1..", "a==1..true", "a==true..1"),
        *("a==20C", "a==01", "a==1.", "a==+1", 'a=="x', 'a=="\\x"', 'a=="\\ud800"', "a==1e999"),
        *("a==" + "1" * 500, "a==2026-02-30", "a==2026-01-01T00:00:00", "a==25:00:00Z"),
        *("a==2026-01-01T00:00:00+01:00", "a==2026-01-01T00:00:00.1234567Z", "a==urn:x y"),
        *("a;", ";a", "a|", "a;;b", "(a", "a)", "()", "a(b)", "1a", "_a", "a.", ".a", "a..b"),
        *("a[", "a[]", "a[b", "a[b.]", "a[b][c]", "a[b].c", "a{", "a{}", "a{b", "a.b{c}", "a{b}}"),
        *("a{D:}", "a~=", 'a~="(', "a~=(", 'a~="x', "a~=[x", "a~=" + "x" * 2000, "a-b", "a,b"),
        *("(" * 60 + "a" + ")" * 60, "a{" * 30 + "a" + "}" * 30, "a" * 9000),
        *("a==" + ",".join(["1"] * 1001), "a==http://x(y", "a==urn:x:1{", 'a== "x"b', "a=='x'", "type:"),
    ],
)  # fmt: skip
def test_what_breaks_the_grammar_should_be_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_q(text, CORE)
    assert caught.value.field == "q"
    assert caught.value.clause
