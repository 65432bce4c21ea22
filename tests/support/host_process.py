"""A host in a process of its own: ``host_process.py FOLDER BEHAVIOUR [DIES_AT]``.

One effect a line in, ``{"job", "attempt", "result"}`` out; ``kill -9`` by itself at a step.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from printers.sim.host import SimulatedHost


def main() -> None:
    folder, behaviour, *dies_at = sys.argv[1:]
    host = SimulatedHost(
        Path(folder),
        behaviour,  # type: ignore[arg-type]
        dies_at=dies_at[0] if dies_at else None,  # type: ignore[arg-type]
        die=lambda: os.kill(os.getpid(), signal.SIGKILL),
    )
    for line in sys.stdin:
        effect: dict[str, Any] = json.loads(line)
        result = host.take(effect)
        said = {"job": effect["job"], "attempt": effect["attempt"], "result": result}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
