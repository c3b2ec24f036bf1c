"""Every address of the product, as the resolver knows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One address: its name with its namespace, its pattern, its view."""

    name: str
    pattern: str
    view: Callable[..., object]


def all_routes() -> list[Route]:
    return list(_walk(get_resolver(), "", ""))


def _walk(resolver: URLResolver, space: str, prefix: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield Route(
                name=f"{space}{entry.name or '?'}", pattern=pattern, view=entry.callback
            )
        else:
            inner = f"{entry.namespace}:" if entry.namespace else ""
            yield from _walk(entry, space + inner, pattern)
