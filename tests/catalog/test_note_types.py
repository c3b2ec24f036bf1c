"""The types of notes hang together with the retention times."""

from __future__ import annotations

from pathlib import Path

import pytest

from koulutie import catalog
from koulutie.core.definitions import DefinitionProblems

NOTE_TYPES = (catalog.PRODUCT / "note_types.yaml").read_text()


def test_every_type_names_a_retention_class_and_there_is_one_of_each_restriction() -> (
    None
):
    current = catalog.current()
    types = current.note_types.types
    assert {one.retention for one in types} <= set(current.retention.by_id)
    assert {one.restricted.value for one in types} == {"never", "chosen", "always"}


def test_an_unknown_retention_class_stops_the_start_with_its_line(
    tmp_path: Path,
) -> None:
    wrong = NOTE_TYPES.replace("retention: note", "retention: forever", 1)
    (tmp_path / "note_types.yaml").write_text(wrong)
    line = wrong.splitlines().index("    retention: forever") + 1
    with pytest.raises(DefinitionProblems, match=f"line {line}.*forever is not in"):
        catalog.load(tmp_path)


def test_a_municipality_has_its_own_types(tmp_path: Path) -> None:
    own = NOTE_TYPES.replace("en: Agreed arrangement", "en: What we agreed")
    (tmp_path / "note_types.yaml").write_text(own)
    types = catalog.load(tmp_path).note_types.by_id
    assert types["agreement"].title.en == "What we agreed"
