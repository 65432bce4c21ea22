"""Money is exact, and the time comes from the clock that was handed in."""

from __future__ import annotations

import pytest
from house import MONEY, Source, asked_time, findings, inexact_numbers, package_sources, sources

CLOCK = "pos_plugin/clock.py"
# Doubles ask there, integers answer (ADR 0033).
DOUBLES = "native/plans.py"


def test_money_code_is_exact() -> None:
    exact = [source for source in sources(*MONEY) if source.path != DOUBLES]
    found = [one for source in exact for one in inexact_numbers(source)]
    assert not found, findings(found)


@pytest.mark.parametrize(
    "line",
    [
        "share = price_minor / 3",
        "price_minor /= 2",
        "rate = 0.2",
        "total = float(text)",
        "total = round(share)",
        "from decimal import Decimal",
        "total = decimal.Decimal(text)",
        "share: cython.double = 0",
    ],
)
def test_an_inexact_number_is_seen(line: str) -> None:
    (found,) = inexact_numbers(Source("x.py", f"\n{line}\n"))
    assert found.startswith("x.py:2 uses ")


def test_whole_division_is_no_finding() -> None:
    text = '"""Half / half, 0.5."""\nx = price_minor // 2  # / 2\n'
    assert not list(inexact_numbers(Source("x.py", text)))
    assert not list(inexact_numbers(Source("x.py", "x = Fraction(price_minor) / total_minor")))


def test_only_the_clock_knows_the_time() -> None:
    found = [
        one for source in package_sources() if source.path != CLOCK for one in asked_time(source)
    ]
    assert not found, findings(found)


@pytest.mark.parametrize(
    "line",
    [
        "at = dt.datetime.now(dt.UTC)",
        "at = datetime.utcnow()",
        "on = date.today()",
        "at_s = time.time()",
        "time.sleep(1)",
        "from time import sleep",
        "connection.execute('SELECT CURRENT_TIMESTAMP')",
        """connection.execute("SELECT datetime('now')")""",
    ],
)
def test_a_question_for_the_time_is_seen(line: str) -> None:
    (found,) = asked_time(Source("x.py", f"\n{line}\n"))
    assert found.startswith("x.py:2 has ")


def test_a_clock_that_was_handed_in_is_no_finding() -> None:
    text = "at = self._clock.now()\nends_s = time.monotonic() + 3\n"
    assert not list(asked_time(Source("x.py", text)))
