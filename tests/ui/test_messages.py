"""Every sentence has its Finnish and Swedish form."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import polib
import pytest

from koulutie.ui import messages

CATALOGUES = messages.catalogues()
SKIP_NO_GETTEXT = "there is no xgettext"


def name_of(path: Path) -> str:
    return f"{path.parts[-5]}-{path.parts[-3]}"


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"%\([a-z_0-9]+\)[a-z]|%%|\{[a-z_0-9]*\}", text))


def forms(entry: polib.POEntry) -> list[tuple[str, str]]:
    """Pairs of a source form and its translation."""
    if not entry.msgid_plural:
        return [(entry.msgid, entry.msgstr)]
    return [
        (entry.msgid if index == 0 else entry.msgid_plural, text)
        for index, text in sorted(entry.msgstr_plural.items())
    ]


def test_every_app_that_speaks_has_both_languages() -> None:
    found = {name_of(path) for path in CATALOGUES}
    assert {"ui-fi", "ui-sv", "registry-fi", "registry-sv"} <= found
    assert {name.removesuffix("-fi") for name in found if name.endswith("-fi")} == {
        name.removesuffix("-sv") for name in found if name.endswith("-sv")
    }


@pytest.mark.parametrize("path", CATALOGUES, ids=name_of)
def test_nothing_is_untranslated_guessed_or_left_over(path: Path) -> None:
    catalogue = polib.pofile(str(path))
    assert len(catalogue)
    assert [entry.msgid for entry in catalogue.untranslated_entries()] == []
    assert [entry.msgid for entry in catalogue.fuzzy_entries()] == []
    assert [entry.msgid for entry in catalogue.obsolete_entries()] == []
    assert not catalogue.metadata_is_fuzzy


@pytest.mark.parametrize("path", CATALOGUES, ids=name_of)
def test_translations_keep_the_placeholders(path: Path) -> None:
    for entry in polib.pofile(str(path)):
        for source, text in forms(entry):
            assert placeholders(source) == placeholders(text), text


@pytest.mark.parametrize("path", CATALOGUES, ids=name_of)
def test_translations_end_as_their_sentences_do(path: Path) -> None:
    """A lost full stop or space is a lost half of a sentence more often than not."""
    for entry in polib.pofile(str(path)):
        for source, text in forms(entry):
            for end in (".", "?", ":", " "):
                assert source.endswith(end) == text.endswith(end), text


@pytest.fixture(scope="module")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with its catalogues gathered anew."""
    if not shutil.which("xgettext"):
        pytest.skip(SKIP_NO_GETTEXT)
    copy = tmp_path_factory.mktemp("gathered") / "koulutie"
    ignored = shutil.ignore_patterns("__pycache__", "*.mo", "static")
    shutil.copytree(messages.PACKAGE, copy, ignore=ignored)
    messages.extract_all(copy)
    return copy


@pytest.mark.parametrize("language", messages.LANGUAGES)
@pytest.mark.parametrize("app", messages.APPS)
def test_the_catalogues_hold_what_the_sources_say(
    gathered: Path, app: str, language: str
) -> None:
    place = Path(app, "locale", language, "LC_MESSAGES", "django.po")
    was, is_now = keys(messages.PACKAGE / place), keys(gathered / place)
    assert was == is_now, "run `koulutie messages --extract` and translate"


def keys(path: Path) -> set[tuple[str | None, str, str]]:
    if not path.exists():
        return set()
    return {
        (one.msgctxt, one.msgid, one.msgid_plural) for one in polib.pofile(str(path))
    }


def test_compiling_passes_over_what_is_up_to_date(tmp_path: Path) -> None:
    folder = tmp_path / "ui/locale/fi/LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "step"\nmsgstr "porras"\n'
    )
    assert messages.compile_all(tmp_path) == 1
    assert messages.compile_all(tmp_path) == 0
    assert [entry.msgstr for entry in polib.mofile(str(folder / "django.mo"))] == [
        "porras"
    ]
    assert sorted(path.name for path in folder.iterdir()) == ["django.mo", "django.po"]
