"""A home folder of the run's own, made before Django reads the settings.

Loaded by ``-p tests.home`` (pyproject.toml), because pytest-django reads the settings before
any conftest; with several processes each has its own.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

HOME = Path(tempfile.mkdtemp(prefix="koulutie-tests-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
for name in [name for name in os.environ if name.startswith("KOULUTIE_")]:
    if name != "KOULUTIE_DATABASE":  # the PostgreSQL run sets it
        del os.environ[name]
os.environ["KOULUTIE_HOME"] = str(HOME)
os.environ["DJANGO_SETTINGS_MODULE"] = "koulutie.config.settings"
