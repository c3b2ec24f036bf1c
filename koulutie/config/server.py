"""Serve the pages with gunicorn, and work through the queue beside them.

One process with threads: enough for a laptop and for a municipality on SQLite. A city on
PostgreSQL runs more gunicorn processes and ``koulutie night`` from a timer; the queue is in
the database, so it does not matter who works through it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from gunicorn.app.base import BaseApplication

from koulutie.jobs.worker import Worker


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn without a configuration file."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        from koulutie.config.wsgi import application

        return application


def start_worker(_gunicorn_worker: object) -> None:
    """Start the queue's thread after the fork, so that no thread crosses it."""
    Worker().start()


def run(*, host: str, port: int, tell: Callable[[str], None]) -> None:
    """Serve until interrupted."""
    tell(f"Koulutie is at http://{host}:{port}/  (stop with Ctrl+C)")
    Server(
        {
            "bind": f"{host}:{port}",
            "workers": 1,
            "worker_class": "gthread",
            "threads": 8,
            "timeout": 120,
            "loglevel": "warning",
            "logconfig_dict": settings.LOGGING,
            "post_worker_init": start_worker,
        }
    ).run()
