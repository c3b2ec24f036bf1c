"""Double lessons: adjacent marks of one day, group, type and teacher count once.

A teacher who praises a double lesson marks both of its lessons; schools with longer
lessons mark once. Counting blocks makes the two comparable.
"""

from __future__ import annotations

import narwhals as nw

from koulutie.core.frames import Frame

_col = nw.col

# The longest break inside a double lesson, minutes; a lunch break is longer.
LONGEST_BREAK = 20
LESSON = 45  # minutes, where the source does not tell a lesson's length
SAME = ("pupil_id", "date", "kind", "group_code", "type_name", "teacher_code")


def with_block_starts(marks: Frame) -> Frame:
    """Return the marks with `starts_block`: false where a mark goes on with the one before.

    It goes on when it starts at most `LONGEST_BREAK` minutes after the end of the one
    before; where a start is not known, when its lesson number is at most one higher.
    """
    order = ["start_minute", "lesson_no", "mark_key"]

    def before(expression: nw.Expr) -> nw.Expr:
        return expression.shift(1).over(*SAME, order_by=order)

    start = _col("start_minute").cast(nw.Int32)
    end = start + _col("minutes").cast(nw.Int32).fill_null(LESSON)
    number = _col("lesson_no").cast(nw.Int32)
    pause = start - _col("_end_before")
    rise = number - _col("_number_before")
    goes_on = (
        nw.when(~pause.is_null()).then(pause <= LONGEST_BREAK).otherwise(rise <= 1)
    )
    return (
        marks.with_columns(_end=end, _number=number)
        .with_columns(
            _end_before=before(_col("_end")), _number_before=before(_col("_number"))
        )
        .with_columns(starts_block=~goes_on.fill_null(value=False))
        .drop("_end", "_number", "_end_before", "_number_before")
    )


def by_day(marks: Frame) -> Frame:
    """Return `pupil_id`, `date`, `kind` and the number of `blocks`.

    Most days have one mark of a kind, which is one block: only the others are put in order.
    """
    day = ["pupil_id", "date", "kind"]
    counted = marks.group_by(day).agg(marks=nw.len())
    single = counted.filter(_col("marks") == 1).select(*day, blocks=nw.lit(1.0))
    several = marks.join(counted.filter(_col("marks") > 1), on=day, how="semi")
    started = (
        with_block_starts(several)
        .group_by(day)
        .agg(blocks=_col("starts_block").cast(nw.Float64).sum())
    )
    return nw.concat([single, started], how="vertical")
