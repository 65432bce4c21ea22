"""Scripts of this folder in processes of their own: each measures one thing and prints JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def child(script: str, *arguments: object, **environment: str) -> dict[str, Any]:
    """Return what a script of this folder says.

    Raises:
        SystemExit: with what it complained of.
    """
    done = subprocess.run(
        [sys.executable, str(HERE / script), *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    if done.returncode:
        raise SystemExit(f"{script}: {done.stderr}")
    return dict(json.loads(done.stdout or "{}"))
