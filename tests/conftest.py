"""Profiles of the property tests: ``HYPOTHESIS_PROFILE=dev|ci|night`` chooses, dev by default."""

import os

from events_written import events_are_as_described
from hypothesis import HealthCheck, settings

for _profile, _examples in {"dev": 50, "ci": 500, "night": 20_000}.items():
    settings.register_profile(
        _profile,
        max_examples=_examples,
        deadline=None,  # a shared machine stalls; time is measured in benchmarks/, never here
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

__all__ = ["events_are_as_described"]  # a fixture of every test

# A program, not a module: it starts Tryton in the folder that its command line names.
collect_ignore = ["support/tryton_process.py"]
