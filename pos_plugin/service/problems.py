"""What is answered when something was not done: problem documents (RFC 9457), a closed list.

    {"type": "urn:stammkunde:problem:conflict", "title": …, "status": 409, "code": "conflict",
     "detail": …}

``detail`` is for a person, ``code`` for the program; ``where`` names the place in the request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pos_plugin.notices import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pos_plugin.errors import InputError
    from pos_plugin.notices import Refused

MEDIA_TYPE: Final = "application/problem+json"
_PREFIX: Final = "urn:stammkunde:problem:"

PROBLEMS: Final[Mapping[str, tuple[int, str]]] = {
    "unauthorized": (401, "The token is not the one of this till"),
    "foreign_host": (403, "This till answers to 127.0.0.1 and localhost only"),
    "foreign_origin": (403, "Pages of other origins may not ask this till"),
    "too_slow": (408, "The request did not come whole in time"),
    "too_large": (413, "The request is larger than this till takes"),
    "not_found": (404, "There is no such thing here"),
    "method_not_allowed": (405, "Not with this method"),
    "fault": (500, "Something went wrong inside; the log says what"),
    # What a person must correct (promotions.md §6).
    "not_json": (400, "The body is not JSON"),
    "unknown_field": (422, "A field that does not exist"),
    "unknown_word": (422, "A word that does not exist"),
    "missing": (422, "Something is missing"),
    "wrong_type": (422, "A value of the wrong type"),
    "out_of_range": (422, "A value out of its range"),
    "limit": (422, "More than the limit"),
    "duplicate_id": (422, "The same id twice"),
    # A sale that was not booked must not look like one that was.
    "conflict": (409, "Already done or reported with other content"),
    "sale_unknown": (404, "Send the basket first"),
    "sale_voided": (409, "The sale was taken back whole"),
    "items_returned": (409, "Goods of the sale came back already"),
    "not_returnable": (409, "More than is left of the sale"),
    "approvals_off": (409, "This till gives no goods on approval"),
    "approval_unknown": (404, "No such goods on approval"),
    "approval_needs_customer": (409, "Goods on approval need a customer"),
    "approval_line": (409, "Not a piece that is out"),
    "limit_exceeded": (409, "More than is left of the limit"),
    "no_goods_credit": (409, "No kind of voucher for goods credit"),
    "return_together": (409, "An offer holds these goods together"),
    # A customer, a card, a consent.
    "customer_unknown": (404, "No such customer here"),
    "card_unknown": (404, "No such card here"),
    "code_unknown": (409, "This code is no card"),
    "card_taken": (409, "The card is somebody else's, or blocked"),
    "consent_too_young": (409, "Too young for this purpose"),
    # An account, a reward.
    "account_unknown": (404, "This till has no such account"),
    "balance_too_low": (409, "The balance is too low"),
    "balance_not_mature": (409, "The balance can be used later only"),
    "offline_cap": (409, "More than this till may spend without head office"),
    "payout_not_offered": (409, "This account is not paid out"),
    "payout_threshold": (409, "Too little to be paid out"),
    "payout_denomination": (409, "Not a value that is paid out"),
    "second_person_needed": (409, "A correction needs a second person"),
    "reward_unknown": (404, "There is no such reward"),
    "reward_not_yet": (409, "The reward starts later"),
    "reward_lapsed": (409, "The reward has ended"),
    "reward_sold_out": (409, "The reward has run out"),
    "reward_limit": (409, "The customer has had all of this reward"),
    "reward_needs_online": (409, "Head office has to release this reward"),
    "reward_not_here": (409, "This reward is not given at this point"),
    # A voucher.
    "voucher_unknown": (404, "There is no such voucher here"),
    "voucher_not_sellable": (409, "This kind of voucher is not sold"),
    "voucher_not_now": (409, "Not possible with this voucher any more"),
    "voucher_needs_online": (409, "Head office has to release this voucher"),
    # A print job, a notice, the stream of events.
    "print_not_now": (409, "Not possible with this print job now"),
    "print_no_other_printer": (409, "This till has no other printer"),
    "notice_unknown": (404, "The notice does not hold any more"),
    "too_many_listeners": (503, "Too many screens listen already"),
    "journal_unavailable": (503, "The receipt cannot be stored now"),
    "plugin_fault": (503, "That did not work"),
}
"""Code to status and title."""


class ProblemError(Exception):
    """A request that is answered with a problem document.

    Args:
        code: of ``PROBLEMS``.
        detail: what is wrong in this very request.
        where: place in the request, for example ``sale.lines[2].unit_price_minor``.
    """

    def __init__(self, code: str, detail: str = "", where: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.status, title = PROBLEMS[code]
        self.document: dict[str, Any] = {
            "type": _PREFIX + code,
            "title": title,
            "status": self.status,
            "code": code,
        }
        if detail:
            self.document["detail"] = detail
        if where:
            self.document["where"] = where


def of_input(error: InputError) -> ProblemError:
    """Return the problem that says what a person must correct."""
    return ProblemError(error.code, error.message, error.where)


def of_refused(refused: Refused, language: str) -> ProblemError:
    """Return the problem that says why nothing was booked."""
    code = refused.code if refused.code in PROBLEMS else Refusal.PLUGIN_FAULT
    return ProblemError(code.value, refused.text(language))
