"""From the text of a YAML file to a frozen definition, or to every problem in it.

`yaml.BaseLoader` leaves every scalar as text, so ``no`` is a word and ``01234`` keeps its
zero. PyYAML keeps the last of two equal keys silently; here the second one is a problem.
Aliases and tags are refused: a definition is read by people from top to bottom.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from koulutie.core.definitions.base import Part, Path, Unexpected
from koulutie.core.definitions.sentences import EXPECTED, SAME_SENTENCE
from koulutie.core.errors import DefinitionError, gettext_noop

Model = TypeVar("Model", bound=Part)
JsonSchema = Mapping[str, object]
_ALIAS = "an alias"


class DefinitionProblems(DefinitionError):
    """All problems of one file; each is a `DefinitionError` of its own in `problems`."""

    def __init__(self, file: str, problems: Sequence[DefinitionError]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            gettext_noop(
                "%(file)s cannot be used. Places to correct: %(count)d.\n%(sentences)s"
            ),
            file=file,
            count=len(problems),
            sentences="\n".join(str(problem) for problem in problems),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A YAML text as plain values, with the line of every key and item."""

    where: str
    data: object
    lines: dict[Path, int]
    problems: list[DefinitionError] = field(default_factory=list)


class _Loader(yaml.BaseLoader):
    """`BaseLoader` that refuses aliases, before they can repeat a node for ever."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem=_ALIAS, problem_mark=self.get_mark())
        return super().compose_node(parent, index)


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
        problems += [_located(source, schema, detail) for detail in error.errors()]
    if definition is None or problems:
        problems.sort(key=lambda problem: str(problem.params.get("line", 0)).zfill(6))
        raise DefinitionProblems(where, problems)
    return definition


def read(text: str, *, where: str) -> Source:
    """Return the YAML as plain values; a text that is no YAML raises `DefinitionProblems`."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise DefinitionProblems(where, [_not_yaml(error, where)]) from error
    except (yaml.YAMLError, RecursionError) as error:
        sentence = gettext_noop(
            "%(file)s is not readable YAML: %(problem)s. Expected plain text with keys "
            "and values."
        )
        problem = (
            "nested too deeply" if isinstance(error, RecursionError) else str(error)
        )
        wrong = DefinitionError(sentence, file=where, problem=" ".join(problem.split()))
        raise DefinitionProblems(where, [wrong]) from error
    source = Source(where=where, data=None, lines={}, problems=[])
    data = _value(node, (), source) if node else {}
    return Source(where=where, data=data, lines=source.lines, problems=source.problems)


def line_of(text: str, path: Path) -> int:
    """Return the line on which the path stands in a text that has been read before."""
    return _line(read(text, where=""), path)


def _not_yaml(error: yaml.MarkedYAMLError, where: str) -> DefinitionError:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    if error.problem == _ALIAS:
        return DefinitionError(
            gettext_noop(
                "%(file)s, line %(line)d: aliases (*name) are not used in definitions. "
                "Expected the value itself."
            ),
            file=where,
            line=line,
        )
    return DefinitionError(
        gettext_noop(
            "%(file)s, line %(line)d: this is not YAML (%(problem)s). Expected a key, a "
            "colon, a space and a value, indented with spaces."
        ),
        file=where,
        line=line,
        problem=error.problem or "",
    )


def _value(node: yaml.Node, path: Path, source: Source) -> object:
    """Return the node as text, list or dict, noting where each part of it stands."""
    source.lines.setdefault(path, node.start_mark.line + 1)
    if not node.tag.startswith("tag:yaml.org,2002:"):
        source.problems.append(_tagged(node, path, source.where))
    match node:
        case yaml.MappingNode():
            return _mapping(node, path, source)
        case yaml.SequenceNode():
            return [
                _value(item, (*path, number), source)
                for number, item in enumerate(node.value)
            ]
        case _:
            return node.value


def _mapping(node: yaml.MappingNode, path: Path, source: Source) -> dict[str, object]:
    values: dict[str, object] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        line = key_node.start_mark.line + 1
        here = (*path, key)
        if key in values:
            source.problems.append(
                DefinitionError(
                    gettext_noop(
                        "%(file)s, line %(line)d, %(key)s: this key stands here twice, "
                        "first on line %(first)d. Expected it once."
                    ),
                    file=source.where,
                    line=line,
                    key=_spoken(here),
                    first=source.lines[here],
                )
            )
            continue
        source.lines[here] = line
        values[key] = _value(value_node, here, source)
    return values


def _tagged(node: yaml.Node, path: Path, where: str) -> DefinitionError:
    return DefinitionError(
        gettext_noop(
            "%(file)s, line %(line)d, %(key)s: the tag %(found)s is not used in "
            "definitions. Expected the value without a tag."
        ),
        file=where,
        line=node.start_mark.line + 1,
        key=_spoken(path),
        found=node.tag,
    )


def _located(
    source: Source, schema: JsonSchema, detail: ErrorDetails
) -> DefinitionError:
    """Return pydantic's complaint as one sentence with file, line and key."""
    is_missing = detail["type"] == "missing"
    path = _in_file(source, detail["loc"], is_missing=is_missing)
    params: dict[str, object] = {
        "file": source.where,
        "line": _line(source, path),
        "key": _spoken(path),
        "found": _found(detail["input"]),
        "problem": detail["msg"],
    }
    context = dict(detail.get("ctx", {}))
    if isinstance(error := context.pop("error", None), Unexpected):
        return DefinitionError(error.message, **(params | error.params))
    for tags in ("expected_tags", "expected"):
        if tags in context:
            params["expected"] = (
                str(context[tags]).replace("'", "").replace(" or ", ", ")
            )
    params.update({name: _limit(value) for name, value in context.items()} | params)
    kind = SAME_SENTENCE.get(detail["type"], detail["type"])
    if kind == "union_tag_invalid":
        kind, params["found"] = "enum", _found(context.get("tag"))
    return _explained(kind, params, _schema_at(schema, schema, detail["loc"]), detail)


def _explained(
    kind: str, params: dict[str, object], place: list[JsonSchema], detail: ErrorDetails
) -> DefinitionError:
    """Add what the model itself knows about the place: its keys and its description."""
    here = place[-1] if place else {}
    if kind == "extra_forbidden":
        known = _keys(place[-1] if place else {})
        close = difflib.get_close_matches(str(detail["loc"][-1]), known, n=1)
        params |= {"known": ", ".join(known), "close": "".join(close)}
        kind = "close_key" if close else kind
    else:
        params["known"] = ", ".join(_keys(here))
        params["about"] = str(here.get("description", detail["msg"]))
    return DefinitionError(EXPECTED.get(kind, EXPECTED["other"]), **params)


def _in_file(source: Source, loc: Path, *, is_missing: bool) -> Path:
    """Return the part of pydantic's path that stands in the file; union tags do not."""
    path: Path = ()
    for part in loc:
        if (*path, part) in source.lines:
            path = (*path, part)
    return (*path, loc[-1]) if is_missing and loc else path


def _line(source: Source, path: Path) -> int:
    """Return the line of the path, or of the nearest thing around it."""
    while path and path not in source.lines:
        path = path[:-1]
    return source.lines.get(path, 1)


def _spoken(path: Path) -> str:
    """Return ``steps[2].trigger`` for a path; items count from 1."""
    spoken = ""
    for part in path:
        spoken += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return spoken.lstrip(".") or "-"


def _found(value: object) -> str:
    """Return a value as it is shown in a sentence."""
    match value:
        case str():
            return f"“{value}”" if len(value) <= 60 else f"“{value[:60]}…”"
        case Mapping():
            return "keys with values"
        case list() | tuple():
            return "a list"
        case _:
            return str(value)


def _limit(value: object) -> object:
    """Return 10 for 10.0, so that limits read as they were written."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _schema_at(root: JsonSchema, node: JsonSchema, loc: Path) -> list[JsonSchema]:
    """Return the JSON Schema nodes along the path, as far as it goes."""
    nodes = [_resolved(root, node)]
    for part in loc:
        following = _child(root, nodes[-1], part)
        if following is None:
            break
        nodes.append(_resolved(root, following))
    return nodes


def _child(root: JsonSchema, node: JsonSchema, part: str | int) -> JsonSchema | None:
    for option in _options(root, node):
        tags = _dict(_dict(option.get("discriminator")).get("mapping"))
        properties = _dict(option.get("properties"))
        if isinstance(part, int):
            inside = option.get("items")
        elif part in tags:
            inside = {"$ref": tags[part]}
        else:
            inside = properties.get(part, option.get("additionalProperties"))
        if isinstance(inside, dict):
            return inside
    return None


def _options(root: JsonSchema, node: JsonSchema) -> Iterator[JsonSchema]:
    yield node
    options = node.get("anyOf")
    for option in options if isinstance(options, list) else []:
        yield _resolved(root, option)


def _resolved(root: JsonSchema, node: JsonSchema) -> JsonSchema:
    """Follow ``$ref``; the words beside the reference describe the field and win."""
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return node
    target = _dict(_dict(root.get("$defs")).get(reference.removeprefix("#/$defs/")))
    return {**target, **{key: value for key, value in node.items() if key != "$ref"}}


def _keys(node: JsonSchema) -> list[str]:
    return list(_dict(node.get("properties")))


def _dict(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
