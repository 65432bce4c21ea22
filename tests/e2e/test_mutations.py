"""Ten and more seeded bugs of the engine: the quick tests see each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mutations import (
    FAILED,
    MUTATIONS,
    PASSED,
    Mutation,
    StaleMutationError,
    apply,
    copy_sources,
    verdict,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_seeded_bug_is_seen(mutation: Mutation) -> None:
    code, text = verdict(mutation)
    assert code == FAILED, f"survived: {mutation.name}\n{text[-3000:]}"
    assert "AssertionError" in text, text[-3000:]


def test_without_a_bug_the_copy_passes() -> None:
    code, text = verdict(None)
    assert code == PASSED, text[-3000:]


def test_a_change_that_changes_nothing_survives() -> None:
    comment = Mutation("nothing", MUTATIONS[0].path, MUTATIONS[0].old, MUTATIONS[0].old + "  # x")
    code, _ = verdict(comment, cases=100)
    assert code == PASSED


def test_a_mutation_whose_text_is_gone_is_told(tmp_path: Path) -> None:
    copy_sources(tmp_path)
    with pytest.raises(StaleMutationError, match=r"0 times in native/settle\.py"):
        apply(Mutation("x", "native/settle.py", "no such text stands here", ""), tmp_path)


def test_there_are_ten_of_them() -> None:
    assert len({mutation.name for mutation in MUTATIONS}) >= 10
