"""Every page of intake: it works; wrong role; other municipality; not signed in."""

from __future__ import annotations

import io

import pytest
from django.urls import reverse

from koulutie.core.marks import Kind
from koulutie.intake.actions.receiving import About, receive
from koulutie.intake.models import Batch, MarkTypeMapping, SavedProfile
from koulutie.jobs import intake
from koulutie.registry.models import AccessEvent, CalendarDay, LessonTotal
from tests.builders import NOW
from tests.jobs.files import map_types, own_csv, send

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = ("batches", "upload", "mapping", "folder", "calendar")


@pytest.fixture
def main_user(people, client):
    client.force_login(people.daniel)
    return people


def previewed(people, content=None, **about):
    batch = send(content or own_csv({}), people.home.municipality, **about)
    return intake.preview(batch_id=batch.pk, now=NOW)


@pytest.mark.parametrize("name", PAGES)
def test_the_main_user_opens_it(main_user, client, name):
    assert client.get(reverse(f"intake:{name}")).status_code == 200


@pytest.mark.parametrize("name", PAGES)
def test_a_teacher_does_not(people, client, name):
    client.force_login(people.aino)
    assert client.get(reverse(f"intake:{name}")).status_code == 403


@pytest.mark.parametrize("name", PAGES)
def test_who_is_not_signed_in_is_asked_to(people, client, name):
    answer = client.get(reverse(f"intake:{name}"))
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("accounts:sign_in"))


def test_a_file_is_sent_and_its_batch_shown(main_user, client):
    upload = io.BytesIO(own_csv({}))
    upload.name = "marks.csv"
    answer = client.post(reverse("intake:upload"), {"file": upload})
    batch = Batch.objects.get()
    assert answer.url == reverse("intake:batch", args=[batch.pk])
    page = client.get(answer.url).content.decode()
    assert "marks.csv" in page
    assert 'hx-trigger="every 1s"' in page
    assert AccessEvent.objects.filter(target=f"batch:{batch.pk}").count() == 2


def test_an_empty_file_gets_its_sentence(main_user, client):
    upload = io.BytesIO(b"")
    upload.name = "marks.csv"
    answer = client.post(
        reverse("intake:upload"), {"file": upload}, headers={"Accept-Language": "en"}
    )
    assert answer.status_code == 400
    assert not Batch.objects.exists()


def test_a_batch_that_rests_does_not_ask_again(main_user, client):
    batch = previewed(main_user)
    page = client.get(reverse("intake:batch", args=[batch.pk])).content.decode()
    assert "hx-trigger" not in page
    assert "Selvittämätön poissaolo" in page


def test_an_htmx_request_gets_only_the_part(main_user, client):
    batch = previewed(main_user)
    url = reverse("intake:batch", args=[batch.pk])
    part = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="batch"')


def test_another_municipalitys_batch_is_not_there(people, client):
    batch = send(own_csv({}), people.twin.municipality)
    client.force_login(people.daniel)
    for name in ("batch", "batch_rejections", "rejections_csv", "profile"):
        assert client.get(reverse(f"intake:{name}", args=[batch.pk])).status_code == 404
    for name in ("accept", "reject", "again"):
        assert (
            client.post(reverse(f"intake:{name}", args=[batch.pk])).status_code == 404
        )
    batch.refresh_from_db()
    assert batch.state == "received"


def test_a_principal_sees_counts_of_the_own_schools_files_and_decides_nothing(
    people, client
):
    own = previewed(people, school=people.home.schools["fi"])
    wide = previewed(people, own_csv({}, {"start": "11:00"}))
    client.force_login(people.cecilia)
    page = client.get(reverse("intake:batch", args=[own.pk])).content.decode()
    assert reverse("intake:accept", args=[own.pk]) not in page
    assert client.get(reverse("intake:batch", args=[wide.pk])).status_code == 404
    assert client.post(reverse("intake:accept", args=[own.pk])).status_code == 403
    rows = reverse("intake:batch_rejections", args=[own.pk])
    assert client.get(rows).status_code == 403


def test_meanings_are_saved_and_the_batch_read_again(main_user, client):
    batch = previewed(main_user)
    url = f"{reverse('intake:mapping')}?batch={batch.pk}"
    page = client.get(url).content.decode()
    assert '<option value="absence_unresolved" selected>' in page
    answer = client.post(
        url, {"name_0": "Selvittämätön poissaolo", "kind_0": "absence_unresolved"}
    )
    assert answer.url == reverse("intake:batch", args=[batch.pk])
    mapping = MarkTypeMapping.objects.get()
    assert (mapping.kind, mapping.set_by) == (Kind.UNRESOLVED, main_user.daniel)
    batch = intake.preview(batch_id=batch.pk, now=NOW)
    assert batch.unmapped == []


def test_accepting_moves_the_batch_on(main_user, client):
    map_types(main_user.home.municipality)
    batch = previewed(main_user)
    client.post(reverse("intake:accept", args=[batch.pk]))
    batch.refresh_from_db()
    assert (batch.state, batch.accepted_by) == ("accepted", main_user.daniel)


def test_accepting_with_a_type_without_meaning_is_refused_on_the_page(
    main_user, client
):
    batch = previewed(main_user)
    answer = client.post(reverse("intake:accept", args=[batch.pk]), follow=True)
    assert "Selvittämätön poissaolo" in answer.content.decode()
    batch.refresh_from_db()
    assert batch.state == "previewed"


def test_rejected_rows_are_listed_and_safe_in_a_spreadsheet(main_user, client):
    content = own_csv({}, {"pupil_key": "=HYPERLINK(1)"})
    batch = previewed(main_user, content)
    page = client.get(reverse("intake:batch_rejections", args=[batch.pk]))
    assert "=HYPERLINK(1)" in page.content.decode()
    answer = client.get(reverse("intake:rejections_csv", args=[batch.pk]))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert ";\"'=HYPERLINK(1); 2026-11-16" in text
    target = f"batch:{batch.pk}:rejected"
    assert AccessEvent.objects.filter(target=target).count() == 2


def test_an_unknown_layout_is_told_once_and_read(main_user, client):
    content = "Nro;Pvm;Klo;Laji\nk7B1;16.11.2026;9.00;Hyvä!\n".encode("cp1252")
    batch = previewed(main_user, content)
    assert batch.state == "failed"
    url = reverse("intake:profile", args=[batch.pk])
    assert "Laji" in client.get(url).content.decode()
    answer = client.post(
        url,
        {
            "title": "Tuntimerkinnät, Primus",
            "rows": "marks",
            "source_db": "primus",
            "has_header": "on",
            "column_0": "pupil_key",
            "column_1": "date",
            "column_2": "start_minute",
            "column_3": "type_name",
        },
    )
    assert answer.status_code == 302, answer.content.decode()
    assert SavedProfile.objects.get().name == "tuntimerkinnat-primus"
    batch = intake.preview(batch_id=batch.pk, now=NOW)
    assert (batch.state, batch.counts["read"]) == ("previewed", 1)


def test_a_layout_that_lacks_what_is_needed_is_not_saved(main_user, client):
    batch = previewed(main_user, b"a;b\n1;2\n")
    url = reverse("intake:profile", args=[batch.pk])
    form = {"title": "x", "rows": "marks", "source_db": "primus", "has_header": "on"}
    assert client.post(url, form | {"column_0": "pupil_key"}).status_code == 422
    assert client.post(url, form | {"column_0": "grade"}).status_code == 422
    twice = {"column_0": "date", "column_1": "date"}
    assert client.post(url, form | twice).status_code == 422
    assert not SavedProfile.objects.exists()


def test_calendar_days_are_added_and_removed(main_user, client):
    page = reverse("intake:calendar")
    assert client.get(page).status_code == 200
    client.post(
        reverse("intake:add_days"),
        {
            "day-first": "2027-03-29",
            "day-last": "2027-04-02",
            "day-kind": "break",
            "day-name": "Kevätloma",
        },
    )
    days = CalendarDay.objects.filter(name="Kevätloma")
    assert days.count() == 5
    ids = ",".join(str(day.pk) for day in days)
    client.post(reverse("intake:remove_days"), {"days": ids})
    assert not days.all().exists()


def test_a_wrong_day_is_shown_at_its_form(main_user, client):
    answer = client.post(
        reverse("intake:add_days"),
        {"day-first": "2026-11-24", "day-kind": "saturday_school"},
    )
    assert answer.status_code == 422
    assert "error-summary" in answer.content.decode()


def test_days_come_from_a_file(main_user, client):
    file = io.BytesIO(b"date;kind;name\n2027-05-07;extra_free;Vapaa\n")
    file.name = "days.csv"
    client.post(reverse("intake:calendar_file"), {"file-file": file})
    assert CalendarDay.objects.get(name="Vapaa").kind == "extra_free"
    broken = io.BytesIO(b"x\n1\n")
    broken.name = "days.csv"
    answer = client.post(reverse("intake:calendar_file"), {"file-file": broken})
    assert answer.status_code == 422


def test_lesson_totals_and_dates_are_kept(main_user, client):
    client.post(reverse("intake:calendar_totals"), {"totals-grade_7": "29.5"})
    assert LessonTotal.objects.get(grade=7).lessons_per_week == 29.5
    year = main_user.home.classes["7B"].school_year
    client.post(
        reverse("intake:calendar_year"),
        {
            "year-starts_on": "2026-08-11",
            "year-spring_starts_on": "2027-01-07",
            "year-ends_on": "2027-06-05",
        },
    )
    year.refresh_from_db()
    assert year.starts_on.isoformat() == "2026-08-11"


def test_a_principal_keeps_only_the_own_schools_days(people, client):
    client.force_login(people.cecilia)
    everybody = {"day-first": "2027-03-29", "day-kind": "extra_free"}
    assert client.post(reverse("intake:add_days"), everybody).status_code == 422
    own = everybody | {"day-school": people.home.schools["fi"].pk}
    assert client.post(reverse("intake:add_days"), own).status_code == 302
    other = everybody | {"day-school": people.home.schools["sv"].pk}
    assert client.post(reverse("intake:add_days"), other).status_code == 422
    assert client.post(reverse("intake:calendar_year"), {}).status_code == 403


def test_a_folder_rule_is_set(main_user, client):
    client.post(reverse("intake:folder"), {"accepts": "on"})
    page = client.get(reverse("intake:folder")).content.decode()
    assert "<code>inbox</code>" in page


def test_a_school_main_user_sends_only_for_the_own_school(people, client):
    about = About(municipality=people.home.municipality)
    receive(
        content=io.BytesIO(b"x"),
        file_name="wide.csv",
        about=about,
        via="upload",
        by=None,
        now=NOW,
    )
    from tests.builders import a_grant, a_person

    person = a_person("Sanna", "Sihteeri")
    a_grant(person, "main_user", people.home.schools["fi"])
    client.force_login(person)
    assert "wide.csv" not in client.get(reverse("intake:batches")).content.decode()
    file = io.BytesIO(own_csv({}))
    file.name = "marks.csv"
    assert client.post(reverse("intake:upload"), {"file": file}).status_code == 422
