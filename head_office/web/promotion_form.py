"""Writing a promotion: one of the eight forms, or JSON; read back while it is typed."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from head_office.promotions import drafts
from head_office.users import Role
from head_office.web import names, promotion_list, said_faults, stock
from head_office.web.door import Page
from head_office.web.forms import BY_CODE, EXPERT, FORMS
from head_office.web.forms.fields import FieldFault
from head_office.web.reading import reader
from head_office.web.visit import NotThere
from pos_plugin.errors import RuleError
from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.validation import read_json

if TYPE_CHECKING:
    from starlette.responses import Response

    from head_office.web.forms.form import Form
    from head_office.web.promotion_list import Known
    from head_office.web.visit import Visit
    from pos_plugin.promotions.promotion import Promotion

_ID_MAX: Final = 40
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_NEW: Final = {
    "id": "AKTION",
    "layer": "article",
    "label": {"de": "2 kaufen, 1 dazu"},
    "offer": {
        "kind": "buy_get",
        "buy": [{"quantity": 2}],
        "get": [{"quantity": 1}],
        "benefit": {"type": "percent", "bp": 10000},
        "get_at_most_buy_price": True,
    },
}


class Typed(NamedTuple):
    """What was typed into a form.

    Args:
        rule: the promotion, None when something is wrong.
        sentences: the promotion in words.
        faults: what is wrong, by field; the empty name is the form as a whole.
        shown: what stands in the fields.
    """

    rule: dict[str, Any] | None
    sentences: list[str]
    faults: dict[str, str]
    shown: dict[str, list[str]]


def new(visit: Visit) -> Response:
    """Show an empty form."""
    code = _code(visit)
    words = _words(_NEW, visit) if code == EXPERT else []
    shown = _presets(code, visit.language)
    accounts = _accounts(visit)
    if "account" in shown and accounts and shown["account"][0] not in accounts:
        shown["account"] = [next(iter(accounts))]
    return _show(visit, code, None, Typed(None, words, {}, shown))


def edit(visit: Visit) -> Response:
    """Show a promotion in the form that can say all of it, or as JSON."""
    known = _asked(visit)
    code, shown = opened(known.newest, visit.language)
    return _show(visit, code, known, Typed(known.newest, _words(known.newest, visit), {}, shown))


def read(visit: Visit) -> Response:
    """Say in words what was typed so far; nothing is kept."""
    typed = _typed(visit, _code(visit), visit.word("id") or "NEU")
    return visit.page("read_back.html", sentences=typed.sentences, faults=typed.faults)


def save(visit: Visit) -> Response:
    """Keep what was typed as a draft, or show what is wrong with it."""
    code = _code(visit)
    known = promotion_list.known(visit)
    old = known.get(visit.word("id"))
    if visit.word("id") and old is None:
        raise NotThere
    promotion_id = old.id if old else _new_id(visit, code, set(known))
    typed = _typed(visit, code, promotion_id, _revision(old))
    if typed.rule is None:
        return _show(visit, code, old, typed, status=422)
    promotion_id = typed.rule["id"]
    if old is None and promotion_id in known:
        fault = visit.say(
            f"Es gibt schon eine Aktion {promotion_id}.",
            f"There is a promotion {promotion_id} already.",
        )
        return _show(visit, code, old, typed._replace(faults={"": fault}), status=422)
    try:
        drafts.save(
            visit.database,
            typed.rule,
            version=max(visit.number("version"), 0),
            user=visit.name,
            now=visit.now,
        )
    except drafts.DraftMoved:
        fault = visit.say(
            "Jemand anderes hat diese Aktion inzwischen geändert. Bitte neu öffnen.",
            "Somebody else has changed this promotion meanwhile. Please open it again.",
        )
        return _show(visit, code, old, typed._replace(faults={"": fault}), status=409)
    said = visit.say("Der Entwurf ist gespeichert.", "The draft is kept.")
    return visit.go(f"/promotion?{stock.query(id=promotion_id)}", said)


def opened(rule: dict[str, Any], language: str) -> tuple[str, dict[str, list[str]]]:
    """Return the code of the form that can say all of a promotion, and what stands in it."""
    promotion = _parsed(rule)
    for form in FORMS:
        values = form.values(promotion)
        if values is not None:
            return form.code, _shown(form, values, language)
    return EXPERT, {"json": [json.dumps(rule, ensure_ascii=False, indent=2)]}


def _asked(visit: Visit) -> Known:
    found = promotion_list.known(visit).get(visit.query.get("id", ""))
    if found is None:
        raise NotThere
    return found


def _code(visit: Visit) -> str:
    code = visit.path["form"]
    if code not in BY_CODE and code != EXPERT:
        raise NotThere
    return code


def _show(
    visit: Visit, code: str, known: Known | None, typed: Typed, *, status: int = 200
) -> Response:
    version = visit.word("version")
    if not version and known is not None and known.draft is not None:
        version = str(known.draft.version)
    return visit.page(
        "promotion_form.html",
        status=status,
        form=BY_CODE.get(code),
        code=code,
        promotion_id=known.id if known else "",
        version=version or "0",
        shown=typed.shown,
        faults=typed.faults,
        sentences=typed.sentences,
        stock=stock.words(visit.database),
        accounts=_accounts(visit),
        filled=_filled(code, typed),
    )


def _accounts(visit: Visit) -> dict[str, str]:
    with visit.database.read() as connection:
        return names.accounts(connection, visit.language)


def _filled(code: str, typed: Typed) -> set[str]:
    """Headings under which something stands, or is wrong: they are never folded away."""
    if code == EXPERT:
        return set()
    form = BY_CODE[code]
    empty = _shown(form, {}, "de")
    return {
        group.german
        for group in form.groups()
        for field in group.fields
        if field.name in typed.faults
        or any(text and text not in empty[field.name] for text in typed.shown.get(field.name, ()))
    }


def _presets(code: str, language: str) -> dict[str, list[str]]:
    if code == EXPERT:
        return {"json": [json.dumps(_NEW, ensure_ascii=False, indent=2)]}
    form = BY_CODE[code]
    return _shown(form, form.presets, language)


def _shown(form: Form, values: dict[str, Any], language: str) -> dict[str, list[str]]:
    return {
        field.name: field.kind.show(values.get(field.name), language) for field in form.fields()
    }


def _typed(visit: Visit, code: str, promotion_id: str, revision: int = 1) -> Typed:
    faults: dict[str, str] = {}
    rule: dict[str, Any] | None = None
    shown = {name: texts for name, texts in visit.form.items() if name != "csrf"}
    try:
        if code == EXPERT:
            rule = read_json(visit.word("json"), "", RuleError)
            if isinstance(rule, dict) and visit.word("id"):
                rule |= {"id": promotion_id, "revision": revision}
        else:
            values, unread = BY_CODE[code].take(visit.form)
            faults = {
                name: visit.say(fault.german, fault.english) for name, fault in unread.items()
            }
            if not faults:
                rule = BY_CODE[code].rule(values, promotion_id, revision)
        if rule is not None:
            return Typed(rule, _words(rule, visit), {}, shown)
    except FieldFault as fault:
        faults[""] = visit.say(fault.german, fault.english)
    except RuleError as fault:
        faults[""] = said_faults.said(fault, visit.language)
    return Typed(None, [], faults, shown)


def _words(rule: Any, visit: Visit) -> list[str]:  # noqa: ANN401 - JSON of any shape
    return reader(visit)(_parsed(rule))


def _parsed(rule: Any) -> Promotion:  # noqa: ANN401
    return RuleGeneration.from_value([rule]).promotions[0]


def _revision(old: Known | None) -> int:
    """One more than tills have, so that a report can tell the two apart."""
    if old is None:
        return 1
    known = [rule["revision"] for rule in (old.live, old.planned) if rule and "revision" in rule]
    return max(known, default=1 if old.live or old.planned else 0) + 1


def _new_id(visit: Visit, code: str, taken: set[str]) -> str:
    """Make an id of the text: capital letters and figures, and a number when it is taken."""
    text = visit.word("label_de").lower().translate(_UMLAUTS)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Z0-9]+", "-", plain.upper()).strip("-")[:_ID_MAX] or code.upper()
    number = 1
    while (promotion_id := name if number == 1 else f"{name}-{number}") in taken:
        number += 1
    return promotion_id


PAGES = (
    Page("GET", "/promotions/new/{form}", Role.EDITOR, new),
    Page("GET", "/promotion/edit", Role.EDITOR, edit),
    Page("POST", "/promotions/read-back/{form}", Role.EDITOR, read),
    Page("POST", "/promotions/save/{form}", Role.EDITOR, save),
)
