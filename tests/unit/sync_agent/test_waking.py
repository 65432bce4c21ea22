"""Wishes for a round: two may come at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sync_agent.waking import WAKE_NAME, make_wish, take_wish

if TYPE_CHECKING:
    import pytest

OTHER = "import sys; from pathlib import Path; from sync_agent.waking import make_wish"


def test_two_may_wish_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_place = Path.replace

    def replace(self: Path, target: Path) -> Path:
        # Somebody else wishes, from the first line to the last, before ours is in its place.
        script = f"{OTHER}; make_wish(Path(sys.argv[1]))"
        subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, timeout=60)
        return in_place(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    word = make_wish(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == [WAKE_NAME]
    assert (take_wish(tmp_path), take_wish(tmp_path)) == (word, None)
