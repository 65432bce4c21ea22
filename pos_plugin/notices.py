"""What is said to the cashier: refusals (a value with a reason) and notices; both closed lists.

Every code has a German and an English sentence of at most two lines that says what to do, and never
why a customer is in a group.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.wording import day, left, money, paper, points

if TYPE_CHECKING:
    from collections.abc import Mapping


class Refusal(StrEnum):
    """Why something was not done; the sale goes on without it."""

    CODE_UNKNOWN = "code_unknown"
    CARD_UNKNOWN = "card_unknown"
    CARD_BLOCKED = "card_blocked"
    CARD_TAKEN = "card_taken"
    CUSTOMER_UNKNOWN = "customer_unknown"
    CUSTOMER_DUPLICATE = "customer_duplicate"
    CONSENT_TOO_YOUNG = "consent_too_young"
    CONFLICT = "conflict"
    SALE_UNKNOWN = "sale_unknown"
    SALE_VOIDED = "sale_voided"
    ITEMS_RETURNED = "items_returned"
    NOT_RETURNABLE = "not_returnable"
    RETURN_TOGETHER = "return_together"
    NO_GOODS_CREDIT = "no_goods_credit"
    APPROVALS_OFF = "approvals_off"
    APPROVAL_UNKNOWN = "approval_unknown"
    APPROVAL_NEEDS_CUSTOMER = "approval_needs_customer"
    APPROVAL_LINE = "approval_line"
    LIMIT_EXCEEDED = "limit_exceeded"
    JOURNAL_UNAVAILABLE = "journal_unavailable"
    PLUGIN_FAULT = "plugin_fault"
    LATE = "late"
    PRINT_JOB_UNKNOWN = "print_job_unknown"
    PRINT_NOT_NOW = "print_not_now"
    PRINT_NO_OTHER_PRINTER = "print_no_other_printer"
    NOTICE_UNKNOWN = "notice_unknown"
    VOUCHER_UNKNOWN = "voucher_unknown"
    VOUCHER_NOT_YET_VALID = "voucher_not_yet_valid"
    VOUCHER_EXPIRED = "voucher_expired"
    VOUCHER_REDEEMED = "voucher_redeemed"
    VOUCHER_BLOCKED = "voucher_blocked"
    VOUCHER_OTHER_CUSTOMER = "voucher_other_customer"
    VOUCHER_NEEDS_CUSTOMER = "voucher_needs_customer"
    VOUCHER_WRONG_SHOP = "voucher_wrong_shop"
    VOUCHER_MINIMUM_NOT_MET = "voucher_minimum_not_met"
    VOUCHER_NOTHING_TO_APPLY = "voucher_nothing_to_apply"
    VOUCHER_NEEDS_ONLINE = "voucher_needs_online"
    VOUCHER_OFFLINE_CAP = "voucher_offline_cap"
    VOUCHER_NOT_SELLABLE = "voucher_not_sellable"
    VOUCHER_NOT_NOW = "voucher_not_now"
    DISK_RESERVE = "disk_reserve"
    REWARD_UNKNOWN = "reward_unknown"
    REWARD_NOT_YET = "reward_not_yet"
    REWARD_LAPSED = "reward_lapsed"
    REWARD_SOLD_OUT = "reward_sold_out"
    REWARD_LIMIT = "reward_limit"
    REWARD_NEEDS_ONLINE = "reward_needs_online"
    REWARD_NEEDS_CUSTOMER = "reward_needs_customer"
    REWARD_MINIMUM = "reward_minimum"
    REWARD_NOT_HERE = "reward_not_here"
    REWARD_NOTHING_TO_APPLY = "reward_nothing_to_apply"
    ACCOUNT_UNKNOWN = "account_unknown"
    BALANCE_TOO_LOW = "balance_too_low"
    BALANCE_NOT_MATURE = "balance_not_mature"
    PAYOUT_NOT_OFFERED = "payout_not_offered"
    PAYOUT_THRESHOLD = "payout_threshold"
    PAYOUT_DENOMINATION = "payout_denomination"
    OFFLINE_CAP = "offline_cap"
    SECOND_PERSON_NEEDED = "second_person_needed"


class NoticeCode(StrEnum):
    """What the cashier should know; nothing here stops a sale."""

    NO_RULES = "no_rules"
    NO_RULES_THEN = "no_rules_then"
    RULES_DAMAGED = "rules_damaged"
    CACHE_UNAVAILABLE = "cache_unavailable"
    KEYS_MISSING = "keys_missing"
    LIST_PRICE = "list_price"
    LATE = "late"
    VOUCHER_ROLLED_BACK = "voucher_rolled_back"
    VOUCHER_CANCELLED = "voucher_cancelled"
    VOUCHER_USED_MEANWHILE = "voucher_used_meanwhile"
    VOUCHER_REDUCED = "voucher_reduced"
    LIMIT_EXCEEDED = "limit_exceeded"
    APPROVAL_NOT_PRINTABLE = "approval_not_printable"
    VOUCHER_DEDUCTED = "voucher_deducted"
    VOUCHER_NOT_COVERED = "voucher_not_covered"
    REFUND_WITHHELD = "refund_withheld"
    VOUCHER_NOT_SOLD = "voucher_not_sold"
    APPROVAL_SOLD_TWICE = "approval_sold_twice"
    ERASED_GOODS_OUT = "erased_goods_out"
    CHARGED_DIFFERS = "charged_differs"
    RECALLED_OTHER_DAY = "recalled_other_day"
    BIRTHDAY = "birthday"
    PROVISIONAL_MEMBER = "provisional_member"
    PRINT_READY = "print_ready"
    PRINT_QUEUED = "print_queued"
    PRINT_SENDING = "print_sending"
    PRINT_STALLED = "print_stalled"
    PRINT_WAITING = "print_waiting"
    PRINT_PAPER_LOW = "print_paper_low"
    PRINT_HELD = "print_held"
    PRINT_BLOCKED = "print_blocked"
    PRINT_PAPER_BLOCKED = "print_paper_blocked"
    PRINT_PAPER_USED = "print_paper_used"
    PRINT_CONFIRMED = "print_confirmed"
    PRINT_ASSUMED = "print_assumed"
    PRINT_UNKNOWN = "print_unknown"
    PRINT_FAILED = "print_failed"
    PRINT_DOCUMENT_INVALID = "print_document_invalid"
    PRINT_HANDED_OVER = "print_handed_over"
    PRINT_REPLACED = "print_replaced"
    PRINT_CANCELLED = "print_cancelled"
    PRINT_VOID = "print_void"
    PRINT_COUPON_VOID = "print_coupon_void"
    JOURNAL_DAMAGED = "journal_damaged"
    JOURNAL_UNAVAILABLE = "journal_unavailable"
    DISK_RESERVE = "disk_reserve"
    CLOCK_SUSPECT = "clock_suspect"
    BACKUP_OVERDUE = "backup_overdue"
    OFFLINE = "offline"
    RULES_STALE = "rules_stale"
    BALANCE_AS_OF = "balance_as_of"
    BALANCE_UNKNOWN = "balance_unknown"
    TILL_FORKED = "till_forked"
    TILL_REVOKED = "till_revoked"


class Level(StrEnum):
    """How much a notice wants of its reader."""

    INFO = "info"  # said and gone
    WARN = "warn"  # stays until the cashier looks
    ACKNOWLEDGE = "acknowledge"  # stays until a key says that it was done


class Audience(StrEnum):
    """Which screen a notice is for."""

    CASHIER = "cashier"
    CUSTOMER = "customer"


LEVELS: Final[Mapping[NoticeCode, Level]] = {
    NoticeCode.NO_RULES: Level.WARN,
    NoticeCode.NO_RULES_THEN: Level.WARN,
    NoticeCode.RULES_DAMAGED: Level.WARN,
    NoticeCode.CACHE_UNAVAILABLE: Level.WARN,
    NoticeCode.KEYS_MISSING: Level.WARN,
    NoticeCode.LIST_PRICE: Level.WARN,
    NoticeCode.LATE: Level.WARN,
    NoticeCode.VOUCHER_ROLLED_BACK: Level.INFO,
    NoticeCode.VOUCHER_CANCELLED: Level.INFO,
    NoticeCode.VOUCHER_USED_MEANWHILE: Level.WARN,
    NoticeCode.VOUCHER_REDUCED: Level.INFO,
    NoticeCode.LIMIT_EXCEEDED: Level.WARN,
    NoticeCode.APPROVAL_NOT_PRINTABLE: Level.WARN,
    NoticeCode.VOUCHER_DEDUCTED: Level.WARN,
    NoticeCode.VOUCHER_NOT_COVERED: Level.WARN,
    NoticeCode.REFUND_WITHHELD: Level.WARN,
    NoticeCode.VOUCHER_NOT_SOLD: Level.WARN,
    NoticeCode.APPROVAL_SOLD_TWICE: Level.WARN,
    NoticeCode.ERASED_GOODS_OUT: Level.WARN,
    NoticeCode.CHARGED_DIFFERS: Level.INFO,
    NoticeCode.RECALLED_OTHER_DAY: Level.WARN,
    NoticeCode.BIRTHDAY: Level.INFO,
    NoticeCode.PROVISIONAL_MEMBER: Level.INFO,
    NoticeCode.PRINT_QUEUED: Level.INFO,
    NoticeCode.PRINT_SENDING: Level.INFO,
    NoticeCode.PRINT_READY: Level.ACKNOWLEDGE,
    NoticeCode.PRINT_STALLED: Level.WARN,
    NoticeCode.PRINT_WAITING: Level.WARN,
    NoticeCode.PRINT_PAPER_LOW: Level.WARN,
    NoticeCode.PRINT_HELD: Level.WARN,
    NoticeCode.PRINT_BLOCKED: Level.WARN,
    NoticeCode.PRINT_PAPER_BLOCKED: Level.WARN,
    NoticeCode.PRINT_PAPER_USED: Level.INFO,
    NoticeCode.PRINT_CONFIRMED: Level.ACKNOWLEDGE,
    NoticeCode.PRINT_ASSUMED: Level.ACKNOWLEDGE,
    NoticeCode.PRINT_UNKNOWN: Level.ACKNOWLEDGE,
    NoticeCode.PRINT_FAILED: Level.WARN,
    NoticeCode.PRINT_DOCUMENT_INVALID: Level.WARN,
    NoticeCode.PRINT_HANDED_OVER: Level.INFO,
    NoticeCode.PRINT_REPLACED: Level.INFO,
    NoticeCode.PRINT_CANCELLED: Level.INFO,
    NoticeCode.PRINT_VOID: Level.INFO,
    NoticeCode.PRINT_COUPON_VOID: Level.WARN,
    NoticeCode.JOURNAL_DAMAGED: Level.WARN,
    NoticeCode.JOURNAL_UNAVAILABLE: Level.WARN,
    NoticeCode.DISK_RESERVE: Level.WARN,
    NoticeCode.CLOCK_SUSPECT: Level.WARN,
    NoticeCode.BACKUP_OVERDUE: Level.WARN,
    NoticeCode.OFFLINE: Level.INFO,
    NoticeCode.RULES_STALE: Level.WARN,
    NoticeCode.BALANCE_AS_OF: Level.INFO,
    NoticeCode.BALANCE_UNKNOWN: Level.INFO,
    NoticeCode.TILL_FORKED: Level.WARN,
    NoticeCode.TILL_REVOKED: Level.WARN,
}
"""Every code has its level; none of them ever stops a sale."""

FOR_CUSTOMERS: Final[frozenset[NoticeCode]] = frozenset()
"""Codes for the customer's display; every other one is for the cashier alone."""


REFUSAL_TEXTS: Final[Mapping[Refusal, Mapping[str, str]]] = {
    Refusal.CODE_UNKNOWN: {
        "de": "Code unbekannt: {code}",
        "en": "Unknown code: {code}",
    },
    Refusal.CARD_UNKNOWN: {
        "de": "Karte hier nicht bekannt. Der Verkauf läuft ohne Kunde weiter.",
        "en": "Card not known here. The sale goes on without a customer.",
    },
    Refusal.CARD_BLOCKED: {
        "de": "Karte gesperrt. Der Verkauf läuft ohne Kunde weiter.",
        "en": "Card blocked. The sale goes on without a customer.",
    },
    Refusal.CARD_TAKEN: {
        "de": "Diese Karte gehört jemand anderem oder ist gesperrt. Bitte eine neue nehmen.",
        "en": "This card is somebody else's or blocked. Please take a new one.",
    },
    Refusal.CUSTOMER_DUPLICATE: {
        "de": "Vielleicht schon bekannt: {count} gefunden. Bitte ansehen, sonst neu anlegen.",
        "en": "Perhaps known already: {count} found. Please look, else create a new one.",
    },
    Refusal.CONSENT_TOO_YOUNG: {
        "de": "Werbung erst ab 16 Jahren. Punkte und Bonus gibt es trotzdem.",
        "en": "No advertising below 16 years. Points and bonus are credited all the same.",
    },
    Refusal.CUSTOMER_UNKNOWN: {
        "de": "Kein Kunde gefunden. Bitte anders suchen oder ohne Kunde weiter kassieren.",
        "en": "No customer found. Please search differently or go on without a customer.",
    },
    Refusal.CONFLICT: {
        "de": "Dieser Vorgang ist schon mit anderem Inhalt abgeschlossen.",
        "en": "This was already completed with other content.",
    },
    Refusal.SALE_UNKNOWN: {
        "de": "Verkauf nicht bekannt. Bitte den Bon noch einmal senden.",
        "en": "Sale not known. Please send the basket again.",
    },
    Refusal.SALE_VOIDED: {
        "de": "Dieser Bon ist storniert; es gibt nichts mehr zurückzunehmen.",
        "en": "This sale was voided; there is nothing left to take back.",
    },
    Refusal.ITEMS_RETURNED: {
        "de": "Von diesem Bon ist schon Ware zurück. Bitte den Rest zurücknehmen statt stornieren.",
        "en": "Goods of this sale already came back. Please return the rest instead of voiding.",
    },
    Refusal.NOT_RETURNABLE: {
        "de": "Zeile {line_id}: {left} zurückzunehmen.",
        "en": "Line {line_id}: {left} to come back.",
    },
    Refusal.RETURN_TOGETHER: {
        "de": "Ein Angebot hält diese Zeilen zusammen: {line_ids}. Bitte nur gemeinsam zurück.",
        "en": "An offer holds these lines together: {line_ids}. Please take them back together.",
    },
    Refusal.APPROVALS_OFF: {
        "de": "Diese Kasse gibt keine Auswahl aus.",
        "en": "This till gives no goods on approval.",
    },
    Refusal.APPROVAL_UNKNOWN: {
        "de": "Diese Auswahl gibt es an dieser Kasse nicht.",
        "en": "This till has no such goods on approval.",
    },
    Refusal.APPROVAL_NEEDS_CUSTOMER: {
        "de": "Auswahl nur mit Kunde. Bitte Karte scannen oder Kunden suchen.",
        "en": "Goods on approval need a customer. Please scan the card or search.",
    },
    Refusal.APPROVAL_LINE: {
        "de": "Teil {line_id} gehört nicht dazu oder ist schon verkauft.",
        "en": "Piece {line_id} does not belong to it or was sold already.",
    },
    Refusal.LIMIT_EXCEEDED: {
        "de": "Limit: noch {left} frei, die Auswahl ist {wanted} wert. Bitte freigeben lassen.",
        "en": "Limit: {left} left, the goods are worth {wanted}. Please have it released.",
    },
    Refusal.NO_GOODS_CREDIT: {
        "de": "Für Warengutschriften ist keine Gutscheinart eingerichtet. Bitte auszahlen.",
        "en": "No kind of voucher is set up for goods credit. Please pay the refund out.",
    },
    Refusal.LATE: {
        "de": "Die Antwort dauert. Bitte weiter kassieren; sie wird nachgeholt.",
        "en": "The answer takes long. Please go on; it is fetched later.",
    },
    Refusal.JOURNAL_UNAVAILABLE: {
        "de": "Bon kann nicht gespeichert werden. Bitte weiter kassieren und den Bon nachreichen.",
        "en": "The receipt cannot be stored. Please go on and hand the receipt in later.",
    },
    Refusal.PLUGIN_FAULT: {
        "de": "Das ging nicht. Bitte ohne diesen Schritt weiter kassieren.",
        "en": "That did not work. Please go on without this step.",
    },
    Refusal.PRINT_JOB_UNKNOWN: {
        "de": "Diesen Druckauftrag gibt es an dieser Kasse nicht.",
        "en": "This till has no such print job.",
    },
    Refusal.PRINT_NOT_NOW: {
        "de": "Das geht bei diesem Druckauftrag gerade nicht.",
        "en": "That is not possible with this print job now.",
    },
    Refusal.PRINT_NO_OTHER_PRINTER: {
        "de": "Diese Kasse hat keinen anderen Drucker.",
        "en": "This till has no other printer.",
    },
    Refusal.NOTICE_UNKNOWN: {
        "de": "Dieser Hinweis gilt nicht mehr.",
        "en": "This notice does not hold any more.",
    },
    Refusal.VOUCHER_UNKNOWN: {
        "de": "Gutschein nicht bekannt.",
        "en": "Voucher not known.",
    },
    Refusal.VOUCHER_NOT_YET_VALID: {
        "de": "Gutschein gilt erst ab {valid_from_on}.",
        "en": "Voucher is valid from {valid_from_on} on.",
    },
    Refusal.VOUCHER_EXPIRED: {
        "de": "Gutschein galt bis {valid_to_on}.",
        "en": "Voucher was valid until {valid_to_on}.",
    },
    Refusal.VOUCHER_REDEEMED: {
        "de": "Gutschein wurde schon eingelöst.",
        "en": "Voucher has already been redeemed.",
    },
    Refusal.VOUCHER_BLOCKED: {
        "de": "Gutschein ist gesperrt oder storniert und gilt nicht.",
        "en": "Voucher is blocked or cancelled and not valid.",
    },
    Refusal.VOUCHER_OTHER_CUSTOMER: {
        "de": "Gutschein gehört einem anderen Kunden.",
        "en": "Voucher belongs to another customer.",
    },
    Refusal.VOUCHER_NEEDS_CUSTOMER: {
        "de": "Gutschein gilt nur mit bekanntem Kunden. Bitte Karte scannen oder Kunden suchen.",
        "en": "Voucher needs a customer we know. Please scan the card or search.",
    },
    Refusal.VOUCHER_WRONG_SHOP: {
        "de": "Gutschein gilt nur in Filiale {shops}.",
        "en": "Voucher is valid in shop {shops} only.",
    },
    Refusal.VOUCHER_MINIMUM_NOT_MET: {
        "de": "Gutschein gilt ab {need}. Es fehlen {missing}.",
        "en": "Voucher is valid from {need} on. {missing} is missing.",
    },
    Refusal.VOUCHER_NEEDS_ONLINE: {
        "de": "Diesen Gutschein muss die Zentrale freigeben; das geht gerade nicht.",
        "en": "Head office has to release this voucher; that is not possible now.",
    },
    Refusal.VOUCHER_OFFLINE_CAP: {
        "de": "Ohne Verbindung sind höchstens {cap} möglich. Bitte später einlösen.",
        "en": "Without a connection at most {cap} is possible. Please redeem it later.",
    },
    Refusal.VOUCHER_NOT_SELLABLE: {
        "de": "Diese Gutscheinart wird nicht verkauft: {type}",
        "en": "This kind of voucher is not sold: {type}",
    },
    Refusal.VOUCHER_NOT_NOW: {
        "de": "Das geht bei diesem Gutschein nicht mehr.",
        "en": "That is not possible with this voucher any more.",
    },
    Refusal.DISK_RESERVE: {
        "de": "Der Speicher der Kasse ist voll: gerade keine Gutscheine. Bitte weiter kassieren.",
        "en": "The till's disk is full: no vouchers at the moment. Please go on selling.",
    },
    Refusal.REWARD_UNKNOWN: {
        "de": "Diese Prämie gibt es nicht.",
        "en": "There is no such reward.",
    },
    Refusal.REWARD_NOT_YET: {
        "de": "Prämie gibt es erst ab {valid_from_on}.",
        "en": "The reward starts on {valid_from_on}.",
    },
    Refusal.REWARD_LAPSED: {
        "de": "Prämie gab es bis {valid_to_on}.",
        "en": "The reward ended on {valid_to_on}.",
    },
    Refusal.REWARD_SOLD_OUT: {
        "de": "Prämie ist vergriffen. Noch da: {left}.",
        "en": "The reward has run out. Left: {left}.",
    },
    Refusal.REWARD_LIMIT: {
        "de": "Diese Prämie gibt es je Kunde höchstens {limit}-mal.",
        "en": "Each customer gets this reward at most {limit} times.",
    },
    Refusal.REWARD_NEEDS_ONLINE: {
        "de": "Diese Prämie muss die Zentrale freigeben; das geht gerade nicht.",
        "en": "Head office has to release this reward; that is not possible now.",
    },
    Refusal.REWARD_NEEDS_CUSTOMER: {
        "de": "Prämien gibt es nur mit Kundenkarte. Bitte Karte scannen.",
        "en": "Rewards need the customer's card. Please scan it.",
    },
    Refusal.REWARD_MINIMUM: {
        "de": "Einlösbar ab {need}, möglich wären {have}.",
        "en": "Can be used from {need} on, possible would be {have}.",
    },
    Refusal.REWARD_NOT_HERE: {
        "de": "Diese Prämie wird an dieser Stelle nicht ausgegeben.",
        "en": "This reward is not given at this point.",
    },
    Refusal.REWARD_NOTHING_TO_APPLY: {
        "de": "Bei diesem Einkauf gibt es nichts zu verrechnen. Das Guthaben bleibt.",
        "en": "There is nothing to set off in this purchase. The balance stays.",
    },
    Refusal.ACCOUNT_UNKNOWN: {
        "de": "Dieses Konto gibt es an dieser Kasse nicht.",
        "en": "This till has no such account.",
    },
    Refusal.BALANCE_TOO_LOW: {
        "de": "Guthaben reicht nicht: {have} von {need}.",
        "en": "The balance is too low: {have} of {need}.",
    },
    Refusal.BALANCE_NOT_MATURE: {
        "de": "Verfügbar sind {have} von {need}. Weitere {pending} ab {matures_on}.",
        "en": "Available are {have} of {need}. Another {pending} from {matures_on} on.",
    },
    Refusal.PAYOUT_NOT_OFFERED: {
        "de": "Dieses Konto wird nicht ausgezahlt.",
        "en": "This account is not paid out.",
    },
    Refusal.PAYOUT_THRESHOLD: {
        "de": "Auszahlung ab {need}, verfügbar sind {have}.",
        "en": "Paid out from {need} on, available are {have}.",
    },
    Refusal.PAYOUT_DENOMINATION: {
        "de": "Auszahlung nur in festen Beträgen; dieser lässt sich nicht stückeln.",
        "en": "Paid out in fixed values only; this amount cannot be made of them.",
    },
    Refusal.OFFLINE_CAP: {
        "de": "Ohne Bestätigung der Zentrale sind gerade höchstens {cap} möglich.",
        "en": "Without a word of head office at most {cap} is possible now.",
    },
    Refusal.SECOND_PERSON_NEEDED: {
        "de": "Eine Korrektur braucht eine zweite Person.",
        "en": "A correction needs a second person.",
    },
    Refusal.VOUCHER_NOTHING_TO_APPLY: {
        "de": "Gutschein gültig, wirkt bei diesem Einkauf aber nicht. Er bleibt gültig.",
        "en": "Voucher is valid but changes nothing in this purchase. It stays valid.",
    },
}

# A table of its own: a refusal and a notice may share a word, and so be equal as keys.
NOTICE_TEXTS: Final[Mapping[NoticeCode, Mapping[str, str]]] = {
    NoticeCode.JOURNAL_DAMAGED: {
        "de": "Die Datei der Belege war beschädigt; eine neue läuft. Bitte Sicherung einspielen.",
        "en": "The file of receipts was damaged; a new one is in use. Please restore the backup.",
    },
    NoticeCode.JOURNAL_UNAVAILABLE: {
        "de": "Belege lassen sich nicht speichern. Weiter kassieren, Belege später nachreichen.",
        "en": "Receipts cannot be stored. Please go on and hand the receipts in later.",
    },
    NoticeCode.DISK_RESERVE: {
        "de": "Speicher der Kasse voll: keine Gutscheine, Kassieren geht. Bitte Platz schaffen.",
        "en": "The till's disk is full: no vouchers, selling goes on. Please make room.",
    },
    NoticeCode.CLOCK_SUSPECT: {
        "de": "Die Uhr dieser Kasse stimmt vermutlich nicht. Bitte Datum und Uhrzeit prüfen.",
        "en": "The clock of this till is probably wrong. Please check date and time.",
    },
    NoticeCode.BACKUP_OVERDUE: {
        "de": "Seit Tagen keine Sicherung der Kasse. Bitte das Sicherungslaufwerk prüfen.",
        "en": "No backup of this till for days. Please check the backup disk.",
    },
    NoticeCode.OFFLINE: {
        "de": "Offline seit {since}, Punkte werden gesammelt.",
        "en": "Offline since {since}, points are being collected.",
    },
    NoticeCode.RULES_STALE: {
        "de": "Aktionen und Kunden sind vom {date}: seitdem keine Verbindung zur Zentrale.",
        "en": "Promotions and customers are as of {date}: no contact with head office since.",
    },
    NoticeCode.BALANCE_AS_OF: {
        "de": "Guthaben der Zentrale: Stand {at}. Was hier dazukam, ist enthalten.",
        "en": "Balances of head office as of {at}. What was added here is included.",
    },
    NoticeCode.BALANCE_UNKNOWN: {
        "de": "Stand unbekannt: Die Zentrale zählt noch nach. Punkte werden gesammelt.",
        "en": "Balance unknown: head office is still counting. Points are being collected.",
    },
    NoticeCode.TILL_FORKED: {
        "de": "Eine andere Kasse benutzt die Nummern dieser. Weiter kassieren, Support rufen.",
        "en": "Another till uses the numbers of this one. Please go on and call support.",
    },
    NoticeCode.TILL_REVOKED: {
        "de": "Diese Kasse ist bei der Zentrale abgemeldet: nur Listenpreise. Bitte neu anmelden.",
        "en": "Head office took this till out of service: list prices only. Please enrol it again.",
    },
    NoticeCode.NO_RULES: {
        "de": "Noch keine Aktionen geladen: Verkauf zum Listenpreis.",
        "en": "No promotions loaded yet: selling at list price.",
    },
    NoticeCode.NO_RULES_THEN: {
        "de": "Für diesen Zeitpunkt gibt es keine Aktionen: Verkauf zum Listenpreis.",
        "en": "There are no promotions for this point in time: selling at list price.",
    },
    NoticeCode.RULES_DAMAGED: {
        "de": "Aktionsstand {generation} ist nicht lesbar und bleibt außer Kraft.",
        "en": "Promotion state {generation} cannot be read and is not used.",
    },
    NoticeCode.CACHE_UNAVAILABLE: {
        "de": "Kundendaten zurzeit nicht lesbar. Der Verkauf läuft weiter.",
        "en": "Customer data cannot be read at the moment. The sale goes on.",
    },
    NoticeCode.KEYS_MISSING: {
        "de": "Kasse noch nicht bei der Zentrale angemeldet (keys.json fehlt).",
        "en": "This till is not enrolled at head office yet (keys.json is missing).",
    },
    NoticeCode.LIST_PRICE: {
        "de": "Aktionen konnten nicht berechnet werden: Verkauf zum Listenpreis.",
        "en": "Promotions could not be worked out: selling at list price.",
    },
    NoticeCode.LATE: {
        "de": "Berechnung kam nicht rechtzeitig: Listenpreis. Punkte gibt es trotzdem.",
        "en": "The calculation came too late: list price. Points are credited all the same.",
    },
    NoticeCode.VOUCHER_ROLLED_BACK: {
        "de": "Eingelöster Gutschein gilt wieder. Bitte dem Kunden sagen.",
        "en": "The redeemed voucher is valid again. Please tell the customer.",
    },
    NoticeCode.VOUCHER_CANCELLED: {
        "de": "Der dafür ausgegebene Gutschein ist jetzt ungültig. Bitte zurücknehmen.",
        "en": "The voucher issued for it is void now. Please take it back.",
    },
    NoticeCode.VOUCHER_USED_MEANWHILE: {
        "de": "Der dafür ausgegebene Gutschein wurde schon benutzt; die Zentrale klärt das.",
        "en": "The voucher issued for it was used already; head office settles that.",
    },
    NoticeCode.LIMIT_EXCEEDED: {
        "de": "Limit überschritten: {left} frei, die Auswahl ist {wanted} wert.",
        "en": "Limit exceeded: {left} left, the goods are worth {wanted}.",
    },
    NoticeCode.APPROVAL_NOT_PRINTABLE: {
        "de": "Auswahlschein nicht druckbar. Die Auswahl ist gebucht.",
        "en": "The paper of the approval cannot be printed. The goods are booked.",
    },
    NoticeCode.VOUCHER_REDUCED: {
        "de": "Der dafür ausgegebene Gutschein ist jetzt weniger wert. Bitte dem Kunden sagen.",
        "en": "The voucher issued for it is worth less now. Please tell the customer.",
    },
    NoticeCode.VOUCHER_DEDUCTED: {
        "de": "Der dafür ausgegebene Gutschein wurde schon benutzt: bitte {amount} abziehen.",
        "en": "The voucher issued for it was used already: please deduct {amount}.",
    },
    NoticeCode.VOUCHER_NOT_COVERED: {
        "de": "Ein Gutschein war inzwischen verbraucht: {amount} dieses Bons sind nicht bezahlt.",
        "en": "A voucher was used up meanwhile: {amount} of this receipt is not paid.",
    },
    NoticeCode.REFUND_WITHHELD: {
        "de": "Bitte {amount} nicht auszahlen: So viel hatte ein Gutschein nicht gedeckt.",
        "en": "Please do not pay out {amount}: a voucher had not covered that much.",
    },
    NoticeCode.VOUCHER_NOT_SOLD: {
        "de": "Ein Gutschein dieses Bons gilt nicht: verkauft, storniert oder falscher Preis.",
        "en": "A voucher of this receipt is not valid: sold before, cancelled, or wrongly priced.",
    },
    NoticeCode.APPROVAL_SOLD_TWICE: {
        "de": "Artikel {sku} der Auswahl wurde schon einmal verkauft. Bitte prüfen.",
        "en": "Article {sku} of the approval was sold before. Please check.",
    },
    NoticeCode.ERASED_GOODS_OUT: {
        "de": "Gelöscht, aber noch Ware des Ladens dort (Stück: {pieces}); niemand weiß, bei wem.",
        "en": "Erased, but goods of the shop are still out (pieces: {pieces}); nobody knows where.",
    },
    NoticeCode.CHARGED_DIFFERS: {
        "de": "Kassierter Betrag weicht von der Berechnung ab; gebucht ist, was kassiert wurde.",
        "en": "The amount charged differs from the calculation; what was charged is booked.",
    },
    NoticeCode.RECALLED_OTHER_DAY: {
        "de": "Bon von {business_on}: Aktionen wurden für heute neu berechnet.",
        "en": "Sale of {business_on}: promotions were worked out anew for today.",
    },
    NoticeCode.PROVISIONAL_MEMBER: {
        "de": "Karte hier noch ohne Inhaber: Sie sammelt, löst aber nichts ein.",
        "en": "This card has no owner here yet: it earns and redeems nothing.",
    },
    NoticeCode.BIRTHDAY: {
        "de": "Geburtstag am {birthday_on}.",
        "en": "Birthday on {birthday_on}.",
    },
    NoticeCode.PRINT_READY: {
        "de": "{Paper} für diesen Kunden bereit.",
        "en": "{Paper} for this customer is ready.",
    },
    NoticeCode.PRINT_QUEUED: {
        "de": "{Paper} wird gedruckt{about}.",
        "en": "{Paper} is being printed{about}.",
    },
    NoticeCode.PRINT_SENDING: {
        "de": "{Paper} wird gedruckt{about}.",
        "en": "{Paper} is being printed{about}.",
    },
    NoticeCode.PRINT_STALLED: {
        "de": "Drucker hat angehalten: {cause}, danach geht es weiter.",
        "en": "The printer has stopped: {cause}; it goes on afterwards.",
    },
    NoticeCode.PRINT_WAITING: {
        "de": "{Paper} wartet: {cause}.",
        "en": "{Paper} is waiting: {cause}.",
    },
    NoticeCode.PRINT_PAPER_LOW: {
        "de": "Bonpapier geht zu Ende.",
        "en": "The paper roll is nearly used up.",
    },
    NoticeCode.PRINT_CONFIRMED: {
        "de": "Bitte den gedruckten {paper} überreichen.",
        "en": "Please hand the printed {paper} to the customer.",
    },
    NoticeCode.PRINT_ASSUMED: {
        "de": "{Paper} gesendet, Drucker meldet nichts zurück. Bitte hinsehen und überreichen.",
        "en": "{Paper} sent, the printer does not answer. Please look and hand it over.",
    },
    NoticeCode.PRINT_UNKNOWN: {
        "de": "Kam der {paper} vollständig heraus?",
        "en": "Did the {paper} come out whole?",
    },
    NoticeCode.PRINT_HELD: {
        "de": "{Paper} nicht gedruckt. Er liegt im Kundenkonto bereit.",
        "en": "{Paper} not printed. It waits in the customer's account.",
    },
    NoticeCode.PRINT_BLOCKED: {
        "de": "{Paper} nicht gedruckt: Er ist gesperrt.",
        "en": "{Paper} not printed: it is blocked.",
    },
    NoticeCode.PRINT_PAPER_BLOCKED: {
        "de": "Gedruckter {paper} ist gesperrt. Bitte nicht überreichen.",
        "en": "The printed {paper} is blocked. Please do not hand it over.",
    },
    NoticeCode.PRINT_PAPER_USED: {
        "de": "{Paper} ist schon eingelöst. Nichts mehr zu überreichen.",
        "en": "{Paper} is redeemed already. Nothing is left to hand over.",
    },
    NoticeCode.PRINT_FAILED: {
        "de": "Kasse meldet Druckfehler. {still}",
        "en": "The till reports a printing fault. {still}",
    },
    NoticeCode.PRINT_DOCUMENT_INVALID: {
        "de": "{Paper} nicht druckbar. {still}",
        "en": "{Paper} cannot be printed. {still}",
    },
    NoticeCode.PRINT_HANDED_OVER: {
        "de": "{Paper} überreicht.",
        "en": "{Paper} handed over.",
    },
    NoticeCode.PRINT_REPLACED: {
        "de": "{Paper} wurde nachgedruckt.",
        "en": "{Paper} was printed again.",
    },
    NoticeCode.PRINT_CANCELLED: {
        "de": "Druck storniert. {given_up}",
        "en": "Printing was cancelled. {given_up}",
    },
    NoticeCode.PRINT_VOID: {
        "de": "Der Gutschein ist storniert. Liegt er schon gedruckt da: bitte zurücknehmen.",
        "en": "The voucher is void. Should it lie there printed already: please take it back.",
    },
    NoticeCode.PRINT_COUPON_VOID: {
        "de": "Ungültig auf dem Streifen: {coupons}. Bitte abtrennen und zurücknehmen.",
        "en": "Void on the strip: {coupons}. Please cut it off and take it back.",
    },
}


def _in_words(params: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return the figures of a sentence, and those with a unit as people write them."""
    figures = dict(params)
    if "left_milli" in figures:
        figures["left"] = left(figures["left_milli"], language=language)
    if "paper" in figures:
        figures |= paper(params, language=language)
    currency = figures.get("currency", "EUR")
    for name, value in params.items():
        if name.endswith("_minor"):
            said = money(value, currency=currency, language=language)
            figures[name.removesuffix("_minor")] = said
        elif name.endswith("_points"):
            figures[name.removesuffix("_points")] = points(value, language=language)
        elif name == "date" or name.endswith("_on"):
            figures[name] = day(value, language=language)
    return figures


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer: not done, and why."""

    code: Refusal
    params: Mapping[str, Any] = field(default_factory=dict)

    def text(self, language: str) -> str:
        """Return the sentence for the cashier; ``language`` is ``de`` or ``en``."""
        figures = _in_words(self.params, language)
        return REFUSAL_TEXTS[self.code][language].format_map(figures)

    def to_dict(self, language: str) -> dict[str, Any]:
        """Return the answer as plain values."""
        return {
            "refused": self.code.value,
            "params": dict(self.params),
            "text": self.text(language),
        }


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the cashier should know."""

    code: NoticeCode
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def level(self) -> Level:
        """How much it wants of its reader."""
        return LEVELS[self.code]

    @property
    def audience(self) -> Audience:
        """Which screen it is for."""
        return Audience.CUSTOMER if self.code in FOR_CUSTOMERS else Audience.CASHIER

    def text(self, language: str) -> str:
        """Return the sentence for the cashier; ``language`` is ``de`` or ``en``."""
        return NOTICE_TEXTS[self.code][language].format_map(_in_words(self.params, language))

    def to_dict(self, language: str) -> dict[str, Any]:
        """Return the notice as plain values."""
        return {
            "code": self.code.value,
            "level": self.level.value,
            "audience": self.audience.value,
            "params": dict(self.params),
            "text": self.text(language),
        }
