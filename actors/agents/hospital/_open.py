"""What the receptionist's tools work on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import trio

from actors.agents.hospital._database import POOL_SIZE, open_database
from actors.agents.hospital._dates import parse_date
from actors.agents.hospital._records import Records
from actors.agents.hospital._seed import seed
from actors.tools import Clock, Resources

__all__ = ["open_resources"]


@contextmanager
def open_resources(database: str, now: Clock) -> Iterator[Resources]:
    """Open the records, filling them when they are empty. ``database`` is an SQLAlchemy URL, ``now`` has the hospital's
    time zone."""
    moment = now().replace(tzinfo=None)
    with open_database(database, lambda db: seed(db, moment)) as engine:
        records = Records(engine)
        records.doctors  # noqa: B018  # read once, here, and not during the first call
        parse_date("december 3", moment.date())  # dateparser loads its language on first use: 0.3 s
        yield Resources(values=(records,), limiter=trio.CapacityLimiter(POOL_SIZE))
