"""What only one place may make: a scope, an event of the log, a reader of names."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PRODUCT = Path(__file__).resolve().parent.parent.parent / "koulutie"
SOURCES = sorted(PRODUCT.rglob("*.py"))


def calls(tree: ast.AST) -> set[str]:
    """Return what a file calls, as dotted names."""
    return {
        ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)
    }


def who_calls(name: str) -> set[str]:
    return {
        str(path.relative_to(PRODUCT))
        for path in SOURCES
        if any(
            called == name or called.endswith(f".{name}")
            for called in calls(ast.parse(path.read_text()))
        )
    }


def test_only_access_makes_a_scope() -> None:
    assert who_calls("Scope") == {"registry/access.py"}


@pytest.mark.parametrize("write", ["create", "bulk_create", "update", "delete"])
def test_only_audit_writes_the_log(write: str) -> None:
    expected = {"registry/audit.py"} if write == "create" else set()
    assert who_calls(f"AccessEvent.objects.{write}") == expected
