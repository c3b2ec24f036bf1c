"""A YAML text as plain values that remember their lines.

`yaml.BaseLoader` leaves every scalar as text, so ``no`` is a word and ``01234`` keeps its
zero. PyYAML keeps the last of two equal keys silently; here the second one is a problem.
Aliases and tags are refused: a definition is read by people from top to bottom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import yaml

from koulutie.core.definitions.base import Path
from koulutie.core.errors import DefinitionError, gettext_noop

_ALIAS = "an alias"
# What the base resolver calls values that carry no tag of their own.
_OWN_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map")}


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

    def line(self, path: Path) -> int:
        """Return the line of the path, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class _Loader(yaml.BaseLoader):
    """`BaseLoader` that refuses aliases, before they can repeat a node for ever."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem=_ALIAS, problem_mark=self.get_mark())
        return super().compose_node(parent, index)


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
    return read(text, where="").line(path)


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
    if node.tag not in _OWN_TAGS:
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
                    key=spoken(here),
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
        key=spoken(path),
        found=node.tag,
    )


def spoken(path: Path) -> str:
    """Return ``steps[2].trigger`` for a path; items count from 1."""
    words = ""
    for part in path:
        words += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return words.lstrip(".") or "-"
