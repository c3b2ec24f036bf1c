"""Bring the demo in through the same doors as anybody's files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from koulutie.core.errors import DomainError, gettext_noop
from koulutie.demo.plan import CODE, Account, Delivery, Plan, write_demo
from koulutie.demo.world import WEEKLY_LESSONS
from koulutie.intake.actions import deciding
from koulutie.intake.models import Batch
from koulutie.intake.queries.alarms import must_be_seen
from koulutie.jobs import intake
from koulutie.registry import actions
from koulutie.registry.models import Grant, Municipality, Person, School, SchoolClass
from koulutie.registry.queries import latest_version

PASSWORD = "koulutie-demo-2026"  # noqa: S105  # printed on purpose: invented people only
LADDER = "koulutie-demo"
LOCAL = ZoneInfo("Europe/Helsinki")
Tell = Callable[[str], None]

NOT_EMPTY = gettext_noop(
    "The home folder %(home)s holds another municipality. Set KOULUTIE_HOME to an empty folder "
    "for the demo."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoReport:
    """What was made, and how to get in."""

    facts_version: int | None
    accounts: tuple[Account, ...]
    is_new: bool

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "facts_version": self.facts_version,
            "new": self.is_new,
            "password": PASSWORD,
            "accounts": {one.username: one.role for one in self.accounts},
        }

    @property
    def lines(self) -> list[str]:
        rows = [
            f"  {one.username:<10}{one.role:<26}{one.first_name} {one.last_name}"
            for one in self.accounts
        ]
        return [f"Accounts (password {PASSWORD}):", *rows]


def ensure(*, seed: int, now: dt.datetime, tell: Tell) -> DemoReport:
    """Make the demo where the home is empty; where it is there already, leave it.

    A demo that was interrupted goes on where it stopped: every file and every account is
    brought in once.
    """
    if Municipality.objects.exclude(code=CODE).exists():
        raise DomainError(NOT_EMPTY, home=str(settings.HOME))
    plan = write_demo(settings.HOME / "demo", seed=seed, today=now.date(), tell=tell)
    is_new = not Person.objects.filter(username=plan.accounts[0].username).exists()
    if is_new:
        municipality = _municipality(plan, now)
        _years(plan, municipality, now)
        _bring_rosters(plan, municipality, now, tell)
        _people(plan, municipality, now)
        _bring_marks(plan, municipality, now, tell)
        for account in plan.accounts:
            _account(account, municipality, now, password=PASSWORD)
    latest = latest_version()
    return DemoReport(
        facts_version=latest.number if latest else None,
        accounts=plan.accounts,
        is_new=is_new,
    )


def _municipality(plan: Plan, now: dt.datetime) -> Municipality:
    municipality = actions.ensure_municipality(by=None, now=now)
    code, finnish, swedish = plan.municipality
    municipality.code, municipality.name_fi, municipality.name_sv = (
        code,
        finnish,
        swedish,
    )
    municipality.ladder, municipality.ladder_from = LADDER, dt.date(2024, 8, 1)
    municipality.full_clean()
    municipality.save()
    return municipality


def _years(plan: Plan, municipality: Municipality, now: dt.datetime) -> None:
    for year in plan.years:
        made = actions.ensure_school_year(
            municipality=municipality, year=year.year, by=None, now=now
        )
        made.starts_on = year.days[0]
        actions.set_school_year_dates(school_year=made, by=None, now=now)
        for grade, lessons in WEEKLY_LESSONS.items():
            actions.set_lesson_total(
                school_year=made,
                grade=grade,
                lessons_per_week=lessons,
                by=None,
                now=now,
            )


def _bring_rosters(
    plan: Plan, municipality: Municipality, now: dt.datetime, tell: Tell
) -> None:
    for delivery in plan.deliveries:
        if delivery.path.name.startswith("roster"):
            _bring(delivery, plan, municipality, now, tell)


def _bring_marks(
    plan: Plan, municipality: Municipality, now: dt.datetime, tell: Tell
) -> None:
    for delivery in plan.deliveries:
        if not delivery.path.name.startswith("roster"):
            _bring(delivery, plan, municipality, now, tell)


def _bring(
    delivery: Delivery,
    plan: Plan,
    municipality: Municipality,
    now: dt.datetime,
    tell: Tell,
) -> None:
    """Import one file, accepting it as the main user would after looking."""
    at = dt.datetime.combine(delivery.exported_on, dt.time(18), LOCAL)
    report = intake.import_file(
        delivery.path,
        municipality=municipality,
        school=delivery.school,
        pupil_key=delivery.pupil_key,
        mapping=plan.mapping,
        accept=True,
        exported_at=at,
        now=now,
    )
    tell(
        f"{delivery.path.name}: {report.facts['new']} new, {report.facts['changed']} "
        f"changed, {report.facts['rejected']} rejected"
    )
    if report.is_refused:
        _accept_alarms(report.facts["batch"], now)


def _accept_alarms(batch_id: int, now: dt.datetime) -> None:
    """Accept what the alarms ask to look at: the demo's gap is there on purpose."""
    batch = Batch.objects.get(pk=batch_id)
    deciding.accept(batch=batch, by=None, now=now, seen_alarms=must_be_seen(batch))
    intake.take_in(batch_id=batch_id, now=now)


def _people(plan: Plan, municipality: Municipality, now: dt.datetime) -> None:
    """Give every class an adult before the marks come, so that no task is nobody's."""
    named = {(one.school, one.class_code) for one in plan.accounts if one.class_code}
    for account in plan.class_accounts:
        if (account.school, account.class_code) not in named:
            _account(account, municipality, now)
    for account in plan.accounts:
        if account.class_code:
            _account(account, municipality, now)


def _account(
    account: Account,
    municipality: Municipality,
    now: dt.datetime,
    password: str | None = None,
) -> None:
    person = Person.objects.filter(username=account.username).first()
    if person is None:
        person = actions.create_person(
            username=account.username,
            first_name=account.first_name,
            last_name=account.last_name,
            language=account.language,
            by=None,
            now=now,
        )
    if password is not None:
        actions.set_password(person=person, password=password, by=None, now=now)
    if not Grant.objects.filter(person=person).exists():
        actions.grant(
            person=person,
            role=account.role,
            place=_place(account, municipality, now),
            valid_from=now.date() - dt.timedelta(days=100),
            reason="demo",
            by=None,
            now=now,
        )


def _place(
    account: Account, municipality: Municipality, now: dt.datetime
) -> Municipality | School | SchoolClass:
    if account.school is None:
        return municipality
    school = School.objects.get(municipality=municipality, number=account.school)
    if account.class_code is None:
        return school
    classes = SchoolClass.objects.filter(school=school, code=account.class_code)
    return classes.order_by("-school_year__year")[0]
