"""What casework keeps: tasks and their answers."""

from koulutie.casework.models.tasks import Reaction, Task

__all__ = ["Reaction", "Task"]
