"""From the text of a YAML file to a frozen definition, or to every problem in it."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError

from koulutie.core.definitions.base import Part
from koulutie.core.definitions.explaining import located
from koulutie.core.definitions.source import DefinitionProblems, read
from koulutie.core.errors import DefinitionError

Model = TypeVar("Model", bound=Part)


def parse(model: type[Model], text: str, *, where: str) -> Model:
    """Return the definition in the text.

    Parameters
    ----------
    model
        The kind of definition expected.
    text
        YAML.
    where
        The file's name for messages.

    Raises
    ------
    DefinitionProblems
        With every problem of the file, in the order of its lines.
    """
    source = read(text, where=where)
    problems = list(source.problems)
    definition = None
    try:
        definition = model.model_validate(source.data)
    except ValidationError as error:
        schema = model.model_json_schema()
        problems += [
            located(source, schema, detail)
            for detail in error.errors()
            # A list whose items are all refused is not empty, whatever pydantic says.
            if not (detail["type"] == "too_short" and detail["input"])
        ]
    if definition is None or problems:
        problems.sort(key=_line)
        raise DefinitionProblems(where, problems)
    return definition


def _line(problem: DefinitionError) -> int:
    line = problem.params.get("line")
    return line if isinstance(line, int) else 0
