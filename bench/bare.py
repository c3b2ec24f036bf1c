"""The same steps by hand on bare DuckDB: the yardstick, not a product.

It gives the same figures and crossings (``python -m bench --check`` compares them), tuned as
measured before: CSV as text without sniffing, keys packed into one number, duplicates found
by grouping, one pass of daily sums, `preserve_insertion_order` off. It is written for these
data alone: it knows no timetables, no register that was kept, no class with days of its own,
no definitions, no scope and no history of versions.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from bench.data import AS_OF, YEAR

WORDS = {
    "absence_health": ("Terveydellinen syy", "Frånvaro av hälsoskäl"),
    "absence_preapproved": ("Ennalta anottu vapaa", "På förhand anhållen ledighet"),
    "absence_other_explained": ("Muu selvitetty poissaolo", "Annan utredd frånvaro"),
    "absence_unauthorised": ("Luvaton poissaolo", "Olovlig frånvaro"),
    "absence_unresolved": ("Selvittämätön poissaolo", "Outredd frånvaro"),
    "late_short": ("Myöhästyminen", "Försening"),
    "feedback_positive": ("Hyvä!", "Bra jobbat!"),
    "feedback_corrective": ("Sinulta puuttui opiskeluvälineitä", "Läxorna ogjorda"),
}
COLUMNS = (
    *("pupil_key", "school_number", "class_code", "date", "start", "end", "lesson_no"),
    *("minutes", "group_code", "subject_code", "teacher_code", "type_id", "type_name"),
    *("is_cleared", "entered_at"),
)
ABSENT = "kind < 'b'"  # the five kinds of absence, and no other, begin with an a
MARK = (
    "mark_key, school_year, month, school_id, class_id, pupil_id, date, start_minute, "
    "lesson_no, minutes, kind, lessons, type_name, group_code, subject_code, teacher_code, "
    "is_cleared, version_at"
)
# Window: name, its first day, its key.
ROLLING = (
    "(SELECT min(date) FROM calendar WHERE ordinal > "
    f"(SELECT max(ordinal) FROM calendar WHERE date = '{AS_OF}') - 20)"
)
WINDOWS = {
    "school_year": (f"DATE '{YEAR.starts_on}'", f"{YEAR.year}"),
    "term": (f"DATE '{YEAR.spring_starts_on}'", f"{YEAR.year}-spring"),
    "rolling:20": (ROLLING, f"{AS_OF}/20"),
}
OF_KIND = ("health", "preapproved", "other_explained", "unauthorised", "unresolved")
BOTH, ALL = ("school_year", "term"), tuple(WINDOWS)
# Figure: windows, numerator, denominator, minimum, why it is withheld below the minimum.
EXPOSURE, FEW = "minimum_exposure", "minimum_count"
NONE = ("NULL", 0, "")
FIGURES = {
    "absence_lessons": (ALL, "absent", *NONE),
    "absence_days": (ALL, "absent_days", *NONE),
    "late_marks": (ALL, "late", *NONE),
    **{f"absence_{kind}_lessons": (BOTH, kind, *NONE) for kind in OF_KIND},
    "absence_streak": (BOTH, "streak", *NONE),
    "left_or_removed": (BOTH, "0", *NONE),
    "feedback_positive": (BOTH, "praise", *NONE),
    "feedback_corrective": (BOTH, "corrective", *NONE),
    "unresolved_days": (("school_year",), "open_days", *NONE),
    "absence_rate": (ALL, "absent", "offered", 60, EXPOSURE),
    "chronic_absence": (BOTH, "absent", "offered", 120, EXPOSURE),
    "unauthorised_rate": (BOTH, "unauthorised", "offered", 60, EXPOSURE),
    "absence_rate_kept": (BOTH, "absent", "NULL", 60, EXPOSURE),
    "absence_days_rate": (BOTH, "absent_days", "school_days", 20, EXPOSURE),
    "unresolved_share": (BOTH, "unresolved", "absent", 10, EXPOSURE),
    "feedback_balance": (BOTH, "praise", "praise + corrective", 10, EXPOSURE),
    "weekday_concentration": (BOTH, "weekday_most", "absent_days", 5, FEW),
    "subject_concentration": (BOTH, "subject_most", "subject_all", 10, FEW),
    "time_of_day_concentration": (BOTH, "hour_most", "hour_all", 10, FEW),
}
LIMITS = {"s30": (30, 40), "s50": (50, 60), "s70": (70, 80), "s100": (100, 110)}


class Bare:
    """One connection, and the steps on it."""

    def __init__(self, folder: str) -> None:
        self.run = duckdb.connect().execute
        self.folder = folder
        self.run("SET preserve_insertion_order = false")
        for name in ("enrolments", "calendar", "lesson_plans"):
            self.run(
                f"CREATE TABLE {name} AS FROM read_parquet('{folder}/registry/{name}.parquet')"
            )
        self.run(
            "CREATE TABLE roster AS SELECT row_number() OVER () AS pupil_id, pupil_key FROM "
            f"read_csv('{folder}/roster.csv', delim = ';', header = true, all_varchar = true, "
            "parallel = false)"
        )
        self.run("CREATE TABLE kinds(type_name VARCHAR, kind VARCHAR)")
        for kind, words in WORDS.items():
            for word in words:
                self.run("INSERT INTO kinds VALUES (?, ?)", [word, kind])

    def read(self, file: str, table: str) -> None:
        """Read marks, find whose they are and what they mean, drop what stands twice."""
        columns = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
        self.run("SET disabled_optimizers = 'build_side_probe_side'")
        self.run(
            f"CREATE TABLE {table} AS SELECT hash(e.pupil_id * 1000000 + epoch(m.date::DATE) // "
            "86400 * 24 + m.lesson_no::INT, if(k.kind < 'f' OR k.kind > 'g', '', "
            "m.type_name)) AS mark_key, e.school_year, month(m.date::DATE)::TINYINT AS month, "
            "e.school_id, e.class_id, e.pupil_id, m.date::DATE AS date, (m.start[1:2]::INT * "
            "60 + m.start[4:5]::INT)::SMALLINT AS start_minute, m.lesson_no::SMALLINT AS "
            "lesson_no, m.minutes::SMALLINT AS minutes, k.kind, if(k.kind < 'b', 1, 0)::FLOAT "
            "AS lessons, m.type_name, m.group_code, m.subject_code, m.teacher_code, "
            "m.is_cleared = '1' AS is_cleared, m.entered_at::DATE AS version_at "
            f"FROM read_csv('{self.folder}/{file}', header = true, all_varchar = true, "
            f"auto_detect = false, delim = ',', quote = '\"', columns = {{{columns}}}) m "
            "JOIN roster r USING (pupil_key) JOIN enrolments e USING (pupil_id) "
            "JOIN kinds k USING (type_name) "
            "WHERE m.date::DATE >= e.from_ AND m.date::DATE < e.to"
        )
        self.run("RESET disabled_optimizers")
        self.run(
            f"DELETE FROM {table} WHERE mark_key IN (SELECT mark_key FROM {table} GROUP BY 1 "
            f"HAVING count(*) > 1) AND rowid NOT IN (SELECT arg_max(rowid, version_at) FROM "
            f"{table} GROUP BY mark_key HAVING count(*) > 1)"
        )

    def write(self, source: str, root: str) -> None:
        """Write marks by month, a pupil's rows near each other.

        A month at a time is a fifth faster than one sort and PARTITION_BY.
        """
        months = self.run(
            f"SELECT DISTINCT school_year, month FROM {source}"
        ).fetchall()
        for year, month in months:
            into = Path(root, "marks", f"school_year={year}", f"month={month}")
            into.mkdir(parents=True, exist_ok=True)
            self.run(
                f"COPY (SELECT {MARK} FROM {source} WHERE school_year = {year} AND month = "
                f"{month} ORDER BY school_id, pupil_id, date, start_minute) TO "
                f"'{into}/marks.parquet' (FORMAT parquet, COMPRESSION zstd)"
            )

    def sums(self, marks: str) -> None:
        """Add marks up to pupil and day, once for all figures and steps."""
        counted = ", ".join(
            f"count(*) FILTER (kind = 'absence_{kind}') AS {kind}" for kind in OF_KIND
        )
        self.run(
            f"CREATE TABLE daily AS SELECT pupil_id, date, count(*) FILTER ({ABSENT}) AS absent, "
            f"{counted}, count(*) FILTER (kind = 'late_short') AS late, "
            "count(*) FILTER (kind = 'absence_unresolved' AND NOT is_cleared) AS still_open "
            f"FROM {marks} GROUP BY ALL"
        )
        self.run(
            "CREATE TABLE days AS SELECT d.*, e.school_id, e.class_id, e.level, c.term, "
            "c.is_school_day, c.ordinal, c.ordinal * p.lessons_per_week::DOUBLE / 5 AS offered FROM "
            "daily d JOIN enrolments e USING (pupil_id) JOIN calendar c ON c.school_id = "
            "e.school_id AND c.date = d.date JOIN lesson_plans p ON p.class_id = e.class_id"
        )

    def figures(self, marks: str, whose: str = "") -> str:
        """Compute every figure in its windows; return the query of its long rows."""
        self.run(
            "CREATE TABLE blocks AS SELECT pupil_id, date, kind, count(*) FILTER (pause IS NULL "
            "OR pause > 20) AS n FROM (SELECT pupil_id, date, kind, start_minute - "
            "lag(start_minute + minutes) OVER (PARTITION BY pupil_id, date, kind, group_code, "
            "type_name, teacher_code ORDER BY start_minute, lesson_no, mark_key) AS pause "
            f"FROM {marks} WHERE kind LIKE 'feedback%') GROUP BY ALL"
        )
        self.run(
            "CREATE TABLE runs AS SELECT pupil_id, date, ordinal - row_number() OVER (PARTITION "
            "BY pupil_id ORDER BY date) AS run FROM days WHERE absent > 0 AND is_school_day"
        )
        for window, (since, _) in WINDOWS.items():
            self._wide(marks, whose, window, since)
        return " UNION ALL ".join(_long())

    def _wide(self, marks: str, whose: str, window: str, since: str) -> None:
        most = {
            "weekday": f"SELECT pupil_id, weekday(date) AS v, count(*) AS n FROM days WHERE "
            f"absent > 0 AND is_school_day AND date >= {since} GROUP BY ALL",
            "subject": f"SELECT pupil_id, subject_code AS v, count(*) AS n FROM {marks} WHERE "
            f"{ABSENT} AND date >= {since} AND subject_code IS NOT NULL GROUP BY ALL",
            "hour": f"SELECT pupil_id, start_minute // 60 AS v, count(*) AS n FROM {marks} WHERE "
            f"{ABSENT} AND date >= {since} AND start_minute IS NOT NULL GROUP BY ALL",
        }
        joins = " ".join(
            f"LEFT JOIN (SELECT pupil_id, max(n) AS {name}_most, sum(n) AS {name}_all FROM "
            f"({query}) GROUP BY pupil_id) {name} USING (pupil_id)"
            for name, query in most.items()
        )
        kinds = ", ".join(f"sum({kind}) AS {kind}" for kind in OF_KIND)
        self.run(
            f'CREATE TABLE "{window}" AS SELECT e.pupil_id, e.school_id, e.class_id, '
            "(c.ordinal - coalesce(b.ordinal, 0)) AS school_days, (c.ordinal - "
            f"coalesce(b.ordinal, 0)) * p.lessons_per_week::DOUBLE / 5 AS offered, {_named(_DAYS, 'd')}, "
            f"s.streak, {_named(_FEEDBACK, 'f')}, weekday_most, subject_most, coalesce(subject_all, 0) AS subject_all, "
            f"hour_most, coalesce(hour_all, 0) AS hour_all FROM enrolments e {whose} JOIN lesson_plans p ON p.class_id "
            f"= e.class_id JOIN calendar c ON c.school_id = e.school_id AND c.date = '{AS_OF}' "
            f"LEFT JOIN calendar b ON b.school_id = e.school_id AND b.date = {since} - 1 "
            f"LEFT JOIN (SELECT pupil_id, sum(absent) AS absent, {kinds}, sum(late) AS late, "
            "count(*) FILTER (absent > 0 AND is_school_day) AS absent_days, "
            f"DATE '{AS_OF}' - min(date) FILTER (still_open > 0) AS open_days FROM days WHERE "
            f"date >= {since} GROUP BY pupil_id) d USING (pupil_id) "
            "LEFT JOIN (SELECT pupil_id, max(n) AS streak FROM (SELECT pupil_id, count(*) AS n "
            f"FROM runs WHERE date >= {since} GROUP BY pupil_id, run) GROUP BY pupil_id) s "
            "USING (pupil_id) LEFT JOIN (SELECT pupil_id, sum(n) FILTER (kind = "
            "'feedback_positive') AS praise, sum(n) FILTER (kind = 'feedback_corrective') AS "
            f"corrective FROM blocks WHERE date >= {since} GROUP BY pupil_id) f USING (pupil_id) "
            f"{joins}"
        )

    def crossings(self) -> str:
        """Find who reached each of the seven steps, and when; return the query."""
        self.run(
            "CREATE TABLE running AS SELECT pupil_id, school_id, class_id, level, date, offered, "
            "sum(absent) OVER (PARTITION BY pupil_id ORDER BY date) AS so_far FROM days "
            "WHERE absent > 0"
        )
        first = (
            "SELECT '{step}' AS step, pupil_id, school_id, class_id, '{year}' AS window_key, "
            "min(date) AS crossed_on, arg_min({value}, date) AS value, arg_min(so_far, date) "
            "AS rows_counted FROM running WHERE {when} GROUP BY ALL"
        )
        parts = [
            first.format(
                step=step,
                year=YEAR.year,
                value="so_far::DOUBLE",
                when=f"so_far >= if(level = 'primary', {primary}, {secondary})",
            )
            for step, (primary, secondary) in LIMITS.items()
        ]
        parts.append(
            first.format(
                step="p10",
                year=YEAR.year,
                value="100 * so_far / offered",
                when="offered >= 300 AND 100 * so_far / offered >= 10",
            )
        )
        parts.append(
            "SELECT 'unresolved7', pupil_id, school_id, class_id, min(date)::VARCHAR, "
            "min(date) + 7, 7, arg_min(still_open, date) FROM days WHERE still_open > 0 "
            f"GROUP BY ALL HAVING min(date) + 7 <= DATE '{AS_OF}'"
        )
        parts.append(
            "SELECT 'weekday', pupil_id, school_id, class_id, "
            f"concat('{YEAR.year}-', term), min(date), arg_min(n, date), "
            "arg_min(marks, date) FROM (SELECT pupil_id, school_id, class_id, term, date, "
            "count(*) OVER own AS n, sum(absent) OVER own AS marks, count(*) OVER every AS "
            "of_all FROM days WHERE absent > 0 AND is_school_day WINDOW own AS (PARTITION BY "
            "pupil_id, term, weekday(date) ORDER BY date), every AS (PARTITION BY pupil_id, "
            "term ORDER BY date)) WHERE n >= 4 AND n / of_all >= 0.6 GROUP BY ALL"
        )
        return " UNION ALL ".join(parts)

    def copy(self, query: str, into: str) -> None:
        """Write a query's rows as one Parquet file."""
        self.run(f"COPY ({query}) TO '{into}' (FORMAT parquet, COMPRESSION zstd)")


_DAYS = ("absent", *OF_KIND, "late", "absent_days", "open_days")
_FEEDBACK = ("praise", "corrective")


def _named(columns: tuple[str, ...], table: str) -> str:
    return ", ".join(f"coalesce({table}.{name}, 0) AS {name}" for name in columns)


def _long() -> list[str]:
    """Return one query for each figure and window over the wide tables."""
    parts = []
    for name, (windows, numerator, denominator, minimum, below) in FIGURES.items():
        for window in windows:
            value, withheld = "n", "NULL"
            if below:
                value = f"CASE WHEN d >= {minimum} AND d > 0 THEN 100 * n / d END"
                withheld = (
                    "CASE WHEN d IS NULL OR d = 0 THEN 'no_denominator' "
                    f"WHEN d < {minimum} THEN '{below}' END"
                )
            parts.append(
                f"SELECT '{name}' AS indicator, '{window}' AS win, '{WINDOWS[window][1]}' AS "
                "window_key, school_id, class_id, pupil_id, "
                f"coalesce({numerator}, 0)::DOUBLE AS n, ({denominator})::DOUBLE AS d, "
                f'{value} AS value, {withheld} AS withheld FROM "{window}"'
            )
    return parts


def year(folder: str, root: str, file: str) -> None:
    """CSV to marks by month, figures and crossings."""
    bare = Bare(folder)
    bare.read(file, "marks")
    bare.write("marks", root)
    bare.sums("marks")
    bare.copy(bare.figures("marks"), f"{root}/figures.parquet")
    bare.copy(bare.crossings(), f"{root}/crossings.parquet")


def day(folder: str, root: str) -> None:
    """One day's file into the year: its months, and its pupils' figures and crossings."""
    bare = Bare(folder)
    bare.read("day.csv", "fresh")
    known = f"read_parquet('{root}/marks/**/*.parquet', hive_partitioning = true)"
    bare.run(
        f"CREATE TABLE merged AS SELECT {MARK} FROM {known} WHERE (school_year, month) IN "
        "(SELECT DISTINCT school_year, month FROM fresh) AND mark_key NOT IN "
        f"(SELECT mark_key FROM fresh) UNION ALL SELECT {MARK} FROM fresh"
    )
    bare.copy(
        f"SELECT {MARK} FROM {known} SEMI JOIN fresh USING (school_year, month, mark_key)",
        f"{root}/history.parquet",
    )
    bare.write("merged", root)
    bare.run("CREATE TABLE touched AS SELECT DISTINCT pupil_id FROM fresh")
    bare.run(f"CREATE TABLE marks AS FROM {known} SEMI JOIN touched USING (pupil_id)")
    bare.sums("marks")
    figures = bare.figures("marks", "SEMI JOIN touched USING (pupil_id)")
    for name, query in (("figures", figures), ("crossings", bare.crossings())):
        others = f"FROM read_parquet('{root}/{name}.parquet') ANTI JOIN touched USING (pupil_id)"
        bare.copy(f"{others} UNION ALL ({query})", f"{root}/{name}.new.parquet")
        Path(root, f"{name}.new.parquet").replace(Path(root, f"{name}.parquet"))


def main(what: str, folder: str, root: str) -> None:
    match what:
        case "year":
            year(folder, root, "lesson_mark.csv")
        case "before":
            year(folder, root, "before.csv")
        case "day":
            day(folder, root)
        case _:
            raise SystemExit(f"{what}: say year, before or day")


if __name__ == "__main__":
    main(*sys.argv[1:])
