"""Why a template is not taken, or cannot be filled."""

from __future__ import annotations

from enum import StrEnum

from printers.errors import PrinterError


class TemplateReason(StrEnum):
    """What is wrong with a template; docs/printing.md explains each."""

    NOT_JSON = "not_json"
    UNKNOWN_FIELD = "unknown_field"
    MISSING = "missing"
    WRONG_TYPE = "wrong_type"
    LIMIT = "limit"
    TOO_NEW = "too_new"
    BLOCK = "block"
    STRAY_BRACE = "stray_brace"
    UNKNOWN_NAME = "unknown_name"
    UNKNOWN_TYPE = "unknown_type"
    UNKNOWN_FILTER = "unknown_filter"
    UNFITTING_FILTER = "unfitting_filter"
    FILTER_NEEDED = "filter_needed"
    FILTER_IN_CODE = "filter_in_code"
    SHORTENED_ROLE = "shortened_role"
    TOO_LONG = "too_long"
    CONDITION_MISSING = "condition_missing"
    UNKNOWN_CONDITION = "unknown_condition"
    ROLE_MISSING = "role_missing"
    ROLE_CONDITIONAL = "role_conditional"
    VALUE = "value"
    DOCUMENT = "document"
    CODE_UNREADABLE = "code_unreadable"


class TemplateInvalid(PrinterError):  # noqa: N818 - the words of the design
    """A template that is not taken; found at publishing and again at loading.

    Args:
        reason: which rule was broken.
        where: path of the place, for example ``blocks[3].value``.
        message: what is wrong there, in English.
    """

    def __init__(self, reason: TemplateReason, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}" if where else message, hint=message)
        self.reason = reason
        self.where = where
        self.message = message
