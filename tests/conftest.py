"""For all tests: an example of a property may take as long as it likes. Machines are busy at times."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("bargein", settings.default, deadline=None)
settings.load_profile("bargein")
