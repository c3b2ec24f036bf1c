"""Whatever is done to a file, it is read, or each problem of it is told with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koulutie import catalog
from koulutie.core.definitions import (
    Definition,
    DefinitionProblems,
    parse_indicator,
    parse_ladder,
    parse_mark_kinds,
    parse_profile,
    parse_retention,
    parse_roles,
)
from koulutie.core.errors import DefinitionError

FILES: dict[str, Callable[..., Definition]] = {
    "ladders/koulutie-demo.yaml": parse_ladder,
    "ladders/turku-2020.yaml": parse_ladder,
    "ladders/tuusula-old.yaml": parse_ladder,
    "indicators/chronic_absence.yaml": parse_indicator,
    "profiles/primusquery-semicolon.yaml": parse_profile,
    "roles.yaml": parse_roles,
    "retention.yaml": parse_retention,
    "mark_kinds.yaml": parse_mark_kinds,
}
JUNK = ["", "x", "0", "-1", "[]", "{}", "{a: b}", "nan", "true", "\n", "  ", "- ", ": "]
JUNK += ["*a", "&a ", "!!int ", "!x ", '"', "'", "#", "%", "|", ">", "\t", "ä", "\x85"]
JUNK += ["%s", "%(key)s", "null"]


@pytest.mark.parametrize("name", FILES)
@given(data=st.data())
def test_a_damaged_file_is_read_or_explained(name: str, data: st.DataObject) -> None:
    words = re.split(r"(\s+|[:,\[\]{}])", (catalog.PRODUCT / name).read_text("utf-8"))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(words) - 1))
        words[place] = data.draw(st.sampled_from(JUNK))
    for problem in problems(FILES[name], "".join(words)):
        assert re.match(r"x\.yaml(, line [1-9]\d*[,:]|: | is )", str(problem))
        assert "%(file)s" not in str(problem)
        assert "Expected" in str(problem)


def problems(parse: Callable[..., Definition], text: str) -> Sequence[DefinitionError]:
    """Return the text's problems: none for a text that is read, and else at least one."""
    try:
        definition = parse(text, where="x.yaml")
    except DefinitionProblems as error:
        return error.problems or pytest.fail("refused without a reason")
    assert len(definition.hash) == 64
    return ()
