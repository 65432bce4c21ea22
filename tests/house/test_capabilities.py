"""docs/capabilities.md says what the marks of the tests say."""

from __future__ import annotations

import ast

import capabilities


def test_page_says_what_the_tests_say() -> None:
    assert capabilities.PAGE.read_text(encoding="utf-8") == capabilities.page(), (
        "run `python tests/support/capabilities.py --write`"
    )


def test_every_mark_is_a_number_of_the_domain() -> None:
    assert set(capabilities.holdings()) <= set(capabilities.KNOWN)


def test_a_mark_is_found() -> None:
    source = "@pytest.mark.capability('K2', 'V5')\ndef test_it(): ...\n"
    found = list(capabilities._marks(ast.parse(source)))
    assert found == [("test_it", "K2"), ("test_it", "V5")]
