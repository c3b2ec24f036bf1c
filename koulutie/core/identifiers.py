"""Identifiers of persons, schools and municipalities: which can be trusted as a key.

Sources: DVV on the personal identity code (form since 2023: the separator is a part of the
identity); Opetushallitus, Koski's `Hetu.scala`; OPH on object identifiers (OID). The rules were
checked against published test numbers. Nothing is normalised: `010594Y9032` and
`010594-9032` are two persons.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import date

from koulutie.core.errors import gettext_noop

_HETU = re.compile(
    r"(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])(\d\d)([-+ABCDEFYXWVU])(\d{3})([0-9A-FHJ-NPR-Y])"
)
_CENTURY = {"+": 1800} | dict.fromkeys("-YXWVU", 1900) | dict.fromkeys("ABCDEF", 2000)
_CHECK = "0123456789ABCDEFHJKLMNPRSTUVWXY"
# Primus writes a missing code as the birth date and one of these; Ä is no check character.
_PLACEHOLDER = re.compile(r"\d{6}[-+A-Y]00[12]Ä")
_LEARNER_OID = re.compile(r"1\.2\.246\.562\.(24|98|198)\.(\d{11})")
_ORGANISATION_OID = re.compile(r"1\.2\.246\.562\.(10|99|199)\.\d{11,24}")
_BUSINESS_ID = re.compile(r"(\d{7})-(\d)")
_BUSINESS_WEIGHTS = (7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What an identifier is good for; `warning` is a message id, empty when all is well."""

    is_usable_as_key: bool
    warning: str = ""


GOOD = Finding(is_usable_as_key=True)

NOT_A_HETU = gettext_noop(
    "This is not a personal identity code: its form, date or check character is wrong. It "
    "was not stored. Correct it in the source."
)
PLACEHOLDER = gettext_noop(
    "The source has no real personal identity code here, only a placeholder. It was not "
    "stored, and nobody is recognised by it."
)
ARTIFICIAL = gettext_noop(
    "This personal identity code is an artificial one (900-999), meant for tests only. It "
    "was not stored."
)
NOT_A_LEARNER = gettext_noop(
    "This is not a learner number (1.2.246.562.24 and eleven digits). It was not stored. "
    "Correct it in the source."
)
ODD_LEARNER = gettext_noop(
    "The check digit of this learner number does not fit. It was stored all the same, "
    "because national test numbers fail too; check it in the source."
)
NOT_AN_ORGANISATION = gettext_noop(
    "This is not an organisation's OID (1.2.246.562.10 and at least eleven digits)."
)
NOT_A_SCHOOL = gettext_noop(
    "A school's number (oppilaitosnumero) has five digits; leading zeros belong to it."
)
NOT_A_BUSINESS = gettext_noop(
    "This is not a business id (Y-tunnus): its check digit is wrong."
)
NOT_A_MUNICIPALITY = gettext_noop(
    "A municipality's code has three digits; leading zeros belong to it."
)


def check_hetu(hetu: str, *, today: date, allow_artificial: bool = False) -> Finding:
    """Judge a personal identity code (henkilötunnus).

    Artificial codes (individual number 900-999) are usable only where a test says so.
    """
    if _PLACEHOLDER.fullmatch(hetu.upper()):
        return Finding(is_usable_as_key=False, warning=PLACEHOLDER)
    match = _HETU.fullmatch(hetu.upper())
    if match is None or not _hetu_is_sound(match, today):
        return Finding(is_usable_as_key=False, warning=NOT_A_HETU)
    if int(match[5]) >= 900 and not allow_artificial:
        return Finding(is_usable_as_key=False, warning=ARTIFICIAL)
    return GOOD


def _hetu_is_sound(match: re.Match[str], today: date) -> bool:
    day, month, year, separator, individual, check = match.groups()
    try:
        born = date(_CENTURY[separator] + int(year), int(month), int(day))
    except ValueError:
        return False
    number = int(f"{day}{month}{year}{individual}")
    return born <= today and int(individual) >= 2 and _CHECK[number % 31] == check


def hetu_hmac(hetu: str, *, key: bytes) -> str:
    """Return a keyed hash (hex) of the code, the only form in which it is stored."""
    return hmac.new(key, hetu.upper().encode(), hashlib.sha256).hexdigest()


def check_learner_oid(oid: str) -> Finding:
    """Judge a learner number (oppijanumero); a wrong check digit only warns."""
    match = _LEARNER_OID.fullmatch(oid)
    if match is None:
        return Finding(is_usable_as_key=False, warning=NOT_A_LEARNER)
    digits = [int(digit) for digit in match[2]]
    weights = (7, 3, 1)
    total = sum(d * weights[n % 3] for n, d in enumerate(reversed(digits[:10])))
    if (10 - total % 10) % 10 == digits[10]:
        return GOOD
    return Finding(is_usable_as_key=True, warning=ODD_LEARNER)


def check_organisation_oid(oid: str) -> Finding:
    """Judge an organisation's OID by its form; its digits have no reliable check."""
    return _by_form(bool(_ORGANISATION_OID.fullmatch(oid)), NOT_AN_ORGANISATION)


def check_school_number(number: str) -> Finding:
    """Judge a school's number (oppilaitosnumero)."""
    return _by_form(bool(re.fullmatch(r"\d{5}", number)), NOT_A_SCHOOL)


def check_municipality_code(code: str) -> Finding:
    """Judge a municipality's code (kuntanumero); 200 stands for abroad."""
    return _by_form(bool(re.fullmatch(r"\d{3}", code)), NOT_A_MUNICIPALITY)


def check_business_id(business_id: str) -> Finding:
    """Judge a business id (Y-tunnus) by its weighted sum modulo 11."""
    match = _BUSINESS_ID.fullmatch(business_id)
    if match is None:
        return _by_form(False, NOT_A_BUSINESS)
    rest = (
        sum(int(d) * w for d, w in zip(match[1], _BUSINESS_WEIGHTS, strict=True)) % 11
    )
    expected = {0: 0, 1: None}.get(rest, 11 - rest)
    return _by_form(expected == int(match[2]), NOT_A_BUSINESS)


def _by_form(is_right: bool, warning: str) -> Finding:
    return GOOD if is_right else Finding(is_usable_as_key=False, warning=warning)
