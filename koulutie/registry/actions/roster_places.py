"""The schools, years and classes that a roster names, found or made in bulk."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from koulutie.core.calendar import school_year_of
from koulutie.core.errors import gettext_noop
from koulutie.registry.actions.enrolling import Told
from koulutie.registry.actions.places import (
    end_of,
    ensure_school,
    ensure_school_year,
    grade_of,
)
from koulutie.registry.actions.roster_rows import BATCH, RosterReport, Row
from koulutie.registry.models import (
    Language,
    Municipality,
    Person,
    School,
    SchoolClass,
    SchoolYear,
)

GRADES = range(11)  # 0: pre-primary or not known; 10: additional education
ClassKey = tuple[int, int, str]  # school id, school year id, code


@dataclass(slots=True, kw_only=True)
class Places:
    """Schools by number, years by number, classes by school, year and code."""

    municipality: Municipality
    as_of: date
    by: Person | None
    now: datetime
    schools: dict[str, School] = field(default_factory=dict)
    years: dict[int, SchoolYear] = field(default_factory=dict)
    classes: dict[ClassKey, SchoolClass] = field(default_factory=dict)
    new: list[SchoolClass] = field(default_factory=list)
    graded: list[SchoolClass] = field(default_factory=list)  # whose grade was not known

    def load(self) -> None:
        """Read what there is once."""
        schools = School.objects.filter(municipality=self.municipality)
        years = SchoolYear.objects.filter(municipality=self.municipality)
        self.schools = {school.number: school for school in schools}
        self.years = {year.year: year for year in years}
        self.classes = {
            (one.school_id, one.school_year_id, one.code): one
            for one in SchoolClass.objects.filter(
                school__municipality=self.municipality
            )
        }

    def class_of(self, row: Row, report: RosterReport) -> SchoolClass | None:
        """Return the class a row names, perhaps not yet saved; None where it names none."""
        code = row.class_code[:30]
        if not (row.school_number and code):
            report.tell(
                row.line,
                gettext_noop(
                    "The row names no school or no class, so the pupil "
                    "was not put in one."
                ),
            )
            return None
        school = self._school(row, report)
        year = self.year_of(row)
        key = (school.pk, year.pk, code)
        grade = row.grade if row.grade in GRADES else None
        if key not in self.classes:
            self.classes[key] = self._make(school, year, code, grade)
            report.counts["new classes"] += 1
        found = self.classes[key]
        if grade and found.pk and not found.grade:
            found.grade = grade
            self.graded.append(found)
        return found

    def save_classes(self) -> None:
        """Write the new classes, and grades that were not known before."""
        SchoolClass.objects.bulk_create(self.new, batch_size=BATCH)
        SchoolClass.objects.bulk_update(self.graded, ["grade"], batch_size=300)

    def _make(
        self, school: School, year: SchoolYear, code: str, grade: int | None
    ) -> SchoolClass:
        made = SchoolClass(
            school=school,
            school_year=year,
            code=code,
            grade=grade_of(code) if grade is None else grade,
        )
        made.clean_fields()
        self.new.append(made)
        return made

    def year_of(self, row: Row) -> SchoolYear:
        """Return the school year whose class the row names.

        A stay that is still running, or runs past the school year in which it began, is
        named by the class of the roster's own year.
        """
        current = school_year_of(self.as_of)
        year = current
        if row.from_ is not None:
            begun = school_year_of(row.from_)
            is_over = row.to is not None and row.to <= date(begun + 1, 8, 1)
            year = begun if is_over else max(begun, current)
        if year not in self.years:
            self.years[year] = ensure_school_year(
                municipality=self.municipality, year=year, by=self.by, now=self.now
            )
        return self.years[year]

    def told(self, row: Row, school_class: SchoolClass) -> Told:
        """Return what the row says of the pupil's stay, kept inside the class's year."""
        year = school_class.school_year
        end = end_of(year)
        return Told(
            class_id=school_class.pk,
            from_=None if row.from_ is None else max(row.from_, year.starts_on),
            to=None if row.to is None else min(row.to, end),
        )

    def _school(self, row: Row, report: RosterReport) -> School:
        number = row.school_number[:20]
        if number not in self.schools:
            self.schools[number] = ensure_school(
                municipality=self.municipality,
                number=number,
                name=row.school_name[:120],
                language=Language.SWEDISH if row.language == "sv" else Language.FINNISH,
                by=self.by,
                now=self.now,
            )
            report.counts["new schools"] += 1
        school = self.schools[number]
        if row.school_name and school.name == number:
            # Only its number was known, from a single page.
            school.name = row.school_name[:120]
            school.save(update_fields=["name"])
        return school
