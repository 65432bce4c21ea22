"""Writes the files of the contract: ``python -m sync_agent.contract docs/contract``."""

from __future__ import annotations

import sys
from pathlib import Path

from sync_agent.contract.document import contract_texts


def main(folder: Path) -> None:
    """Write every file that is made of the models."""
    for name, text in contract_texts().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
