"""Failures of the machine beneath, by name: the disk is full, the database does not answer."""

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from kernel.errors import FullError, GuildhallError, UnavailableError
from kernel.words import gettext as _

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
PRIMARY = 0xFF  # the part of SQLite's code of an error that says what sort it is
SQLITE_AWAY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR})
POSTGRES_FULL = "53100"


def named(error: BaseException) -> GuildhallError | None:
    """The refusal that says to a person what happened; None when it is a fault of the house itself."""
    if _is_full(error):
        return FullError(_("The disk of this site is full. Whoever runs it has to make room first."))
    if _is_away(error):
        return UnavailableError(_("The database does not answer at this moment."))
    return None


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in FULL
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return _sort(error.orig) == sqlite3.SQLITE_FULL
    return getattr(error.orig, "sqlstate", None) == POSTGRES_FULL


def _is_away(error: BaseException) -> bool:
    """PostgreSQL's driver calls operational what no statement is to blame for; SQLite's calls everything so."""
    if isinstance(error, PoolTimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return _sort(error.orig) in SQLITE_AWAY
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)


def _sort(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & PRIMARY
