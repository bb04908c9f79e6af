"""The schema's history: apart from the application, since a web process never needs it and it takes 11 MB."""

from flask_migrate import Migrate

from guildhall.app import ROOT
from kernel.db import db
from kernel.web import Guildhall


def with_migrations(app: Guildhall) -> Guildhall:
    """The application with Flask-Migrate on it: `upgrade()`, `downgrade()`, `check()` and `migrate()` work inside."""
    Migrate(app, db, directory=str(ROOT / "migrations"), compare_type=True, render_as_batch=True)
    return app
