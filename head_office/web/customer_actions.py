"""What may be done about a customer: give a voucher, change groups, cards and consents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from head_office import master_rows, signed_vouchers
from head_office.crm import customer_changes
from head_office.errors import LoadError
from head_office.read_back.words import money
from head_office.signed_vouchers import GivenAlready, Wanted
from head_office.users import Role
from head_office.web import customer_fields, names
from head_office.web.customers_page import Refused, answer
from head_office.web.door import Page
from head_office.web.forms.fields import take
from head_office.web.stock import query
from head_office.web.visit import NotThere
from pos_plugin import wording
from pos_plugin.loyalty.consents import CHANNELS, PURPOSES

if TYPE_CHECKING:
    from starlette.responses import Response

    from head_office.web.forms.fields import Values
    from head_office.web.visit import Visit

_ORDER_MAX: Final = 100


def give(visit: Visit) -> Response:
    """Give a voucher."""
    customer, order = visit.word("id"), visit.word("order")[:_ORDER_MAX]
    _known(visit, customer)
    values, refused = _take(visit, "voucher")
    if refused is not None:
        return answer(visit, customer, refused)
    wanted = Wanted(
        type=values.get("type", ""),
        customers=(customer,),
        value_minor=values["value"],
        valid_to_on=values["last_on"],
    )
    try:
        made = signed_vouchers.give(
            visit.database, wanted, order=order, reason=values["reason"], by=visit.name,
            now=visit.now,
        )  # fmt: skip
    except GivenAlready:
        said = visit.say(
            "Nur einmal gegeben: Die Seite wurde zweimal abgeschickt.",
            "Given only once: the page was sent twice.",
        )
        return _back(visit, customer, said)
    except LoadError as fault:
        return answer(visit, customer, Refused("voucher", _why(visit, fault), {}))
    with visit.database.read() as connection:
        name = names.voucher_kinds(connection, visit.language)[made["type"]]
    if made["value_minor"] is not None:
        name += f" · {money(made['value_minor'], visit.language)}"
    until = wording.day(made["valid_to_on"], language=visit.language)
    said = visit.say(
        f"Gegeben: {name}, gilt bis {until}, Code {made['code']}. Kassen mit Netz zeigen ihn in "
        "wenigen Sekunden bei diesem Kunden.",
        f"Given: {name}, valid until {until}, code {made['code']}. Tills with a network show it "
        "with this customer in a few seconds.",
    )
    return _back(visit, customer, said)


def change(visit: Visit) -> Response:
    """Change groups, standing discount and whether somebody is served as a customer."""
    customer = visit.word("id")
    _known(visit, customer)
    values, refused = _take(visit, "change")
    if refused is not None:
        return answer(visit, customer, refused)
    try:
        customer_changes.change(
            visit.database,
            customer,
            groups=values["groups"],
            instant_discount_bp=values["rate"] or 0,
            is_blocked=values["is_blocked"],
            by=visit.name,
            now=visit.now,
        )
    except customer_changes.CustomerMoved:
        return _back(visit, customer, _moved(visit))
    except LoadError:
        said = visit.say(
            "Nicht geschehen: Mehr verschiedene Gruppen kann es nicht geben.",
            "Not done: there cannot be more groups.",
        )
        return answer(visit, customer, Refused("change", said, {}))
    return _back(visit, customer, visit.say("Geändert.", "Changed."))


def set_card(visit: Visit) -> Response:
    """Block a card, or let it be used again."""
    customer, status = visit.word("id"), visit.word("status")
    try:
        is_known = customer_changes.set_card(
            visit.database,
            customer,
            visit.word("card"),
            status=status,
            by=visit.name,
            now=visit.now,
        )
    except customer_changes.CustomerMoved:
        return _back(visit, customer, _moved(visit))
    if not is_known:
        raise NotThere
    said = (
        visit.say("Die Karte gilt wieder.", "The card may be used again.")
        if status == "active"
        else visit.say(
            "Die Karte ist gesperrt. Kassen mit Netz wissen es in wenigen Sekunden.",
            "The card is blocked. Tills with a network know in a few seconds.",
        )
    )
    return _back(visit, customer, said)


def withdraw(visit: Visit) -> Response:
    """Take a consent back."""
    customer = visit.word("id")
    try:
        is_known = customer_changes.withdraw(
            visit.database,
            customer,
            purpose=visit.word("purpose"),
            channel=visit.word("channel"),
            by=visit.name,
            now=visit.now,
        )
    except customer_changes.CustomerMoved:
        return _back(visit, customer, _moved(visit))
    if not is_known:
        raise NotThere
    said = visit.say("Die Einwilligung ist widerrufen.", "The consent is withdrawn.")
    return _back(visit, customer, said)


def agree(visit: Visit) -> Response:
    """Enter a consent that a signed form proves."""
    customer = visit.word("id")
    _known(visit, customer)
    values, refused = _take(visit, "consent")
    if refused is not None:
        return answer(visit, customer, refused)
    if values["purpose"] not in PURPOSES or values["channel"] not in CHANNELS:
        raise NotThere
    try:
        customer_changes.agree(
            visit.database,
            customer,
            purpose=values["purpose"],
            channel=values["channel"],
            text_id=values["text_id"],
            text_revision=values["text_revision"],
            form_number=values["form_number"],
            by=visit.name,
            now=visit.now,
        )
    except customer_changes.TooYoung:
        said = visit.say(
            "Nicht geschehen: Unter 16 Jahren gibt es keine Einwilligung in Werbung.",
            "Not done: below 16 nobody agrees to marketing.",
        )
        return answer(visit, customer, Refused("consent", said, {}))
    return _back(visit, customer, visit.say("Eingetragen.", "Entered."))


def _known(visit: Visit, customer: str) -> None:
    with visit.database.read() as connection:
        if master_rows.row(connection, "customer", customer) is None:
            raise NotThere


def _take(visit: Visit, form: str) -> tuple[Values, Refused | None]:
    with visit.database.read() as connection:
        fields = customer_fields.of(connection, visit.language)[form]
    values, faults = take(fields, visit.form)
    return values, Refused(form, "", faults) if faults else None


def _back(visit: Visit, customer: str, said: str) -> Response:
    return visit.go(f"/customer?{query(id=customer)}", said)


def _moved(visit: Visit) -> str:
    return visit.say(
        "Nicht geschehen: Es steht inzwischen anders.", "Not done: it stands otherwise by now."
    )


def _why(visit: Visit, fault: LoadError) -> str:
    """Why a voucher cannot be, in words."""
    if fault.where == "value_minor" and fault.code == "missing":
        return visit.say(
            "Nicht gegeben: Diese Art hat keinen eigenen Wert, bitte einen eintragen.",
            "Not given: this kind has no value of its own, please enter one.",
        )
    if fault.where == "value_minor":
        return visit.say(
            "Nicht gegeben: Bei dieser Art sagt die Aktion, was sie wert ist; bitte Wert leeren.",
            "Not given: the promotion says what this kind is worth; please leave the value empty.",
        )
    if fault.where == "valid_to_on":
        return visit.say(
            "Nicht gegeben: Der letzte Tag ist schon vorbei oder zu weit weg.",
            "Not given: the last day is over or too far away.",
        )
    return visit.say(f"Nicht gegeben: {fault}", f"Not given: {fault}")


PAGES = (
    Page("POST", "/customer/voucher", Role.OWNER, give),
    Page("POST", "/customer/change", Role.OWNER, change),
    Page("POST", "/customer/card", Role.EDITOR, set_card),
    Page("POST", "/customer/consent", Role.EDITOR, agree),
    Page("POST", "/customer/consent/withdraw", Role.EDITOR, withdraw),
)
