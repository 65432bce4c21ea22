"""Whatever is defined is called: by the product, its tools, its tests or its pages."""

from __future__ import annotations

import pytest
from house import Source, findings, package_sources, sources, uncalled, words_in

CALLERS = (
    *(f"{folder}/**/*.py" for folder in ("benchmarks", "examples", "packaging", "tests")),
    "head_office/web/templates/*.html",
    "pyproject.toml",
)
# pyserial's server half calls them on the simulated port.
FOREIGN = {"reset_input_buffer", "reset_output_buffer"}
BAD = {
    "function": "def spread() -> int:\n    return 1\n",
    "function that only its example calls": 'def up() -> int:\n    """>>> up()"""\n    return 1\n',
    "method": "class Paper:\n    def dots(self) -> int:\n        return 1\n\nPaper()\n",
    "property": "class Paper(NamedTuple):\n    @property\n    def dots(self): ...\n\nPaper()\n",
    "class": "class Paper(NamedTuple):\n    dots: int\n",
}
GOOD = {
    "called": "def spread(): ...\n\nspread()\n",
    "registered": "@app.get('/v1/paper')\ndef paper(): ...\n",
    "known to a library": "class Told(logging.Handler):\n    def emit(self): ...\n\nTold()\n",
}


def test_nothing_is_defined_that_nobody_calls() -> None:
    packages = package_sources()
    named = words_in(one.text for one in (*packages, *sources(*CALLERS)))
    found = [one for source in packages for one in uncalled(source, named, foreign=FOREIGN)]
    assert not found, findings(found)


@pytest.mark.parametrize("kind", BAD)
def test_what_nobody_calls_is_seen(kind: str) -> None:
    (found,) = uncalled(Source("x.py", BAD[kind]), words_in([BAD[kind]]))
    assert found.startswith("x.py:")


@pytest.mark.parametrize("kind", GOOD)
def test_what_somebody_calls_is_left_alone(kind: str) -> None:
    assert not list(uncalled(Source("x.py", GOOD[kind]), words_in([GOOD[kind]])))
