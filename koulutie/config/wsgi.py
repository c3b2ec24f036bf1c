"""WSGI entry point for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "koulutie.config.settings")
application = get_wsgi_application()

from koulutie import catalog  # noqa: E402  (Django must be set up)

catalog.current()  # a bad definition stops the start, not somebody's page
