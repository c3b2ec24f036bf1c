"""What all tests share: a home of their own, named people, options, honest skips."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.home import HOME

pytest_plugins = ["tests.browser"]

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

# Where CI is set, a test that was skipped for any other reason fails the run.
SKIP_SLOW = "only with --slow"
SKIP_NO_DATA = "the real data are not beside the checkout"
ALLOWED_SKIPS = (SKIP_SLOW, SKIP_NO_DATA)

hypothesis.settings.register_profile(
    "quick",
    deadline=None,  # the machine's load is no failure
    max_examples=40,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
hypothesis.settings.register_profile(
    "slow", hypothesis.settings.get_profile("quick"), max_examples=400
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the slow suites too")


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.load_profile("slow" if config.getoption("--slow") else "quick")
    from django.conf import settings

    assert settings.HOME == HOME, "the tests would write into a home that is not theirs"

    from koulutie.registry import walls

    walls.open_process()  # a test builds and reads for everybody; its requests do not

    if not hasattr(config, "workerinput"):  # once, before the workers start
        from koulutie.ui import messages

        messages.compile_all()  # a test reads what a person would read


@pytest.hookimpl(trylast=True)  # after the shuffling
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    # The longest runs by itself first, or the other workers would wait for it at the end.
    items.sort(key=lambda item: item.get_closest_marker("postgres") is None)
    if not config.getoption("--slow"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason=SKIP_SLOW))


class HonestSkips:
    """Collects why tests were skipped, and fails a CI run that skipped for a new reason."""

    def __init__(self) -> None:
        self.unexpected: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.note(report)

    def note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        if not any(allowed in reason for allowed in ALLOWED_SKIPS):
            self.unexpected.append(f"{report.nodeid}: {reason}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.unexpected and os.environ.get("CI", "").lower() in {"1", "true"}:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> None:
        for line in self.unexpected:
            terminalreporter.write_line(f"SKIPPED, which CI does not allow: {line}")


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.pluginmanager.register(HonestSkips(), "honest-skips")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the checkout; never part of the project."""
    if not SHARED.is_dir():
        pytest.skip(SKIP_NO_DATA)
    return SHARED


@pytest.fixture(autouse=True)
def own_folders(request: pytest.FixtureRequest) -> Iterator[None]:
    """Give every test that has a database its own facts and inbox too.

    A test of real transactions ends with a flush, which the append-only log would refuse:
    its triggers come down before, and are put up again for the next test.
    """
    from tests import log_triggers

    kind = database_of(request)
    if kind is None:
        yield
        return
    request.getfixturevalue(kind)
    folder: Path = request.getfixturevalue("tmp_path")
    settings = request.getfixturevalue("settings")
    settings.HOME = folder
    settings.FACTS_ROOT = str(folder / "facts")
    settings.WATCHED_FOLDER = folder / "inbox"
    log_triggers.put_up_if_down()
    yield
    if kind == "transactional_db":
        log_triggers.take_down()


def database_of(request: pytest.FixtureRequest) -> str | None:
    """Return the fixture of the database that a test uses; None where it uses none."""
    marker = request.node.get_closest_marker("django_db")
    is_real = marker is not None and marker.kwargs.get("transaction", False)
    if is_real or {"transactional_db", "live_server"} & set(request.fixturenames):
        return "transactional_db"
    return "db" if marker is not None or "db" in request.fixturenames else None


@pytest.fixture
def people(db: None) -> object:
    """The named persons in their small municipality, see tests/people.py."""
    from tests.people import make_people

    return make_people()


@pytest.fixture
def the_tests_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let requests happen at `builders.NOW`: the grants of the named people hold then."""
    from koulutie.ui import clock
    from tests import builders

    monkeypatch.setattr(clock, "now", lambda: builders.NOW)
