"""The program of the PyInstaller folder: ``stammkunde``, and the one module it starts as a process.

A frozen program is its own ``sys.executable``: ``-P -m pos_plugin.storage.migrate`` comes here.
"""

from __future__ import annotations

import runpy
import sys
from typing import Final

MODULES: Final = ("pos_plugin.storage.migrate",)


def main() -> None:
    """Run the command, or a module that the product runs as a process of its own."""
    if sys.argv[1:3] == ["-P", "-m"] and sys.argv[3:4] and sys.argv[3] in MODULES:
        sys.argv = sys.argv[3:]
        runpy.run_module(sys.argv[0], run_name="__main__")
        return
    from pos_plugin.command import main as stammkunde

    stammkunde()


if __name__ == "__main__":
    main()
