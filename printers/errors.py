"""Faults of printing, an own root: ``printers`` imports nothing of ``pos_plugin``."""

from __future__ import annotations

from enum import StrEnum


class PrinterError(Exception):
    """Root of every fault of printing; only its subclasses are raised.

    Args:
        message: what happened, one sentence.
        hint: what a person should do, one sentence.
        retryable: whether the same call may succeed later without any change.
    """

    def __init__(self, message: str, *, hint: str = "", retryable: bool = False) -> None:
        if type(self) is PrinterError:
            raise TypeError("PrinterError is a root: raise one of its subclasses")
        super().__init__(message)
        self.hint = hint
        self.retryable = retryable


class PrinterOffline(PrinterError):  # noqa: N818 - the words of the design, read as states
    """The printer is gone, refuses, is busy, or is mute: nobody knows what is on paper."""

    def __init__(self, message: str, *, hint: str = "Look at the printer.") -> None:
        super().__init__(message, hint=hint, retryable=True)


class PrinterBusy(PrinterOffline):
    """Somebody else has the printer: another till, or another program of this one."""

    def __init__(self, message: str, *, hint: str = "Wait, or close the other program.") -> None:
        super().__init__(message, hint=hint)


class PrinterReset(PrinterOffline):
    """The printer was switched off, or off and on again; what it had in its memory is gone."""


class PaperOut(PrinterError):  # noqa: N818 - the words of the design
    """The printer has no paper; it goes on after a refill."""

    def __init__(self, message: str, *, hint: str = "Put in a new roll.") -> None:
        super().__init__(message, hint=hint, retryable=True)


class InvalidReason(StrEnum):
    """Why a document cannot be printed; every limit says its name."""

    NOT_JSON = "not_json"
    UNKNOWN_FIELD = "unknown_field"
    UNKNOWN_WORD = "unknown_word"
    MISSING = "missing"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    ROLE_MISSING = "role_missing"
    DOCUMENT_TOO_LARGE = "document_too_large"
    TOO_MANY_BLOCKS = "too_many_blocks"
    TEXT_TOO_LONG = "text_too_long"
    TOO_MANY_CODES = "too_many_codes"
    CODE_ALPHABET = "code_alphabet"
    TRAINING_CODE = "training_code"
    CODE_TOO_WIDE = "code_too_wide"
    COLUMNS_TOO_WIDE = "columns_too_wide"
    PAGE_TOO_LONG = "page_too_long"


class DocumentInvalid(PrinterError):  # noqa: N818 - the words of the design
    """A document that cannot be printed; found before the first byte leaves.

    Args:
        reason: which rule or limit was broken.
        where: path of the place, for example ``blocks[3].value``; empty for the whole document.
        message: what is wrong there, in English.
    """

    def __init__(self, reason: InvalidReason, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}" if where else message, hint=message)
        self.reason = reason
        self.where = where
        self.message = message


class ProfileInvalid(PrinterError):  # noqa: N818 - the words of the design
    """A printer profile that is not there or says what no profile says.

    Args:
        name: of the profile.
        message: what is wrong, with its place, in English.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"printer profile {name}: {message}", hint=message)
        self.name = name
