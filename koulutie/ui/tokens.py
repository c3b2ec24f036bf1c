"""The colours of tokens.css, for what is drawn on the server."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).parent / "static" / "ui" / "tokens.css"
_DARK: Final = "@media (prefers-color-scheme: dark)"


@cache
def light() -> dict[str, str]:
    """Return the colours of the light theme by name, as ``#rrggbb``."""
    return _colours(_text().partition(_DARK)[0])


@cache
def dark() -> dict[str, str]:
    """Return the colours of the dark theme by name; what it leaves out stays light."""
    block = _text().partition(_DARK)[2].partition("@media")[0]
    return light() | _colours(block)


def _text() -> str:
    return FILE.read_text(encoding="utf-8")


def _colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6});", css))
