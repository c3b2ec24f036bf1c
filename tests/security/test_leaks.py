"""A canary pupil is led past every place that could write a name down, and none does."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core import mail
from django.db import IntegrityError
from django.test import Client

from koulutie.config.logs import SafeFormatter, failure_of
from koulutie.core.errors import DomainError, SourceError
from koulutie.intake.actions.deciding import accept
from koulutie.intake.models import Batch
from koulutie.jobs import intake, worker
from koulutie.registry.models import Person, Pupil
from tests import builders as build
from tests.builders import NOW
from tests.jobs.files import map_types, own_csv, send
from tests.people import People

NAME, CODE = "Kanarialintu", "131105A9876"
CANARIES = (NAME, CODE, "kanaria@example.fi")


class Sink:
    """Everything that the log writes, as the product's own handler writes it."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.handler.setFormatter(SafeFormatter(as_json=True))

    @property
    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()
    root = logging.getLogger()
    level = root.level
    root.addHandler(made.handler)
    root.setLevel(logging.DEBUG)
    yield made
    root.removeHandler(made.handler)
    root.setLevel(level)


def clean(*texts: str) -> None:
    for text in texts:
        for canary in CANARIES:
            assert canary not in text, text[:2000]


@pytest.fixture
def canary(people: People) -> Pupil:
    """A pupil of 7B whose name is nowhere else."""
    school_class = people.home.classes["7B"]
    return build.a_pupil(school_class, NAME, "Kanarialintu", key="kanaria")


def signed_in(person: Person) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(person)
    return client


@pytest.mark.django_db
@pytest.mark.usefixtures("the_tests_day")
def test_an_exception_names_nobody(
    people: People, canary: Pupil, sink: Sink, monkeypatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        secret = f"{canary.first_name} {CODE}"
        raise IntegrityError(f"duplicate key: (name)=({secret})")

    monkeypatch.setattr("koulutie.casework.views.pages.shown.pupil_page", broken)
    answer = signed_in(people.aino).get(f"/pupils/{canary.pk}/?q={NAME}")
    assert answer.status_code == 500
    clean(answer.content.decode(), sink.stream.getvalue())
    (line,) = [line for line in sink.lines if "failure" in line]
    assert line["failure"][0] == "django.db.utils.IntegrityError"
    assert any("test_leaks.py" in frame for frame in line["failure"])
    assert line["route"] == "casework:pupil"
    assert line["request_id"] in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("the_tests_day")
def test_a_404_and_a_refusal_name_nobody(
    people: People, canary: Pupil, sink: Sink
) -> None:
    client = signed_in(people.bjorn)
    for address in (f"/pupils/{canary.pk}/", f"/notes/{canary.pk}/"):
        answer = client.get(address)
        assert answer.status_code == 404
        clean(answer.content.decode())
    # What somebody typed into the address comes back to them, and to nobody else.
    for address in (
        f"/pupils/{NAME}/",
        f"/pupils/{canary.pk}/?name={NAME}&hetu={CODE}",
        f"/marks/?q={CODE}",
    ):
        assert client.get(address).status_code in {403, 404}
    clean(sink.stream.getvalue())
    assert sink.lines


@pytest.mark.django_db
@pytest.mark.usefixtures("the_tests_day")
def test_a_form_error_is_not_logged_with_what_was_written(
    people: People, canary: Pupil, sink: Sink
) -> None:
    answer = signed_in(people.aino).post(
        f"/pupils/{canary.pk}/notes/new/?kind=conversation",
        {"text": f"{NAME} {CODE} masennus"},
    )
    assert answer.status_code == 422  # the form shows it to its writer, nobody else
    answer = Client().post("/sign-in/", {"username": NAME, "password": CODE})
    assert answer.status_code == 422
    clean(sink.stream.getvalue())
    assert sink.lines


@pytest.mark.django_db(transaction=True)
def test_an_import_that_fails_names_nobody(people: People, sink: Sink) -> None:
    for number, content in enumerate(
        (b"\x00\x01" + NAME.encode(), f"{NAME};{CODE}\n".encode())
    ):
        batch = send(content, people.home.municipality, name=f"{NAME}-{number}.csv")
        worker.drain(now=NOW)
        batch.refresh_from_db()
        assert batch.state == "failed"
        assert batch.failure["message"]  # the sender reads it on the batch's page
    clean(sink.stream.getvalue())


@pytest.mark.django_db(transaction=True)
def test_a_job_that_fails_names_nobody(people: People, sink: Sink, monkeypatch) -> None:
    map_types(people.home.municipality)
    batch = send(own_csv({}), people.home.municipality)
    batch = intake.preview(batch_id=batch.pk, now=NOW)
    accept(batch=batch, by=None, now=NOW, seen_alarms=["first_import"])

    def broken(*_: object, **__: object) -> None:
        name = NAME
        raise ValueError(f"could not use {name} {CODE}")

    monkeypatch.setattr("koulutie.jobs.facts.commit", broken)
    monkeypatch.setattr("koulutie.jobs.intake.taking_in.commit", broken, raising=False)
    worker.drain(now=NOW)
    clean(sink.stream.getvalue(), str(Batch.objects.get(pk=batch.pk).failure))
    assert any("failure" in line for line in sink.lines)


@pytest.mark.django_db
@pytest.mark.usefixtures("the_tests_day")
def test_no_address_on_any_page_carries_a_name(people: People, canary: Pupil) -> None:
    import re

    client = signed_in(people.aino)
    pages = ("/", f"/classes/{people.home.classes['7B'].pk}/", f"/pupils/{canary.pk}/",
             f"/pupils/{canary.pk}/notes/new/")  # fmt: skip
    shown = False
    for address in pages:
        text = client.get(address).content.decode()
        shown = shown or NAME in text
        for link in re.findall(r'(?:href|action|src|hx-\w+)="([^"]*)"', text):
            clean(link)
    assert shown, "the canary was on none of the pages"


@pytest.mark.django_db
@pytest.mark.usefixtures("the_tests_day")
def test_nothing_of_it_was_mailed(people: People, canary: Pupil, monkeypatch) -> None:
    monkeypatch.setattr(
        "koulutie.casework.views.pages.shown.pupil_page", lambda *a, **k: 1 / 0
    )
    signed_in(people.aino).get(f"/pupils/{canary.pk}/")
    assert mail.outbox == []


# --- the formatter itself -----------------------------------------------------------------


def record(message: object, *args: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("x", logging.INFO, "x.py", 1, message, args, None)
    made.__dict__ |= extra
    return made


@pytest.mark.parametrize(
    ("message", "args", "written"),
    [
        ("batch %s: %s", (7, NAME), "batch 7: …"),
        ("%d rows of %(file)s", (), "%d rows of %(file)s"),
        ("100 %% of %s", (3,), "100 % of 3"),
        ("%5.1f s", (2.5,), "2.5 s"),
        ("%s", (SourceError("%(file)s is broken.", file=NAME),), "%(file)s is broken."),
        (DomainError("%(pupil)s is unknown.", pupil=NAME), (), "%(pupil)s is unknown."),
        (f"GET /pupils/?q={NAME} done", (), "GET /pupils/?… done"),
        (f"code {CODE}", (), "code …"),
        ("to kanaria@example.fi", (), "to …"),
        ({"name": NAME}, (), "…"),
    ],
)
def test_a_line_says_what_may_be_said(
    message: object, args: tuple[object, ...], written: str
) -> None:
    line = json.loads(SafeFormatter(as_json=True).format(record(message, *args)))
    assert line["message"] == written


def test_named_values_are_left_out_too() -> None:
    made = logging.LogRecord(
        "x",
        logging.INFO,
        "x.py",
        1,
        "%(name)s has %(n)d",
        ({"name": NAME, "n": 3},),
        None,
    )
    assert "… has 3" in SafeFormatter(as_json=False).format(made)


def test_only_listed_keys_come_through() -> None:
    made = record("x", batch=3, pupil_name=NAME, route=f"/x?q={NAME}")
    line = json.loads(SafeFormatter(as_json=True).format(made))
    assert line["batch"] == 3
    assert "pupil_name" not in line
    clean(json.dumps(line))


def test_a_failure_tells_kinds_and_places_of_the_whole_chain() -> None:
    def inner() -> None:
        name = NAME
        raise ValueError(name)

    try:
        try:
            inner()
        except ValueError as error:
            raise RuntimeError(CODE) from error
    except RuntimeError as error:
        lines = failure_of((type(error), error, error.__traceback__))
    assert [line for line in lines if not line.startswith(" ")] == [
        "builtins.RuntimeError",
        "builtins.ValueError",
    ]
    clean("\n".join(lines))


def test_a_line_is_one_line_whatever_is_in_it() -> None:
    for as_json in (True, False):
        text = SafeFormatter(as_json=as_json).format(record("one\ntwo\r\nthree"))
        assert "\n" not in text
        assert "\r" not in text


def test_the_product_logs_through_this_formatter_only() -> None:
    from django.conf import settings

    assert set(settings.LOGGING["handlers"]) == {"stderr"}
    formatter = settings.LOGGING["formatters"]["safe"]["()"]
    assert formatter == f"{SafeFormatter.__module__}.{SafeFormatter.__qualname__}"
    for name in ("django", "django.server", "gunicorn.error", "gunicorn.access"):
        assert settings.LOGGING["loggers"][name]["handlers"] == []


def test_no_source_prints(tmp_path: Path) -> None:
    """Only the command line talks to the standard output."""
    root = Path(__file__).resolve().parent.parent.parent / "koulutie"
    printing = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if "\nprint(" in (text := path.read_text()) or " print(" in text
    }
    assert printing <= {"cli.py", "demo/load.py"}
