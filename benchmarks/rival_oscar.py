"""django-oscar's Applicator on the baskets of the neutral workload.

rival_oscar.py sql      as shipped: offers, ranges and products in an SQLite file
rival_oscar.py memory   the same objects, every query answered from memory

Oscar takes its offers in the order of their priority; each takes what it can, once and for all. Its
words cover the percent promotions and the "3 for 2" of the workload (``is_said_by_oscar``). It has
no bundle of two ranges, no receipt tier on what the article offers left, and a group of customers
is the shop's own code: those promotions take no part here, on neither side.

The memory form answers what the profile of the shipped one shows as queries: which offers are
open, whether a range holds a product, the range of a condition or benefit (``proxy()`` copies the
object and drops the loaded range), and which offers combine. What is left is the algorithm.
"""

from __future__ import annotations

import sys
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import rival
import workload

if TYPE_CHECKING:
    from collections.abc import Callable

HUNDRED = Decimal(100)


def is_said_by_oscar(promotion: dict[str, Any]) -> bool:
    """Return whether oscar has words for this promotion of the workload."""
    kind = promotion["offer"]["kind"]
    return kind == "n_for_m" or (kind == "unit_discount" and "when" not in promotion)


def start(folder: Path) -> None:
    """Set Django up with oscar's apps and an empty database."""
    import django
    import oscar.defaults
    from django.conf import settings

    from_oscar = {name: getattr(oscar.defaults, name) for name in dir(oscar.defaults)}
    settings.configure(
        **{name: value for name, value in from_oscar.items() if name.isupper()},
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "oscar.db")}
        },
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        HAYSTACK_CONNECTIONS={
            "default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}
        },
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sites",
            "django.contrib.flatpages",
            *(f"oscar.apps.{app}" for app in OSCAR_APPS),
            "treebeard",
        ],
        SECRET_KEY="benchmark",  # noqa: S106 - signs nothing
        SITE_ID=1,
        USE_TZ=True,
    )
    django.setup()
    from django.apps import apps
    from django.core.management import call_command

    # The tables as the models say, without the history of their migrations.
    settings.MIGRATION_MODULES = {one.label: None for one in apps.get_app_configs()}
    call_command("migrate", run_syncdb=True, verbosity=0)


OSCAR_APPS = (
    *("analytics.apps.AnalyticsConfig", "checkout.apps.CheckoutConfig"),
    *("address.apps.AddressConfig", "shipping.apps.ShippingConfig"),
    *("catalogue.apps.CatalogueConfig", "catalogue.reviews.apps.CatalogueReviewsConfig"),
    *("communication.apps.CommunicationConfig", "partner.apps.PartnerConfig"),
    *("basket.apps.BasketConfig", "payment.apps.PaymentConfig", "offer.apps.OfferConfig"),
    *("order.apps.OrderConfig", "customer.apps.CustomerConfig", "search.apps.SearchConfig"),
    *("voucher.apps.VoucherConfig", "wishlists.apps.WishlistsConfig"),
)


def fill() -> None:
    """Store the articles and promotions of the workload as a shop's back office would."""
    from oscar.core.loading import get_model

    def model(app: str, name: str) -> Any:  # noqa: ANN401 - Django models have no types here
        return get_model(app, name)

    category_model, product = model("catalogue", "Category"), model("catalogue", "Product")
    categories = category_model.objects.bulk_create(
        category_model(
            path=category_model._get_path(None, 1, number + 1),  # noqa: SLF001 - treebeard's own
            depth=1,
            name=f"c{number}",
            slug=f"c{number}",
        )
        for number in range(workload.CATEGORIES)
    )
    by_name = {one.name: one for one in categories}
    sort = model("catalogue", "ProductClass").objects.create(name="article", track_stock=False)
    partner = model("partner", "Partner").objects.create(name="shop")
    rows = workload.articles()
    products = product.objects.bulk_create(
        product(upc=row["sku"], title=row["name"], slug=row["sku"], product_class=sort)
        for row in rows
    )
    linked, record = model("catalogue", "ProductCategory"), model("partner", "StockRecord")
    linked.objects.bulk_create(
        linked(product=one, category=by_name[row["categories"][0]])
        for one, row in zip(products, rows, strict=True)
    )
    record.objects.bulk_create(
        record(
            product=one,
            partner=partner,
            partner_sku=row["sku"],
            price=row["unit_price_minor"] / HUNDRED,
        )
        for one, row in zip(products, rows, strict=True)
    )
    for promotion in filter(is_said_by_oscar, rival.promotions()):
        offer = promotion["offer"]
        several = offer["kind"] == "n_for_m"
        chosen = model("offer", "Range").objects.create(name=promotion["id"])
        (match,) = offer["on"]["any_of"]
        chosen.included_categories.set(by_name[name] for name in match["categories"])
        condition = model("offer", "Condition").objects.create(
            range=chosen, type="Count", value=offer["n"] if several else 1
        )
        benefit = model("offer", "Benefit").objects.create(
            range=chosen,
            type="Multibuy" if several else "Percentage",
            value=None if several else offer["benefit"]["bp"] / HUNDRED,
        )
        model("offer", "ConditionalOffer").objects.create(
            name=promotion["id"], condition=condition, benefit=benefit
        )


def stored_basket(sale: dict[str, Any]) -> Any:  # noqa: ANN401 - as above
    """Return the sale as a basket that lies in the database."""
    from oscar.core.loading import get_class, get_model

    basket = get_model("basket", "Basket").objects.create()
    basket.strategy = get_class("partner.strategy", "Default")()
    product = get_model("catalogue", "Product")
    for line in sale["lines"]:
        basket.add_product(product.objects.get(upc=line["sku"]), line["quantity_milli"] // 1000)
    return basket


def as_shipped() -> Callable[[dict[str, Any]], rival.Price]:
    """Return what poses a sale to oscar as it is installed."""
    from oscar.core.loading import get_class

    applicator = get_class("offer.applicator", "Applicator")()

    def pose(sale: dict[str, Any]) -> rival.Price:
        basket = stored_basket(sale)

        def price() -> int:
            basket.reset_offer_applications()
            applicator.apply(basket)
            return in_minor(basket.total_incl_tax)

        return price

    return pose


class Nothing:
    """Stands for a relation without rows."""

    def count(self) -> int:
        return 0


def in_memory() -> Callable[[dict[str, Any]], rival.Price]:
    """Return what poses a sale to the same algorithm; a query on its way ends the run."""
    from django.db import connection
    from oscar.core.loading import get_class

    answer_from_memory()
    applicator = get_class("offer.applicator", "Applicator")()
    discounts = get_class("basket.utils", "LineDiscountRegistry")

    def refuse(_execute: object, sql: str, *_: object) -> None:
        raise SystemExit(f"a query is left: {sql}")

    def pose(sale: dict[str, Any]) -> rival.Price:
        basket = stored_basket(sale)
        lines = list(basket.all_lines())
        for line in lines:
            _ = line.purchase_info  # kept by the line from then on

        def price() -> int:
            basket.reset_offer_applications()
            basket._lines = lines  # noqa: SLF001 - as all_lines() keeps what it loaded
            for line in lines:
                line.discounts = discounts(line)
            with connection.execute_wrapper(refuse):
                applicator.apply(basket)
                return in_minor(basket.total_incl_tax)

        return price

    return pose


def answer_from_memory() -> None:
    """Give oscar's models what they would ask the database for."""
    from oscar.core.loading import get_class, get_model

    chosen, conditional = get_model("offer", "Range"), get_model("offer", "ConditionalOffer")
    products: dict[int, set[int]] = {}
    links = get_model("catalogue", "ProductCategory").objects
    for product, category in links.values_list("product_id", "category_id"):
        products.setdefault(category, set()).add(product)
    held = {
        one.pk: set().union(*(products[category.pk] for category in one.included_categories.all()))
        for one in chosen.objects.prefetch_related("included_categories")
    }
    offers = list(conditional.active.select_related("condition__range", "benefit__range"))
    for offer in offers:
        for part in (offer.condition, offer.benefit):
            made = part.proxy()
            made.range = part.range
            part.proxy = lambda made=made: made
    get_class("offer.applicator", "Applicator").get_site_offers = lambda _: offers
    chosen.contains_product = lambda self, product: product.pk in held[self.pk]
    conditional.combinations = Nothing()
    conditional.combined_offers = cached_property(lambda self: [self])
    conditional.combined_offers.__set_name__(conditional, "combined_offers")


def in_minor(total: Decimal) -> int:
    return int((total * 100).quantize(Decimal(1), ROUND_HALF_UP))


if __name__ == "__main__":
    with TemporaryDirectory() as name:
        start(Path(name))
        from django.db import transaction

        with transaction.atomic():
            fill()
        rival.serve(as_shipped() if sys.argv[1] == "sql" else in_memory())
