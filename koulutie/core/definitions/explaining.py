"""From one complaint of pydantic to one sentence with file, line, key and expectation."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from pydantic_core import ErrorDetails

from koulutie.core.definitions.base import Path, Unexpected
from koulutie.core.definitions.sentences import EXPECTED, SAME_SENTENCE
from koulutie.core.definitions.source import Source, spoken
from koulutie.core.errors import DefinitionError

JsonSchema = Mapping[str, object]


def located(
    source: Source, schema: JsonSchema, detail: ErrorDetails
) -> DefinitionError:
    """Return the complaint as a sentence about the file.

    Parameters
    ----------
    source
        The file's text as read.
    schema
        The JSON Schema of the whole definition; it knows keys, tags and descriptions.
    detail
        One of pydantic's errors.
    """
    path = _in_file(source, detail)
    context = dict(detail.get("ctx", {}))
    params: dict[str, object] = {
        name: _limit(value) for name, value in context.items() if name != "error"
    }
    params |= {
        "file": source.where,
        "line": source.line(path),
        "key": spoken(path),
        "found": _found(context.get("tag", detail["input"])),
        "problem": detail["msg"],
    }
    if isinstance(error := context.get("error"), Unexpected):
        return DefinitionError(error.message, **(params | error.params))
    params |= _known(schema, detail)
    kind = SAME_SENTENCE.get(detail["type"], detail["type"])
    if kind == "extra_forbidden" and params["close"]:
        kind = "close_key"
    return DefinitionError(EXPECTED.get(kind, EXPECTED["other"]), **params)


def _known(schema: JsonSchema, detail: ErrorDetails) -> dict[str, object]:
    """Return what the model itself knows about the place: keys, tags, description."""
    here = _place(schema, detail["loc"])
    keys = list(_dict(here.get("properties")))
    name = str(detail["loc"][-1]) if detail["loc"] else ""
    tags = [tag for option in _options(schema, here) for tag in _tags(option)]
    choices = str(detail.get("ctx", {}).get("expected", ""))
    return {
        "known": ", ".join(keys),
        "close": "".join(difflib.get_close_matches(name, keys, n=1)),
        "about": str(here.get("description", detail["msg"])),
        "expected": ", ".join(tags) or choices.replace("'", "").replace(" or ", ", "),
    }


def _in_file(source: Source, detail: ErrorDetails) -> Path:
    """Return the part of pydantic's path that stands in the file; union tags do not."""
    path: Path = ()
    for part in detail["loc"]:
        if (*path, part) in source.lines:
            path = (*path, part)
    return (*path, detail["loc"][-1]) if detail["type"] == "missing" else path


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


def _place(root: JsonSchema, loc: Path) -> JsonSchema:
    """Return the JSON Schema of the place, or of the last part of the path it knows."""
    node = _resolved(root, root)
    for part in loc:
        following = _child(root, node, part)
        if following is None:
            break
        node = _resolved(root, following)
    return node


def _child(root: JsonSchema, node: JsonSchema, part: str | int) -> JsonSchema | None:
    for option in _options(root, node):
        tags = _tags(option)
        if isinstance(part, int):
            inside = option.get("items")
        elif part in tags:
            inside = {"$ref": tags[part]}
        else:
            properties = _dict(option.get("properties"))
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


def _tags(node: JsonSchema) -> dict[str, object]:
    """Return the schemas of a tagged union by their tags."""
    return _dict(_dict(node.get("discriminator")).get("mapping"))


def _dict(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
