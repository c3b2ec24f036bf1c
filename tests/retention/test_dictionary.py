"""The data dictionary is whole, and its generated pages are up to date."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import models
from django.test import Client
from django.test.utils import isolate_apps
from django.urls import reverse

from koulutie import catalog
from koulutie.core.errors import Fault
from koulutie.core.tables import FACTS
from koulutie.retention.presenters import dictionary as data
from koulutie.retention.presenters.documents import generated
from koulutie.retention.queries import dictionary
from koulutie.retention.queries.dictionary import entries, kept_fields, our_models
from koulutie.ui import messages
from tests.people import People

GENERATED = Path(__file__).parents[2] / "docs" / "generated"


def test_every_field_of_every_model_has_an_entry() -> None:
    listed = {(one.table, one.field) for one in entries() if one.store == "database"}
    wanted = {(m._meta.label, name) for m in our_models() for name in kept_fields(m)}
    assert listed == wanted
    assert ("registry.Pupil", "first_name") in listed


@pytest.mark.parametrize("table", FACTS)
def test_every_column_of_the_facts_has_one_entry(table: str) -> None:
    found = [
        one.field for one in entries() if (one.store, one.table) == ("facts", table)
    ]
    assert sorted(found) == sorted(FACTS[table].names)


def test_the_definition_names_no_table_that_is_not_there() -> None:
    assert {one.id for one in catalog.current().facts_columns.tables} == set(FACTS)


def test_a_column_with_a_pupil_in_it_is_never_called_impersonal() -> None:
    for one in entries():
        if one.store == "facts" and one.field in {"pupil_id", "kind", "value"}:
            assert one.secrecy in {"personal", "sensitive"}, one
            assert one.rule.id != "permanent"


@isolate_apps("koulutie.retention")
def test_a_new_field_without_an_entry_is_a_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Forgetful(models.Model):
        known = models.IntegerField()
        forgotten = models.IntegerField()

        class Privacy:
            fields = {"known": ("none", "permanent")}

        class Meta:
            app_label = "retention"

        def __str__(self) -> str:
            return "forgetful"

    monkeypatch.setattr(dictionary, "our_models", lambda: iter([Forgetful]))
    with pytest.raises(Fault, match="forgotten"):
        list(entries())


def test_every_class_says_purpose_ground_whose_and_how_long_in_each_language() -> None:
    for language in ("fi", "sv", "en"):
        for one in data.data_classes(language):
            assert all((one.purpose, one.law, one.subjects, one.kept, one.basis)), one
            assert one.tables, one.id


def test_the_generated_pages_are_up_to_date() -> None:
    messages.compile_all()
    assert (GENERATED / "data-dictionary.md").read_text() == data.markdown()
    for name, text in generated().items():
        assert (GENERATED / name).read_text() == text, (
            f"koulutie dictionary --write: {name}"
        )


def test_the_documents_are_in_their_language() -> None:
    made = generated()
    assert "Seloste käsittelytoimista" in made["record-of-processing.fi.md"]
    assert "Register över behandling" in made["record-of-processing.sv.md"]
    assert "Record of processing" in made["record-of-processing.en.md"]
    for article in ("906/2019", "628/1998"):
        assert all(
            article in made[f"record-of-processing.{one}.md"]
            for one in ("fi", "sv", "en")
        )


@pytest.mark.django_db
@pytest.mark.usefixtures("the_tests_day")
@pytest.mark.parametrize("page", ["dictionary", "record", "assessment"])
def test_the_officer_reads_them_with_the_controllers_facts(
    people: People, page: str, settings: object
) -> None:
    settings.CONTROLLER = {  # type: ignore[attr-defined]  # pytest-django's
        "name": "",
        "contact": "kirjaamo@kunta.example",
        "officer": "",
    }
    client = Client()
    client.force_login(people.greta)
    answer = client.get(reverse(f"retention:{page}"))
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "906/2019" in text
    if page != "dictionary":
        assert "kirjaamo@kunta.example" in text
        assert "Joutsenmäki" in text
