"""The logo named in ``till.toml`` becomes dots for the receipt printer, outside the till."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos_plugin.storage.blobs import write_blob
from pos_plugin.storage.shop_logo import read_logo, write_logo
from sync_agent.imports.picture import FILE_BYTES_MAX, logo_pbm
from sync_agent.imports.wrong import WrongCell

if TYPE_CHECKING:
    from pos_plugin.config import TillConfig


def prepare_logo(config: TillConfig) -> str:
    """Make the logo of the settings ready; return a warning, empty when all is well.

    A wrong path or picture keeps the logo that was there: vouchers are printed either way.
    """
    path = config.printing.logo
    if path is None:
        if read_logo(config.data_dir) is not None:
            write_logo(config.data_dir, None)
        return ""
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
        name = write_blob(config.data_dir, logo_pbm(content, width_dots=config.paper_dots))
        if name != read_logo(config.data_dir):
            write_logo(config.data_dir, name)
    except OSError as fault:
        return f"printing.logo: {path} cannot be read: {fault.strerror}; vouchers have no new logo"
    except WrongCell:
        return (
            f"printing.logo: {path} is no PNG, JPEG or WebP of at most 5 MB and 12 megapixels; "
            "vouchers have no new logo"
        )
    return ""
