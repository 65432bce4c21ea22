"""Prints the OpenAPI document of the service, for ``docs/contract/till-openapi.json``."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from pos_plugin.config import TillConfig
from pos_plugin.plugin import Plugin
from pos_plugin.service.app import create_app
from pos_plugin.service.contract.document import document_text
from pos_plugin.service.desk import Desk


def main() -> None:
    """Write the document of a till that has sold nothing yet."""
    with (
        TemporaryDirectory() as folder,
        Plugin.open(TillConfig(shop="001", till="1", data_dir=Path(folder))) as plugin,
        closing(Desk(plugin)) as desk,
    ):
        sys.stdout.write(document_text(create_app(desk, port=1, token="-")))  # noqa: S106


if __name__ == "__main__":
    main()
