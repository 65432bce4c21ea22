"""Whether somebody confirmed how sold vouchers and credits reach the fiscal record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pos_plugin.doctor.finding import Words
from pos_plugin.errors import StorageError
from pos_plugin.loyalty.voucher_type import SETTLES_PRICE
from pos_plugin.storage.cache_reader import CacheReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pos_plugin.config import TillConfig
    from pos_plugin.doctor.finding import Finding

TEXTS: Final = {
    "fiscal_confirmed": {
        "de": "Am {on} bestätigt, wie Gutscheine in die Kassenaufzeichnung kommen.",
        "en": "How vouchers reach the fiscal record was confirmed on {on}.",
    },
    "fiscal_unconfirmed": {
        "de": "{types}: Steuerberater die Zuordnung (GV_TYP) bestätigen lassen, den Tag als "
        "fiscal.confirmed_on in till.toml eintragen.",
        "en": "{types}: have a tax adviser confirm the mapping (GV_TYP), and enter the day as "
        "fiscal.confirmed_on in till.toml.",
    },
}
WORDS: Final = Words(TEXTS)


def fiscal_findings(config: TillConfig) -> Iterator[Finding]:
    """Yield what is to be said of vouchers that pay; nothing where the shop has none."""
    on = config.fiscal.confirmed_on
    if on is not None:
        yield WORDS.good("fiscal", "fiscal_confirmed", on=on.isoformat())
        return
    types = _paying_types(config)
    if types:
        yield WORDS.warn("fiscal", "fiscal_unconfirmed", types=", ".join(types))


def _paying_types(config: TillConfig) -> list[str]:
    """Return the kinds of voucher that pay; a cache that cannot be read is another finding."""
    try:
        cache = CacheReader.open(config.data_dir)
        if cache is None:
            return []
        with cache:
            kinds = [cache.voucher_type(code) for code in cache.voucher_type_codes()]
    except StorageError:
        return []
    paying = {kind.value for kind in SETTLES_PRICE}
    return [kind.code for kind in kinds if kind is not None and kind.legal_kind in paying]
