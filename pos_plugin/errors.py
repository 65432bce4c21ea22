"""Faults, split by who is to blame. A refusal is a value (``Refused``), never one of these."""

from __future__ import annotations


class PosPluginError(Exception):
    """Root of every fault of the plugin; only its subclasses are raised.

    Args:
        message: what happened, one sentence.
        hint: what a person should do, one sentence.
        retryable: whether the same call may succeed later without any change.
    """

    def __init__(self, message: str, *, hint: str = "", retryable: bool = False) -> None:
        if type(self) is PosPluginError:
            raise TypeError("PosPluginError is a root: raise one of its subclasses")
        super().__init__(message)
        self.hint = hint
        self.retryable = retryable


class MisuseError(PosPluginError):
    """The host broke the contract, for example a line added to a completed sale."""


class InputError(PosPluginError):
    """Input that a person must correct; names the place.

    Args:
        code: ``not_json not_toml unknown_field unknown_word missing wrong_type out_of_range limit
            duplicate_id``.
        where: path of the place, for example ``promotions[3].offer.benefit.bp``.
        message: what is wrong there, in English.
    """

    def __init__(self, code: str, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}" if where else message, hint=message)
        self.code = code
        self.where = where
        self.message = message

    def to_dict(self) -> dict[str, str]:
        """Return the error object of the command line (promotions.md §6)."""
        return {"error": self.code, "where": self.where, "message": self.message}


class RuleError(InputError):
    """A rule file that cannot be taken; the previous generation stays."""


class SaleError(InputError):
    """A sale snapshot that cannot be evaluated."""


class ConfigError(InputError):
    """``till.toml`` or another settings file that cannot be taken."""


class StorageError(PosPluginError):
    """Something about ``journal.db`` or ``cache.db``."""


class StorageBusy(StorageError):  # noqa: N818 - the words of the design, read as states
    """Another process holds the file longer than the busy timeout."""


class StorageFull(StorageError):  # noqa: N818
    """The disk is full."""


class StorageDamaged(StorageError):  # noqa: N818
    """The file is not a database of ours, or it is damaged."""


class SchemaTooNew(StorageError):  # noqa: N818
    """The file was written by a newer version of the plugin."""
