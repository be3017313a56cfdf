"""Opening the database: one engine a process, tables and first contents made when they are missing."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url, select, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from actors.agents.hospital import _tables as t
from actors.errors import ConfigurationError

__all__ = ["POOL_SIZE", "WRITES", "open_database"]

POOL_SIZE: Final = 8  #: connections, and so worker threads, a process
WRITES: Final = {"bargein_writes": True}
"""Execution options of a connection that is going to write: SQLite then takes its write lock at once, and waits for
it, instead of failing half-way when two readers want to become writers."""

_BUSY_MS: Final = 5000
_SETUP_LOCK: Final = 0x62617267  # any number, the same in every process ("barg")


@contextmanager
def open_database(url: str, fill: Callable[[Connection], None]) -> Iterator[Engine]:
    """An engine on a database that has the tables; ``fill`` is called (in their transaction) when they hold no doctor.

    Several processes may open the same database at the same moment. Raises :class:`ConfigurationError` when it cannot
    be opened; the message shows no password.
    """
    engine = _engine(url)
    try:
        try:
            with engine.execution_options(**WRITES).begin() as db:
                if engine.dialect.name == "postgresql":
                    db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _SETUP_LOCK})
                t.metadata.create_all(db)
                if db.execute(select(t.doctors.c.id).limit(1)).first() is None:
                    fill(db)
        except SQLAlchemyError as error:
            shown = engine.url.render_as_string(hide_password=True)
            raise ConfigurationError(f"the database {shown} cannot be opened: {_first_line(error)}") from error
        yield engine
    finally:
        engine.dispose()


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        dialect = parsed.get_backend_name()
        options: dict[str, Any] = {}
        if dialect == "sqlite":
            if parsed.database in (None, "", ":memory:"):
                raise ConfigurationError("a SQLite database must be a file (sqlite:///bargein.db): threads share it")
            options = {"timeout": _BUSY_MS / 1000}
        elif dialect == "postgresql":
            given = parsed.query.get("options", "")
            options = {"connect_timeout": 5, "options": f"{given} -c statement_timeout={_BUSY_MS}"}
        engine = create_engine(
            parsed,
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_timeout=_BUSY_MS / 1000,
            pool_pre_ping=dialect != "sqlite",
            hide_parameters=True,  # error messages and logs never show what a caller said
            connect_args=options,
        )
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigurationError(f"not a database URL that works here: {_first_line(error)}") from None
    if dialect == "sqlite":
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
    return engine


def _on_sqlite_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, in the form that is meant
    _use_wal(connection)
    connection.execute("PRAGMA foreign_keys=ON")


def _use_wal(connection: Any) -> None:
    """Readers do not wait for the writer. Of several who switch a new file at the same moment SQLite refuses all but
    one at once, without the wait that it grants otherwise."""
    deadline = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _on_sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("bargein_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]
