"""A hospital on SQLite, and one on PostgreSQL where there is a server."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
import sqlalchemy as sa

from actors.agents.hospital import TIMEZONE, TOOLS, open_resources
from actors.agents.hospital._records import Records
from actors.tools import Resources, run_tool

SUNDAY = datetime(2026, 11, 22, 10, 0, tzinfo=ZoneInfo(TIMEZONE))


@attrs.define
class Desk:
    """The receptionist's desk in one call: ``desk("check_availability", doctor="Chen")``."""

    resources: Resources
    url: str
    session: dict[str, Any] = attrs.field(factory=dict)
    now: datetime = SUNDAY
    call_id: str = "c1"
    runs: int = 0

    @property
    def records(self) -> Records:
        (records,) = self.resources.values
        assert isinstance(records, Records)
        return records

    def __call__(self, name: str, /, *, key: str = "", **arguments: str) -> Any:
        self.runs += 1
        tool: Callable[..., Any] = next(function for function in TOOLS if function.__name__ == name)
        return run_tool(
            tool,
            resources=self.resources,
            key=key or f"{self.call_id}:{self.runs}",
            call_id=self.call_id,
            now=lambda: self.now,
            session=self.session,
            **arguments,
        )

    def another_call(self, call_id: str) -> Desk:
        return Desk(self.resources, self.url, now=self.now, call_id=call_id)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/hospital.db"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A schema of its own on the test server, dropped afterwards. A server that was named must be there."""
    named = os.environ.get("BARGEIN_TEST_POSTGRES")
    server = named or "postgresql+psycopg://postgres@127.0.0.1/test"
    engine = sa.create_engine(server, connect_args={"connect_timeout": 3})
    schema = f"bargein_{secrets.token_hex(6)}"
    try:
        with engine.begin() as db:
            db.execute(sa.text(f"CREATE SCHEMA {schema}"))
    except sa.exc.OperationalError:
        engine.dispose()
        if named:
            raise
        pytest.skip("no PostgreSQL server (set BARGEIN_TEST_POSTGRES to the URL of a database for tests)")
    yield sa.make_url(server).update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(False)
    with engine.begin() as db:
        db.execute(sa.text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Desk]:
    with open_resources(sqlite_url, lambda: SUNDAY) as resources:
        yield Desk(resources, sqlite_url)


@pytest.fixture
def any_desk(any_url: str) -> Iterator[Desk]:
    with open_resources(any_url, lambda: SUNDAY) as resources:
        yield Desk(resources, any_url)
