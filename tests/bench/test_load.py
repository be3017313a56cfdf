"""What others take of the machine is told from what the bench itself takes."""

import time

from bench import _load
from bench._load import OthersLoad


def test_own_work_and_childrens_does_not_count(monkeypatch):
    clock = {"all": 0.0, "own": 0.0, "now": 0.0}
    monkeypatch.setattr(_load, "_all_busy", lambda: clock["all"])
    monkeypatch.setattr(_load, "_own_busy", lambda: clock["own"])
    monkeypatch.setattr(time, "monotonic", lambda: clock["now"])
    load = OthersLoad()
    clock |= {"all": 3.0, "own": 2.0, "now": 2.0}
    assert load.cores() == 0.5
    clock |= {"own": 9.0}
    assert load.cores() == 0.0


def test_this_process_is_found():
    before = _load._own_busy()
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    assert 0.05 <= _load._own_busy() - before < 5
    assert _load._all_busy() >= _load._own_busy() - 1
