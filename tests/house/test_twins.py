"""Two forms of the core, one chooser, the same names (ADR 0006)."""

from __future__ import annotations

import pytest
from house import (
    Source,
    choosers,
    findings,
    package_sources,
    public_compiled,
    public_python,
    sources,
)

CHOOSER = "native/__init__.py"


def test_only_native_chooses() -> None:
    found = [
        one for source in package_sources() if source.path != CHOOSER for one in choosers(source)
    ]
    assert not found, findings(found)


@pytest.mark.parametrize(
    "line",
    [
        "from native._match_c import match_classes",
        "from native import _match_py",
        "import native._match_py",
        "wish = os.environ['STAMMKUNDE_NATIVE']",
    ],
)
def test_another_chooser_is_seen(line: str) -> None:
    (found,) = choosers(Source("x.py", f"\n{line}\n"))
    assert found.startswith("x.py:2 chooses")


def test_both_forms_have_the_same_functions_and_parameters() -> None:
    compiled = sources("native/*_c.pyx")
    for one in compiled:
        (plain,) = sources(one.path.replace("_c.pyx", "_py.py"))
        assert public_compiled(one) == public_python(plain), (
            f"{one.path} and {plain.path} differ: give both the same public functions, with the "
            "same parameters in the same order"
        )
    (chooser,) = sources(CHOOSER)
    assert all(f"native.{one.path[7:-4]}" in chooser.text for one in compiled)


def test_a_parameter_of_one_form_alone_is_seen() -> None:
    plain = Source("x_py.py", "def f(index: Index, *, price_minor: int, count: int) -> int: ...")
    same = Source("x_c.pyx", "def f(Index index not None, *, price_minor, count):\n    pass")
    other = Source("x_c.pyx", "def f(Index index not None, *, count, price_minor):\n    pass")
    assert public_python(plain) == {"f": ["index", "*", "price_minor", "count"]}
    assert public_compiled(same) == public_python(plain)
    assert public_compiled(other) != public_python(plain)
