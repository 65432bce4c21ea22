"""The papers of a till: which template prints what, filled with its values.

Laws of this file:
1. A voucher is printed: where its template is missing, refused or cannot be filled, the next one
   serves, and the last one is ``plain``, which belongs to the product.
2. What a shop switched off stays off, whichever version of a template arrives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pos_plugin.errors import StorageError
from pos_plugin.loyalty.approval_document import approval_values
from pos_plugin.loyalty.voucher_document import strip_values, voucher_values
from pos_plugin.paper_words import PaperWords
from pos_plugin.printing.orders import Paper
from pos_plugin.storage import class_lookup, template_lookup
from pos_plugin.storage.prepared_pictures import for_paper
from pos_plugin.storage.shop_logo import read_logo

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence

    from pos_plugin.config import TillConfig
    from pos_plugin.loyalty.approvals import ApprovalLine
    from pos_plugin.loyalty.coming_titles import ComingTitle
    from pos_plugin.loyalty.vouchers import NewVoucher
    from pos_plugin.storage.current_cache import CurrentCache
    from printers.templates.model import Template

VOUCHER: Final = "rental-voucher"
"""Template of a kind of voucher that names none."""
APPROVAL: Final = "approval-slip"
STATEMENT: Final = "account-statement"
PLAIN: Final = "plain"
STRIP_MAX: Final = 3
"""Coupons on one strip: so many codes has a document."""


class Papers:
    """Fills the papers of one till.

    Args:
        config: language, currency and switches.
        cache: templates of head office and coming titles.
    """

    def __init__(self, config: TillConfig, cache: CurrentCache) -> None:
        self._config = config
        self._cache = cache
        self._read: dict[tuple[str, str, int], Template | None] = {}

    def is_coupon(self, voucher: NewVoucher) -> bool:
        """Say whether a voucher is a coupon under the receipt, which shares a strip."""
        layout_id = voucher.type.layout.layout_id
        return layout_id is not None and any(
            template.kind == "coupon" for template in self._templates(layout_id)
        )

    def voucher(
        self, voucher: NewVoucher, holder: str, *, now: dt.datetime, training: bool
    ) -> Paper:
        """Return the paper of a voucher.

        Raises:
            DocumentInvalid: not even ``plain`` can say it.
        """
        layout = voucher.type.layout
        values = voucher_values(
            voucher,
            holder=holder,
            shop=self._config.shop,
            language=self._config.language,
            titles=self._titles(layout.covers, now),
            training=training,
        )
        return self._paper(
            layout.layout_id or VOUCHER,
            values,
            uid=voucher.id,
            training=training,
            customer_bound=voucher.customer_bound,
            hidden=() if layout.cover_info else ("cover_info",),
        )

    def strip(self, vouchers: Sequence[NewVoucher], holder: str, *, training: bool) -> Paper:
        """Return the paper of coupons that hang together; it stands for the first of them.

        Raises:
            DocumentInvalid: it cannot be printed.
        """
        first = vouchers[0]
        values = strip_values(
            vouchers,
            holder=holder,
            shop=self._config.shop,
            language=self._config.language,
            training=training,
        )
        return self._paper(
            first.type.layout.layout_id or VOUCHER,
            values,
            uid=first.id,
            training=training,
            customer_bound=any(one.customer_bound for one in vouchers),
            is_strip=len(vouchers) > 1,
        )

    def approval(
        self,
        number: str,
        lines: Sequence[ApprovalLine],
        *,
        uid: str,
        holder: str,
        given_on: str,
        due_on: str,
    ) -> Paper:
        """Return the slip of goods on approval.

        Raises:
            DocumentInvalid: it cannot be printed.
        """
        values = approval_values(
            number,
            lines,
            holder=holder,
            given_on=given_on,
            due_on=due_on,
            shop=self._config.shop,
            language=self._config.language,
        )
        return self._paper(APPROVAL, values, uid=uid, customer_bound=True)

    def statement(self, values: Mapping[str, Any], *, uid: str) -> Paper:
        """Return the paper of a customer's accounts.

        Args:
            values: of ``loyalty.statement_document``.
            uid: of the print job; nothing else stands behind it.

        Raises:
            DocumentInvalid: it cannot be printed.
        """
        return self._paper(STATEMENT, values, uid=uid, customer_bound=True)

    def _paper(
        self,
        layout_id: str,
        values: Mapping[str, Any],
        *,
        uid: str,
        training: bool = False,
        customer_bound: bool = False,
        hidden: Sequence[str] = (),
        is_strip: bool = False,
    ) -> Paper:
        from printers.errors import DocumentInvalid, InvalidReason
        from printers.templates.errors import TemplateInvalid
        from printers.templates.fill import fill

        words = PaperWords(self._config.language, self._config.currency)
        values = {**values, "logo": self._logo(values.get("logo"))}
        fault: DocumentInvalid | None = None
        for template in self._templates(layout_id):
            if is_strip and "coupons" not in template.types:
                continue  # it would print the first of them only
            off = {*hidden, *self._config.printing.hidden(template.template_id)}
            try:
                document = fill(
                    template,
                    values,
                    formats=words,
                    subject_uid=uid,
                    hidden=off,
                    training=training,
                    customer_bound=customer_bound,
                )
            except DocumentInvalid as wrong:
                fault = wrong
            except TemplateInvalid as wrong:
                fault = DocumentInvalid(InvalidReason.WRONG_TYPE, wrong.where, wrong.message)
            else:
                return Paper(document, template.template_id, template.version)
        if fault is None:
            fault = DocumentInvalid(InvalidReason.MISSING, "", f"no template {layout_id!r}")
        raise fault

    def _logo(self, source: str | None) -> str | None:
        """Return the dots of a logo of head office, else those of the shop's own."""
        folder = self._config.data_dir
        return for_paper(folder, source, "logo") if source else read_logo(folder)

    def _templates(self, layout_id: str) -> Iterator[Template]:
        """Yield templates of a name, the newest of head office first, then those of the product."""
        from printers.templates.builtin import builtin

        language = self._config.language
        found = []
        for version in self._versions(layout_id):
            template = self._loaded(layout_id, version)
            if template is not None:
                found.append(template)
        shipped = builtin(layout_id, language)
        if shipped is not None:
            found.append(shipped)
        yield from found
        kinds = {template.kind for template in found}
        # A slip of goods on approval is no voucher; plain has no words for it.
        if not kinds or kinds & {"voucher", "coupon"}:
            plain = builtin(PLAIN, language)
            if plain is not None:
                yield plain

    def _versions(self, layout_id: str) -> Sequence[int]:
        try:
            cache = self._cache.reader()
            if cache is None:
                return ()
            with cache.reading() as connection:
                return template_lookup.versions(connection, layout_id, self._config.language)
        except StorageError:
            return ()

    def _loaded(self, layout_id: str, version: int) -> Template | None:
        from printers.templates.errors import TemplateInvalid
        from printers.templates.model import Template

        key = (layout_id, self._config.language, version)
        if key not in self._read:
            try:
                cache = self._cache.reader()
                if cache is None:
                    return None
                with cache.reading() as connection:
                    content = template_lookup.content(connection, *key)
            except StorageError:
                return None
            try:
                self._read[key] = Template.from_json(content)
            except TemplateInvalid:
                # Written for a later version of this product: the one before serves.
                self._read[key] = None
        return self._read[key]

    def _titles(self, count: int, now: dt.datetime) -> Sequence[ComingTitle]:
        """Return the next titles; decoration, so a broken cache leaves them out."""
        if not count:
            return ()
        try:
            cache = self._cache.reader()
            if cache is None:
                return ()
            with cache.reading() as connection:
                titles = class_lookup.coming_titles(
                    connection, on=now.date().isoformat(), count_max=count
                )
        except StorageError:
            return ()
        folder = self._config.data_dir
        return [
            one._replace(picture=one.picture and for_paper(folder, one.picture, "cover"))
            for one in titles
        ]
