"""MPASSid's role strings, in both forms."""

from __future__ import annotations

from koulutie.accounts.actions.mpassid import SchoolRole, school_numbers, school_roles

PRESENT = "1.2.246.562.99.00000000001;10001;1A;Oppilas;1;1.2.246.562.99.00000000003;"
OLDER = "Joutsenmäki;10002;9A;Opettaja"


def test_seven_parts() -> None:
    assert school_roles([PRESENT]) == (
        SchoolRole(
            provider="1.2.246.562.99.00000000001",
            school_number="10001",
            group="1A",
            role="Oppilas",
            role_code="1",
            school_oid="1.2.246.562.99.00000000003",
            office_oid="",
        ),
    )


def test_four_parts() -> None:
    assert school_roles([OLDER]) == (
        SchoolRole(
            provider="Joutsenmäki", school_number="10002", group="9A", role="Opettaja"
        ),
    )


def test_several_schools_in_any_order_and_what_is_no_role() -> None:
    told = [OLDER, "nonsense", "a;b;c;d;e", PRESENT, "x;00000;;Opettaja"]
    assert school_numbers(told) == {"10001", "10002"}
    assert len(school_roles(told)) == 3
