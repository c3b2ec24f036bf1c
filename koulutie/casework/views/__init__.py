"""Pages of casework: Today, a task, schools and classes, a pupil."""

from koulutie.casework.views.pages import (
    class_list,
    pupil,
    school,
    schools,
    task,
    today,
)

__all__ = ["class_list", "pupil", "school", "schools", "task", "today"]
