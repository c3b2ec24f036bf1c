"""The same steps as a tuned script on bare DuckDB: the yardstick, not a product.

CSV as text, keys packed into one number, duplicates found by grouping, one pass of daily
sums for all figures, windowed sums for the ladder; Parquet by month. Tuned as measured
before: `preserve_insertion_order` off, no type sniffing.
"""

from __future__ import annotations

import sys

import duckdb

FIGURES = (
    *("absence_health", "absence_preapproved", "absence_other_explained"),
    *("absence_unauthorised", "absence_unresolved"),
)


def main(folder: str, root: str) -> None:
    run = duckdb.connect().execute
    run("SET preserve_insertion_order = false")
    run(
        f"CREATE TABLE roster AS SELECT row_number() OVER () AS pupil_id, * FROM "
        f"read_csv('{folder}/roster.csv', delim = ';', header = true, all_varchar = true)"
    )
    run(
        "CREATE TABLE kinds(type_name VARCHAR, kind VARCHAR); INSERT INTO kinds VALUES "
        "('Terveydellinen syy', 'absence_health'), ('Frånvaro av hälsoskäl', 'absence_health'),"
        "('Ennalta anottu vapaa', 'absence_preapproved'),"
        "('På förhand anhållen ledighet', 'absence_preapproved'),"
        "('Muu selvitetty poissaolo', 'absence_other_explained'),"
        "('Annan utredd frånvaro', 'absence_other_explained'),"
        "('Luvaton poissaolo', 'absence_unauthorised'),"
        "('Olovlig frånvaro', 'absence_unauthorised'),"
        "('Selvittämätön poissaolo', 'absence_unresolved'),"
        "('Outredd frånvaro', 'absence_unresolved'), ('Myöhästyminen', 'late_short'),"
        "('Försening', 'late_short'), ('Hyvä!', 'feedback_positive'),"
        "('Bra jobbat!', 'feedback_positive'),"
        "('Sinulta puuttui opiskeluvälineitä', 'feedback_corrective'),"
        "('Läxorna ogjorda', 'feedback_corrective')"
    )
    run("SET disabled_optimizers = 'build_side_probe_side'")
    run(
        "CREATE TABLE marks AS SELECT r.pupil_id, r.school_number, r.class, r.grade::TINYINT "
        "AS grade, m.date::DATE AS date, (m.start[1:2]::INT * 60 + m.start[4:5]::INT)::SMALLINT "
        "AS start, k.kind, m.type_name, m.group_code, m.subject_code, m.teacher_code, "
        "m.is_cleared = '1' AS is_cleared, m.entered_at::DATE AS entered_at, "
        "hash(r.pupil_id * 1000000 + epoch(m.date::DATE) // 86400 * 24 + "
        "m.lesson_no::INT, if(k.kind < 'f', '', m.type_name)) AS mark_key "
        f"FROM read_csv('{folder}/lesson_mark.csv', header = true, all_varchar = true, "
        "auto_detect = false, delim = ',', quote = '\"', columns = {'pupil_key': 'VARCHAR', "
        "'school_number': 'VARCHAR', 'class_code': 'VARCHAR', 'date': 'VARCHAR', 'start': "
        "'VARCHAR', 'end': 'VARCHAR', 'lesson_no': 'VARCHAR', 'minutes': 'VARCHAR', "
        "'group_code': 'VARCHAR', 'subject_code': 'VARCHAR', 'teacher_code': 'VARCHAR', "
        "'type_id': 'VARCHAR', 'type_name': 'VARCHAR', 'is_cleared': 'VARCHAR', 'entered_at': "
        "'VARCHAR'}) m JOIN roster r USING (pupil_key) JOIN kinds k USING (type_name)"
    )
    run("RESET disabled_optimizers")
    run(
        "CREATE TABLE twice AS SELECT mark_key FROM marks GROUP BY 1 HAVING count(*) > 1"
    )
    run(
        f"COPY (SELECT *, month(date) AS month FROM marks ORDER BY school_number, pupil_id, "
        f"date, start) TO '{root}/marks' (FORMAT parquet, PARTITION_BY (month), "
        "COMPRESSION zstd, OVERWRITE_OR_IGNORE)"
    )
    run(
        "CREATE TABLE daily AS SELECT pupil_id, any_value(grade) AS grade, date, kind, "
        "count(*) AS n FROM marks GROUP BY pupil_id, date, kind"
    )
    sums = ", ".join(f"sum(n) FILTER (kind = '{kind}') AS {kind}" for kind in FIGURES)
    for window, days in (("school_year", 400), ("term", 140), ("rolling", 28)):
        run(
            f"COPY (SELECT pupil_id, '{window}' AS win, sum(n) FILTER (kind < 'f') AS absent, "
            f"count(DISTINCT date) FILTER (kind < 'f') AS days, {sums}, "
            "sum(n) FILTER (kind = 'late_short') AS late, "
            "sum(n) FILTER (kind = 'feedback_positive') AS praise, "
            "sum(n) FILTER (kind = 'feedback_corrective') AS corrective, "
            "max(date) FILTER (kind = 'absence_unresolved') AS open_since FROM daily "
            f"WHERE date > DATE '2026-05-29' - {days} GROUP BY pupil_id) "
            f"TO '{root}/figures_{window}.parquet'"
        )
    run(
        "CREATE TABLE running AS SELECT pupil_id, grade, date, sum(sum(n)) OVER "
        "(PARTITION BY pupil_id ORDER BY date) AS so_far FROM daily WHERE kind < 'f' "
        "GROUP BY pupil_id, grade, date"
    )
    for step in (30, 50, 70, 100):
        run(
            f"COPY (SELECT pupil_id, min(date) AS crossed_on FROM running WHERE so_far >= "
            f"{step} + if(grade >= 7, 10, 0) GROUP BY pupil_id) TO '{root}/s{step}.parquet'"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
