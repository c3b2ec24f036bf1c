"""Row-level security by municipality, on a real PostgreSQL, as a role that owns nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.postgres.server import said_by

pytestmark = [pytest.mark.postgres, pytest.mark.enable_socket]

ROOT = Path(__file__).resolve().parent.parent.parent
# Every table that is not behind the wall, and why. All others are.
UNWALLED = {
    "registry_municipality": "names and settings of municipalities, about nobody",
    "registry_person": "staff, who may work in several; read at sign-in",
    "registry_grant": "says what the wall is opened to",
    "registry_notice": "read by whom it is addressed to",
    "registry_signinattempt": "there is nobody yet",
    "registry_factsversion": "one row of numbers for all municipalities, about nobody",
    "registry_accessevent": "the log outlives what it names; ids only",
    "registry_openedpupil": "the log outlives what it names; ids only",
    "registry_logseal": "about nobody",
    "registry_logsealrange": "about nobody",
    "registry_logexpiry": "about nobody",
    "oversight_logrelease": "outlives the pupil whom it names by number",
    "retention_givenfile": "outlives the pupil whom it names by number",
    "retention_retentionrun": "about nobody",
    "accounts_externalidentity": "read at sign-in",
    "accounts_pupilaccount": "read at sign-in",
    "accounts_opensession": "read at sign-in",
    "accounts_factor": "read at sign-in",
    "ui_policyviolation": "about nobody",
    "koulutie_cache": "limits, by hashed keys",
    "auth_group": "Django's, empty",
    "auth_group_permissions": "Django's, empty",
    "auth_permission": "Django's, about nobody",
    "django_content_type": "Django's, about nobody",
    "django_migrations": "Django's, about nobody",
    "django_session": "read before anybody is known",
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    script = Path(__file__).with_name("walls_target.py")
    text = said_by(script, tmp_path_factory.mktemp("home"))
    found: dict[str, Any] = json.loads(text.splitlines()[-1])
    return found


def test_every_table_is_behind_the_wall_or_listed(said: dict[str, Any]) -> None:
    assert set(said["unwalled"]) <= set(UNWALLED)
    walled = set(UNWALLED) - set(said["unwalled"])
    assert not walled, "behind the wall, and listed as if it were not"


def test_the_product_neither_owns_nor_bypasses(said: dict[str, Any]) -> None:
    assert said["role"] == [False]
    assert said["owned"] == [0]


def test_who_says_nothing_sees_nothing(said: dict[str, Any]) -> None:
    assert said["without setting"] == 0
    assert said["after commit"] == 0
    assert (said["home"], said["system"]) == (7, 9)


def test_nothing_is_written_beyond_the_wall(said: dict[str, Any]) -> None:
    assert said["foreign insert"] == "42501"  # insufficient_privilege
    assert said["foreign update"] == "42501"


def test_without_any_filter_the_wall_still_hides_the_twin(said: dict[str, Any]) -> None:
    pages = said["pages"]
    assert pages["leaks"] == []
    assert pages["faults"] == []
    assert pages["opened"] > 30, pages
    assert pages["own"] > 5, "the walk saw nobody: it proves nothing"
    assert pages["foreign"] > 10, "the walk asked for nothing of the twin"


def test_the_wall_costs_less_than_a_millisecond(said: dict[str, Any]) -> None:
    cost = said["cost"]
    assert cost["inside"] - cost["past"] < 1, cost
    assert cost["alone"] - cost["past"] < 2, cost
