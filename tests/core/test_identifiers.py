"""Identifiers against published test numbers and the placeholders of registers."""

from __future__ import annotations

from datetime import date

import pytest

from koulutie.core import identifiers as ids

TODAY = date(2026, 11, 24)
ARTIFICIAL = [
    "010594Y9032",
    "020594X903P",
    "030594W903B",
    "040594V9030",
    "050594U903M",
    "010516B903X",
    "020516C903K",
    "030516D9037",
    "010501E9032",
    "020503F9037",
    "020504A902E",
]


@pytest.mark.parametrize("hetu", ARTIFICIAL)
def test_artificial_codes_are_for_tests_only(hetu: str) -> None:
    assert ids.check_hetu(hetu, today=TODAY, allow_artificial=True) == ids.GOOD
    assert ids.check_hetu(hetu, today=TODAY).warning == ids.ARTIFICIAL


def test_a_real_form_is_a_key_in_either_case() -> None:
    assert ids.check_hetu("131052-308T", today=TODAY).is_usable_as_key
    assert ids.check_hetu("131052-308t", today=TODAY).is_usable_as_key


@pytest.mark.parametrize(
    "hetu",
    ["131052-308U", "310252-308T", "131052308T", "", "131052-308", "010199A9999", "x"],
)
def test_broken_codes_are_no_key(hetu: str) -> None:
    finding = ids.check_hetu(hetu, today=TODAY, allow_artificial=True)
    assert finding == ids.Finding(is_usable_as_key=False, warning=ids.NOT_A_HETU)


@pytest.mark.parametrize("hetu", ["010112-001Ä", "010112-002ä", "010112A001Ä"])
def test_a_placeholder_is_told_and_never_a_key(hetu: str) -> None:
    finding = ids.check_hetu(hetu, today=TODAY)
    assert finding == ids.Finding(is_usable_as_key=False, warning=ids.PLACEHOLDER)


def test_the_separator_is_a_part_of_the_identity() -> None:
    hashes = {ids.hetu_hmac(h, key=b"k") for h in ("010594Y9032", "010594-9032")}
    assert len(hashes) == 2
    assert ids.hetu_hmac("010594y9032", key=b"k") in hashes
    assert ids.hetu_hmac("010594Y9032", key=b"other") not in hashes


@pytest.mark.parametrize("oid", ["17116719809", "60304718012"])
def test_learner_numbers_that_fit(oid: str) -> None:
    assert ids.check_learner_oid(f"1.2.246.562.24.{oid}") == ids.GOOD


@pytest.mark.parametrize("oid", ["21250967211", "00000000001"])
def test_a_wrong_check_digit_only_warns(oid: str) -> None:
    finding = ids.check_learner_oid(f"1.2.246.562.24.{oid}")
    assert finding == ids.Finding(is_usable_as_key=True, warning=ids.ODD_LEARNER)


@pytest.mark.parametrize("oid", ["", "1.2.246.562.10.17116719809", "17116719809"])
def test_other_things_are_no_learner_number(oid: str) -> None:
    assert ids.check_learner_oid(oid).warning == ids.NOT_A_LEARNER


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (ids.check_school_number, "00001", "1"),
        (ids.check_municipality_code, "049", "49"),
        (ids.check_organisation_oid, "1.2.246.562.10.12345678901", "1.2.246.562.24.1"),
        (ids.check_business_id, "0201256-6", "0201256-7"),
    ],
)
def test_forms(check: object, good: str, bad: str) -> None:
    assert callable(check)
    assert check(good).is_usable_as_key
    assert not check(bad).is_usable_as_key
    assert check(bad).warning
