"""The canonical Arrow tables: the only shapes in which rows cross between rooms.

Two families. ``RAW_*`` is what a source file says, word for word, before anybody looked
up who and what it means. The others are facts: ids instead of names, kinds instead of
local words. No schema has a column for a person's name (a test insists), except
`RAW_ROSTER`, which goes to the registry and nowhere else.

Units: lessons are 45-minute lessons; ``*_minute`` is minutes after local midnight;
intervals are half-open, ``from_`` inclusive, ``to`` exclusive; ``school_year`` is the
calendar year in which the school year starts; ``version_at`` is seconds since 1970 UTC.
Integers are signed because Delta Lake has no others.
"""

from __future__ import annotations

import pyarrow as pa

from koulutie.core.errors import Fault

# Local words repeat: as 32-bit codes into a dictionary, a city's year of marks fits in memory.
WORD = pa.dictionary(pa.int32(), pa.string())


def _schema(**columns: pa.DataType) -> pa.Schema:
    """Build a schema; a trailing ``_`` is kept only where the name is a keyword."""
    return pa.schema([pa.field(name, kind) for name, kind in columns.items()])


RAW_MARK = _schema(
    line=pa.int32(),  # line, row or cell number in the file, for messages
    source_mark_id=pa.string(),
    pupil_key=WORD,  # null in a page about one pupil: the asker names the pupil
    school_number=WORD,
    class_code=WORD,
    date=pa.date32(),
    start_minute=pa.int16(),
    end_minute=pa.int16(),
    lesson_no=pa.int16(),
    minutes=pa.int16(),
    group_code=WORD,
    subject_code=WORD,
    teacher_code=WORD,
    type_key=WORD,  # the source's own number or code of the type; for display only
    type_name=WORD,  # what the mapping looks at
    is_cleared=pa.bool_(),
    version_at=pa.int64(),  # when the source last touched the mark; null: not told
)

RAW_OFFERED = _schema(
    line=pa.int32(),
    pupil_key=WORD,  # exactly one of pupil_key, class_code and group_code is given
    school_number=WORD,
    class_code=WORD,
    group_code=WORD,
    date=pa.date32(),
    start_minute=pa.int16(),
    end_minute=pa.int16(),
    lessons=pa.float32(),  # 45-minute lessons this row stands for
    is_cancelled=pa.bool_(),
    is_kept=pa.bool_(),  # register kept; null: not known
)

RAW_ROSTER = _schema(
    line=pa.int32(),
    pupil_key=pa.string(),
    learner_oid=pa.string(),  # oppijanumero
    hetu=pa.string(),  # only ever leaves the reader as a keyed hash
    first_name=pa.string(),
    last_name=pa.string(),
    school_number=pa.string(),
    school_name=pa.string(),
    class_code=pa.string(),
    grade=pa.int16(),
    language=pa.string(),  # fi | sv
    from_=pa.date32(),
    to=pa.date32(),
    is_protected=pa.bool_(),  # turvakielto
    person_role=pa.string(),  # pupil | guardian | staff
    staff_role=pa.string(),  # the source's own word, e.g. OneRoster's "counselor"
    related_keys=pa.string(),  # guardian: comma-parted pupil keys
)

REJECTION = _schema(
    line=pa.int32(),
    reason=pa.string(),  # message id, see core.errors
    params=pa.string(),  # JSON object for its placeholders
    raw=pa.string(),  # the row as it stood in the file
)

MARK = _schema(
    mark_key=pa.int64(),  # see core.marks.mark_keys: the row's identity without its type
    school_year=pa.int16(),
    month=pa.int8(),
    school_id=pa.int32(),
    class_id=pa.int32(),
    pupil_id=pa.int64(),
    date=pa.date32(),
    start_minute=pa.int16(),
    lesson_no=pa.int16(),
    minutes=pa.int16(),
    kind=WORD,  # core.marks.Kind
    lessons=pa.float32(),  # absent lessons this mark counts for; 0 for all else
    type_name=WORD,
    group_code=WORD,
    subject_code=WORD,
    teacher_code=WORD,
    is_cleared=pa.bool_(),
    version_at=pa.int64(),
    batch_id=pa.int32(),
    from_version=pa.int32(),  # facts version in which this form of the mark became current
)

# A mark that was replaced or withdrawn. State at version N =
#   MARK where from_version <= N, and MARK_HISTORY where from_version <= N < to_version.
MARK_HISTORY = MARK.append(pa.field("to_version", pa.int32()))

OFFERED = _schema(
    school_year=pa.int16(),
    month=pa.int8(),
    school_id=pa.int32(),
    class_id=pa.int32(),  # null where the row is one pupil's own timetable
    pupil_id=pa.int64(),  # null where the row is a whole class's
    date=pa.date32(),
    lessons=pa.float32(),  # offered, cancelled ones left out
    lessons_kept=pa.float32(),  # of these, register kept; null: not known
    batch_id=pa.int32(),
    from_version=pa.int32(),
)

ENROLMENT = _schema(
    pupil_id=pa.int64(),
    school_id=pa.int32(),
    class_id=pa.int32(),
    school_year=pa.int16(),
    grade=pa.int8(),
    level=pa.string(),  # primary (1-6) | lower_secondary (7-9)
    language=pa.string(),
    from_=pa.date32(),
    to=pa.date32(),
)

CALENDAR = _schema(
    school_id=pa.int32(),
    date=pa.date32(),
    school_year=pa.int16(),
    is_school_day=pa.bool_(),
    term=pa.string(),  # autumn | spring
    study_period=pa.int8(),
    ordinal=pa.int16(),  # school days of the school's year up to and including this day
    # Lessons held on a school day that differs from the weekly plan (short day, trip).
    lessons=pa.float32(),
)

# Days on which one class differs from its school's calendar, such as a class trip.
CLASS_DAY = _schema(
    class_id=pa.int32(),
    date=pa.date32(),
    is_school_day=pa.bool_(),
    lessons=pa.float32(),  # as in CALENDAR
)

# Where no timetable is known: the class's weekly lessons, spread evenly over school days.
LESSON_PLAN = _schema(
    school_year=pa.int16(),
    school_id=pa.int32(),
    class_id=pa.int32(),
    lessons_per_week=pa.float32(),
)

# An agreed partial timetable replaces what the class is offered; the rest is not failure.
PARTIAL_TIMETABLE = _schema(
    pupil_id=pa.int64(),
    from_=pa.date32(),
    to=pa.date32(),
    lessons_per_week=pa.float32(),
)

FIGURE = _schema(
    indicator=WORD,
    definition_version=pa.int16(),
    definition_hash=WORD,
    window=WORD,  # core.calendar.Window, e.g. school_year, term, rolling:20
    window_key=WORD,  # e.g. 2026, 2026-autumn, 2026-11-20/20
    as_of=pa.date32(),
    school_year=pa.int16(),
    school_id=pa.int32(),
    class_id=pa.int32(),
    pupil_id=pa.int64(),
    numerator=pa.float64(),
    denominator=pa.float64(),  # null where the indicator has none or nothing is known
    value=pa.float64(),  # null where withheld
    withheld=WORD,  # why value is null: minimum_exposure | no_denominator | ...
    coverage=pa.float64(),  # share 0-1 of offered lessons with register kept; null: unknown
)

CROSSING = _schema(
    ladder=pa.string(),
    ladder_version=pa.int16(),
    ladder_hash=pa.string(),
    step=pa.string(),
    window_key=pa.string(),
    school_year=pa.int16(),
    school_id=pa.int32(),
    class_id=pa.int32(),
    pupil_id=pa.int64(),
    crossed_on=pa.date32(),  # the day on which the rows reached the limit
    value=pa.float64(),  # counted amount on that day
    threshold=pa.float64(),
    rows_counted=pa.int32(),  # marks behind `value`
    coverage=pa.float64(),
)

FACTS: dict[str, pa.Schema] = {
    "marks": MARK,
    "mark_history": MARK_HISTORY,
    "offered_lessons": OFFERED,
    "enrolments": ENROLMENT,
    "calendar": CALENDAR,
    "class_days": CLASS_DAY,
    "lesson_plans": LESSON_PLAN,
    "partial_timetables": PARTIAL_TIMETABLE,
    "figures": FIGURE,
    "crossings": CROSSING,
}


def conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return the table with exactly the schema's columns, in its order and types.

    Missing columns are a fault of ours, never filled in: whoever makes a table says
    null explicitly. Casts are safe: a value that does not fit raises.
    """
    missing = [name for name in schema.names if name not in table.column_names]
    extra = [name for name in table.column_names if name not in schema.names]
    if missing or extra:
        raise Fault(f"table does not conform: missing {missing}, unexpected {extra}")
    return table.select(schema.names).cast(schema)


def empty(schema: pa.Schema) -> pa.Table:
    """Return a table of the schema without rows."""
    return schema.empty_table()
