"""MPASSid's role strings. They choose a context at most; rights come from our own grants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolRole:
    """One role in one school, as the home directory tells it. What is not told is empty."""

    provider: str  # the education provider's OID, or its name in the older form
    school_number: str
    group: str
    role: str  # "Oppilas", "Opettaja", ...
    role_code: str = ""
    school_oid: str = ""
    office_oid: str = ""


FORMS = frozenset({4, 7})  # parts of the older and the present form


def school_roles(values: Iterable[str]) -> tuple[SchoolRole, ...]:
    """Return the roles in the order told; a string of another form tells nothing.

    ``providerOID;schoolCode;group;roleName;roleCode;schoolOID;officeOID``, or its first four
    parts in the older form (MPASSid data model 1.3, ``urn:mpass.id:role``).
    """
    parted = (value.split(";") for value in values)
    return tuple(
        SchoolRole(
            **dict(
                zip(
                    SchoolRole.__dataclass_fields__,
                    (part.strip() for part in parts),
                    strict=False,
                )
            )
        )
        for parts in parted
        if len(parts) in FORMS
    )


def school_numbers(values: Iterable[str]) -> frozenset[str]:
    """Return the schools that the roles name; 00000 stands for none."""
    numbers = {one.school_number for one in school_roles(values)}
    return frozenset(number for number in numbers if number.strip("0"))
