"""What security.txt says (RFC 9116)."""

from hanze.web.security_txt import security_txt

NOW = "2026-06-01T12:34:56.789Z"


def test_security_txt_should_name_contact_policy_and_an_end_within_a_year() -> None:
    text = security_txt(
        contact="mailto:security@city.example",
        policy="https://city.example/cvd",
        base_url="https://data.city.example",
        now=NOW,
    )
    assert text.splitlines() == [
        "Contact: mailto:security@city.example",
        "Expires: 2026-11-28T00:00:00Z",
        "Policy: https://city.example/cvd",
        "Preferred-Languages: en, nl, ko",
        "Canonical: https://data.city.example/.well-known/security.txt",
    ]


def test_security_txt_should_say_no_canonical_address_without_encryption() -> None:
    text = security_txt(contact="tel:+31505550100", policy="", base_url="http://x", now=NOW)
    assert "Canonical" not in text
    assert "Policy" not in text


def test_security_txt_should_be_none_without_a_contact() -> None:
    assert security_txt(contact="", policy="https://x", base_url="https://x", now=NOW) == ""
