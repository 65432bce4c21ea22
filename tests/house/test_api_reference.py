"""The API reference is what the docstrings say."""

from __future__ import annotations

from api_reference import PAGE, page

import pos_plugin


def test_the_reference_is_made_of_the_docstrings() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "run: python tests/support/api_reference.py --write"
    )


def test_every_public_name_is_there_with_its_calls() -> None:
    """Negative control: a page that lost names or calls would still be equal to itself."""
    text = page()
    assert [line[4:-1] for line in text.splitlines() if line.startswith("## ")] == sorted(
        pos_plugin.__all__
    )
    for call in ("- `Plugin.open(", "- `Plugin.begin_sale(", "- `Sale.scan(", "- `Sale.complete("):
        assert call in text
    assert ": \n" not in text, "a public call has no docstring"
