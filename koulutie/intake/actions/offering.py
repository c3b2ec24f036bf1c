"""Offered lessons: from the words of a timetable to what each class or pupil was offered."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from koulutie.core.calendar import school_year_of
from koulutie.core.dialects.reading import Reading
from koulutie.core.errors import gettext_noop
from koulutie.core.tables import OFFERED, REJECTION, conform, empty
from koulutie.intake.models import Batch
from koulutie.intake.queries import alarms, batches
from koulutie.registry import exports
from koulutie.registry.models import SchoolClass
from koulutie.registry.queries import pupil_keys

UNKNOWN_CLASS = gettext_noop(
    "No class %(what)s is known in this school on %(date)s. Import the roster first, or "
    "check the class and the school."
)
UNKNOWN_PUPIL = gettext_noop(
    "No pupil %(what)s was enrolled on %(date)s. Import the roster first, or check the key."
)
ONLY_A_GROUP = gettext_noop(
    "The row names only the group %(what)s. Lessons are counted by class or by pupil: add "
    "one of the two to the export."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    """Offered lessons as facts, and the rows that could not become any."""

    offered: pa.Table  # OFFERED
    rejections: pa.Table  # REJECTION


def resolve_offered(batch: Batch, raw: pa.Table) -> Offering:
    """Turn RAW_OFFERED into OFFERED: one row for each class or pupil and day."""
    rows = _placed(batch, raw)
    is_placed = pc.is_valid(rows["school_id"])
    return Offering(
        offered=_summed(rows.filter(is_placed), batch),
        rejections=_rejections(rows.filter(pc.invert(is_placed))),
    )


def describe_offered(batch: Batch, reading: Reading) -> pa.Table:
    """Put on the batch what the file would bring; return the rejections."""
    found = resolve_offered(batch, reading.offered)
    days = pc.value_counts(reading.offered["date"]).to_pylist()
    batch.counts = {
        "read": len(reading.offered),
        "new": len(found.offered),
        "changed": 0,
        "rejected": len(reading.rejections) + len(found.rejections),
    }
    iso = sorted((one["values"].isoformat(), one["counts"]) for one in days)
    batch.shape |= {"days": dict(iso)}
    if iso:
        batch.shape |= {"first": iso[0][0], "last": iso[-1][0]}
    batch.alarms = alarms.alarms_of(
        batch,
        earlier=batches.previous(batch),
        same_file=batches.taken_in_copy(batch),
        known_types=frozenset(),
    )
    return found.rejections


def _placed(batch: Batch, raw: pa.Table) -> pa.Table:
    """Return the rows with school, class and pupil ids; no school id: not placed."""
    own = batch.school.number if batch.school else None
    years = {
        day: school_year_of(day) for day in pc.unique(raw["date"]).to_pylist() if day
    }
    plain = pa.table(
        {
            "line": raw["line"],
            "date": raw["date"],
            "pupil": raw["pupil_key"].cast(pa.string()),
            "school": pc.fill_null(raw["school_number"].cast(pa.string()), own or ""),
            "code": raw["class_code"].cast(pa.string()),
            "group": raw["group_code"].cast(pa.string()),
            "lessons": raw["lessons"],
            "is_cancelled": pc.fill_null(raw["is_cancelled"], False),
            "is_kept": raw["is_kept"],
            "school_year": pa.array(
                [years.get(day) for day in raw["date"].to_pylist()], pa.int16()
            ),
        }
    )
    of_class = pc.and_(pc.is_null(plain["pupil"]), pc.is_valid(plain["code"]))
    return pa.concat_tables(
        [
            _with_classes(batch, plain.filter(of_class)),
            _with_pupils(batch, plain.filter(pc.is_valid(plain["pupil"]))),
            _without(
                plain.filter(
                    pc.and_(pc.is_null(plain["pupil"]), pc.is_null(plain["code"]))
                )
            ),
        ]
    )


_IDS = {"school_id": pa.int32(), "class_id": pa.int32(), "pupil_id": pa.int64()}


def _without(rows: pa.Table) -> pa.Table:
    for name, kind in _IDS.items():
        if name not in rows.column_names:
            rows = rows.append_column(name, pa.nulls(len(rows), kind))
    return rows.select([*_COLUMNS, *_IDS])


_COLUMNS = (
    "line",
    "date",
    "pupil",
    "school",
    "code",
    "group",
    "lessons",
    "is_cancelled",
    "is_kept",
    "school_year",
)


def _with_classes(batch: Batch, rows: pa.Table) -> pa.Table:
    classes = SchoolClass.objects.filter(
        school__municipality=batch.municipality
    ).values_list("school__number", "school_year__year", "code", "school", "pk")
    if batch.school:
        classes = classes.filter(school=batch.school)
    columns = list(zip(*classes, strict=True)) or [()] * 5
    known = pa.table(
        {
            "school": pa.array(columns[0], pa.string()),
            "school_year": pa.array(columns[1], pa.int16()),
            "code": pa.array(columns[2], pa.string()),
            "school_id": pa.array(columns[3], pa.int32()),
            "class_id": pa.array(columns[4], pa.int32()),
        }
    )
    keys = ["school", "school_year", "code"]
    return _without(rows.join(known, keys, join_type="left outer"))


def _with_pupils(batch: Batch, rows: pa.Table) -> pa.Table:
    """Give each row its pupil and the school where the pupil was enrolled that day."""
    keys = pupil_keys(batch.municipality, source_db=batch.source_db)
    known = pa.table(
        {
            "pupil": pa.array(keys, pa.string()),
            "pupil_id": pa.array(keys.values(), pa.int64()),
        }
    )
    stays = exports.enrolments(municipality=batch.municipality).select(
        ["pupil_id", "school_id", "from_", "to"]
    )
    if batch.school:
        stays = stays.filter(pc.equal(stays["school_id"], batch.school.pk))
    numbered = rows.append_column("at", pa.array(range(len(rows)), pa.int64()))
    joined = numbered.join(known, "pupil").join(stays, "pupil_id")
    inside = joined.filter(
        pc.and_(
            pc.less_equal(joined["from_"], joined["date"]),
            pc.greater(joined["to"], joined["date"]),
        )
    )
    first = inside.group_by("at").aggregate([("school_id", "min"), ("pupil_id", "min")])
    found = first.rename_columns(["at", "school_id", "pupil_id"])
    return _without(numbered.join(found, "at").drop_columns(["at"]))


def _summed(rows: pa.Table, batch: Batch) -> pa.Table:
    """Add the lessons up by class or pupil and day; cancelled ones are not offered."""
    held = pc.if_else(rows["is_cancelled"], 0.0, rows["lessons"])
    kept = pc.if_else(pc.fill_null(rows["is_kept"], False), held, 0.0)
    # Nobody keeps the register of a lesson that was not held.
    told = pc.cast(
        pc.or_(pc.is_valid(rows["is_kept"]), rows["is_cancelled"]), pa.int8()
    )
    by = ["school_id", "class_id", "pupil_id", "date", "school_year"]
    total = (
        rows.select(by)
        .append_column("held", held)
        .append_column("kept", kept)
        .append_column("told", told)
        .group_by(by)
        .aggregate([("held", "sum"), ("kept", "sum"), ("told", "min")])
    )
    is_told = pc.equal(total["told_min"], 1)
    size = len(total)
    return conform(
        pa.table(
            {
                "school_year": total["school_year"],
                "month": pc.cast(pc.month(total["date"]), pa.int8()),
                "school_id": total["school_id"],
                "class_id": total["class_id"],
                "pupil_id": total["pupil_id"],
                "date": total["date"],
                "lessons": pc.cast(total["held_sum"], pa.float32()),
                "lessons_kept": pc.cast(
                    pc.if_else(is_told, total["kept_sum"], None), pa.float32()
                ),
                "batch_id": pa.repeat(pa.scalar(batch.pk or 0, pa.int32()), size),
                "from_version": pa.repeat(pa.scalar(0, pa.int32()), size),
            }
        ),
        OFFERED,
    )


def _rejections(rows: pa.Table) -> pa.Table:
    found = []
    for row in rows.to_pylist():
        reason, what = ONLY_A_GROUP, row["group"]
        if row["pupil"]:
            reason, what = UNKNOWN_PUPIL, row["pupil"]
        elif row["code"]:
            reason, what = UNKNOWN_CLASS, row["code"]
        day = row["date"].isoformat() if row["date"] else "–"
        params = json.dumps({"what": what or "–", "date": day}, ensure_ascii=False)
        raw = "; ".join((what or "", day, str(row["lessons"])))
        found.append(
            {"line": row["line"], "reason": reason, "params": params, "raw": raw}
        )
    if not found:
        return empty(REJECTION)
    return pa.Table.from_pylist(found, schema=REJECTION).sort_by("line")
