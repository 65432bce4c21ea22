"""Promotions and loyalty inside a till: everything a host imports.

Names are resolved on first use: importing a part of the plugin (the agent imports the storage)
loads nothing of the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos_plugin.origin import check_origins as _check_origins
from pos_plugin.version import __version__

if TYPE_CHECKING:
    from pos_plugin.answers import Evaluation, Receipt, Scanned
    from pos_plugin.config import TillConfig
    from pos_plugin.errors import (
        ConfigError,
        InputError,
        MisuseError,
        PosPluginError,
        RuleError,
        SaleError,
        SchemaTooNew,
        StorageBusy,
        StorageDamaged,
        StorageError,
        StorageFull,
    )
    from pos_plugin.faces.sale import Sale, SaleState
    from pos_plugin.identify import Found
    from pos_plugin.model import Basket
    from pos_plugin.notices import Notice, NoticeCode, Refusal, Refused
    from pos_plugin.plugin import Plugin
    from pos_plugin.promotions.generation import RuleGeneration

_check_origins()

_HOMES = {
    "Basket": "model",
    "ConfigError": "errors",
    "Evaluation": "answers",
    "Found": "identify",
    "InputError": "errors",
    "MisuseError": "errors",
    "Notice": "notices",
    "NoticeCode": "notices",
    "Plugin": "plugin",
    "PosPluginError": "errors",
    "Receipt": "answers",
    "Refusal": "notices",
    "Refused": "notices",
    "RuleError": "errors",
    "RuleGeneration": "promotions.generation",
    "Sale": "faces.sale",
    "SaleError": "errors",
    "SaleState": "faces.sale",
    "Scanned": "answers",
    "SchemaTooNew": "errors",
    "StorageBusy": "errors",
    "StorageDamaged": "errors",
    "StorageError": "errors",
    "StorageFull": "errors",
    "TillConfig": "config",
}

__all__ = [
    "Basket",
    "ConfigError",
    "Evaluation",
    "Found",
    "InputError",
    "MisuseError",
    "Notice",
    "NoticeCode",
    "Plugin",
    "PosPluginError",
    "Receipt",
    "Refusal",
    "Refused",
    "RuleError",
    "RuleGeneration",
    "Sale",
    "SaleError",
    "SaleState",
    "Scanned",
    "SchemaTooNew",
    "StorageBusy",
    "StorageDamaged",
    "StorageError",
    "StorageFull",
    "TillConfig",
    "__version__",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
