"""What the cashier sees of a print job: a sentence and what can be chosen (printing.md §3.10).

A notice never stops the sale; only "did it come out?" needs an answer, and it may come later.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.notices import Notice, NoticeCode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Choice(StrEnum):
    """What the cashier can do: a call of ``/v1/print-jobs/{id}/…``, or acknowledge the notice."""

    PRINT = "print"
    REPRINT = "reprint"
    CAME_OUT = "came-out"
    OTHER_PRINTER = "other-printer"
    CANCEL = "cancel"
    ACKNOWLEDGE = "acknowledge"


Words = tuple[str, str]  # German, English

HOLDER_MAX: Final = 24  # with the longest sentence two lines of a screen

_HANDED_OVER: Final = (Choice.ACKNOWLEDGE, ("Überreicht (F8)", "Handed over (F8)"))
_LATER: Final = (Choice.ACKNOWLEDGE, ("Später", "Later"))
_CANCEL: Final = (Choice.CANCEL, ("Stornieren", "Cancel"))
_AGAIN: Final = (Choice.PRINT, ("Nochmals", "Try again"))
_OTHER: Final = (Choice.OTHER_PRINTER, ("Anderer Drucker", "Other printer"))

CHOICES: Final[Mapping[NoticeCode, tuple[tuple[Choice, Words], ...]]] = {
    NoticeCode.PRINT_READY: ((Choice.PRINT, ("Drucken", "Print")), _LATER),
    NoticeCode.PRINT_QUEUED: (),
    NoticeCode.PRINT_SENDING: (),
    NoticeCode.PRINT_STALLED: (),
    NoticeCode.PRINT_WAITING: (_AGAIN, _OTHER, _LATER),
    NoticeCode.PRINT_CONFIRMED: (_HANDED_OVER, (Choice.REPRINT, ("Nachdruck", "Print again"))),
    NoticeCode.PRINT_ASSUMED: (
        _HANDED_OVER,
        (Choice.REPRINT, ("Nicht gekommen", "Did not come")),
    ),
    # The customer may have it by now; a copy there is only when it is let go again.
    NoticeCode.PRINT_PAPER_BLOCKED: (_HANDED_OVER,),
    NoticeCode.PRINT_COUPON_VOID: (_HANDED_OVER, (Choice.REPRINT, ("Nachdruck", "Print again"))),
    NoticeCode.PRINT_UNKNOWN: (
        (Choice.CAME_OUT, ("Ja", "Yes")),
        (Choice.REPRINT, ("Nein: Nachdruck", "No: print again")),
        _LATER,
        _CANCEL,
    ),
    NoticeCode.PRINT_BLOCKED: (_CANCEL,),
    NoticeCode.PRINT_HELD: ((Choice.PRINT, ("Jetzt drucken", "Print now")),),
    NoticeCode.PRINT_FAILED: (_AGAIN, _CANCEL),
    NoticeCode.PRINT_DOCUMENT_INVALID: (_AGAIN, _CANCEL),
}
"""Codes that stay on the screen until something is done, with what can be done."""

WAITS: Final = frozenset(
    {
        "host_away",
        "printer_offline",
        "printer_busy",
        "printer_mute",
        "printer_error",
        "paper_out",
        "cover_open",
        "stalled",
    }
)
"""Reasons for which a queued job waits, or a printer has stopped within one."""

_TO_HAND_OVER: Final = frozenset({NoticeCode.PRINT_CONFIRMED, NoticeCode.PRINT_ASSUMED})
_LIES_THERE: Final = _TO_HAND_OVER | {NoticeCode.PRINT_HANDED_OVER}
"""Of these the paper came out."""

_CODES: Final[Mapping[str, NoticeCode]] = {
    "QUEUED": NoticeCode.PRINT_QUEUED,
    "HELD": NoticeCode.PRINT_HELD,
    "SENDING": NoticeCode.PRINT_SENDING,
    "CONFIRMED": NoticeCode.PRINT_CONFIRMED,
    "CONFIRMED_BY_OPERATOR": NoticeCode.PRINT_CONFIRMED,
    "ASSUMED": NoticeCode.PRINT_ASSUMED,
    "UNKNOWN": NoticeCode.PRINT_UNKNOWN,
    "FAILED": NoticeCode.PRINT_DOCUMENT_INVALID,
    "REPLACED": NoticeCode.PRINT_REPLACED,
    "CANCELLED": NoticeCode.PRINT_CANCELLED,
}


def print_notice(
    state: str,
    reason: str,
    *,
    paper: str = "voucher",
    seconds: int = 0,
    handed_over: bool = False,
    is_void: bool = False,
    is_used: bool = False,
    is_blocked: bool = False,
    void_coupons: Sequence[str] = (),
) -> Notice:
    """Return what the cashier should know of a print job.

    Args:
        state: where it stands.
        reason: why it stands there.
        paper: kind of its document.
        seconds: that its bytes take on the line; 0 = nobody knows.
        handed_over: the customer has the paper.
        is_void: the voucher was cancelled; then nothing is handed over or decided any more.
        is_used: the voucher was redeemed; nobody is asked to hand it over.
        is_blocked: nobody may use it for now; what waits is not printed, what lies there stays.
        void_coupons: names of those on a strip that were cancelled, the others are not.
    """
    code = _code_of(state, reason, handed_over=handed_over, is_void=is_void)
    if is_blocked and code in (NoticeCode.PRINT_HELD, NoticeCode.PRINT_READY):
        code = NoticeCode.PRINT_BLOCKED
    elif is_blocked and code in _TO_HAND_OVER:
        code = NoticeCode.PRINT_PAPER_BLOCKED
    if void_coupons and code in _LIES_THERE:
        return coupons_void(void_coupons)
    if is_used and code in _TO_HAND_OVER:
        code = NoticeCode.PRINT_PAPER_USED
    params: dict[str, Any] = {"paper": paper}
    if code in (NoticeCode.PRINT_QUEUED, NoticeCode.PRINT_SENDING):
        params["seconds"] = seconds
    elif code in (NoticeCode.PRINT_WAITING, NoticeCode.PRINT_STALLED):
        params["waits_for"] = reason
    elif code is NoticeCode.PRINT_CANCELLED:
        params["given_up"] = reason
    return Notice(code, params)


def coupons_void(names: Sequence[str]) -> Notice:
    """Return what the cashier should know of void coupons on paper.

    Args:
        names: how to find them, one or more.
    """
    return Notice(NoticeCode.PRINT_COUPON_VOID, {"coupons": ", ".join(names)})


def _code_of(state: str, reason: str, *, handed_over: bool, is_void: bool) -> NoticeCode:
    if is_void:
        return NoticeCode.PRINT_VOID
    if handed_over and state not in ("REPLACED", "CANCELLED"):
        return NoticeCode.PRINT_HANDED_OVER
    match state:
        case "QUEUED" if reason in WAITS:
            return NoticeCode.PRINT_WAITING
        case "SENDING" if reason in WAITS:
            return NoticeCode.PRINT_STALLED
        case "HELD" if reason == "after_ack":
            return NoticeCode.PRINT_READY
        case "FAILED" if reason == "host_report":
            return NoticeCode.PRINT_FAILED
        case _:
            return _CODES[state]


@dataclass(frozen=True, slots=True)
class JobNotice:
    """A notice about one print job; a job has at most one at a time.

    Args:
        job: uid of the print job.
        state: where the job stands.
        notice: what is said.
        subject: uid of the voucher.
        copy_index: 0 for the original.
        is_open: whether it stands on the screen; False takes it away.
        has_fallback: another printer may take it over.
        holder: name on the voucher; None on one for whoever brings it.
        code_end: last characters of its code.
    """

    job: str
    state: str
    notice: Notice
    subject: str
    copy_index: int
    is_open: bool = True
    has_fallback: bool = False
    holder: str | None = None
    code_end: str | None = None

    def text(self, language: str) -> str:
        """Return the sentence for the cashier, after the words that say whose voucher it is."""
        said = self.notice.text(language)
        holder = self.holder or ""
        if len(holder) > HOLDER_MAX:
            holder = f"{holder[: HOLDER_MAX - 1]}…"
        code = f"…{self.code_end}" if self.code_end else ""
        whose = ", ".join(part for part in (holder, code) if part)
        return f"{whose}: {said}" if whose else said

    @property
    def notice_id(self) -> str:
        """Says job and state: what has changed meanwhile cannot be acknowledged by mistake."""
        return f"{self.job}.{self.state.lower()}"

    def to_dict(self, language: str) -> dict[str, Any]:
        """Return the notice as plain values; ``language`` is ``de`` or ``en``."""
        return {
            "notice_id": self.notice_id,
            "open": self.is_open,
            "job": self.job,
            "state": self.state,
            "subject": self.subject,
            "copy_index": self.copy_index,
            **self.notice.to_dict(language),
            "params": {
                **self.notice.params,
                "holder": self.holder,
                "code_end": self.code_end,
            },
            "text": self.text(language),
            "choices": [
                {"choice": choice.value, "text": words[language == "en"]}
                for choice, words in self._choices()
            ],
        }

    def _choices(self) -> tuple[tuple[Choice, Words], ...]:
        if not self.is_open:
            return ()
        hidden = set() if self.has_fallback else {Choice.OTHER_PRINTER}
        # A device is tried again by itself; whoever asks for a job counts as its host.
        if self.notice.params.get("waits_for") not in (None, "host_away"):
            hidden.add(Choice.PRINT)
        return tuple(one for one in CHOICES.get(self.notice.code, ()) if one[0] not in hidden)
