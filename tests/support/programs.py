"""Programs beyond Python that a test needs: skipped without them, but never in CI."""

from __future__ import annotations

import os
import shutil

import pytest


def need(*names: str) -> list[str]:
    """Return the paths of programs; skip by name when one is missing, with ``CI=true`` fail."""
    missing = [name for name in names if shutil.which(name) is None]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"missing program: {', '.join(missing)}")
    if missing:
        pytest.skip(f"missing program: {', '.join(missing)}")
    return [str(shutil.which(name)) for name in names]
