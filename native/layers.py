# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, language_level=3
# cython: initializedcheck=False
"""The later layers: which receipt tier and which customer tier save most, as far as sums say.

A *choice* is a receipt tier or none, a customer tier or none. A percentage only scales what the
article layer leaves, so for nearly every choice sums over the components of the plain packing say
what it saves, or at most could save. What could save more than the best choice whose saving is
known is handed on as unsure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cython

from native import codes
from native.arrays import room

from .found import Answer

if TYPE_CHECKING:
    from array import array
    from collections.abc import Collection

TIER_COLUMNS = cython.declare(cython.Py_ssize_t, codes.TIER_COLUMNS)
PERCENT = cython.declare(cython.longlong, codes.PERCENT)
AMOUNT_OFF = cython.declare(cython.longlong, codes.AMOUNT_OFF)
RECEIPT = cython.declare(cython.longlong, codes.RECEIPT)
ALONE = cython.declare(cython.longlong, codes.ALONE)
_ALIKE = cython.declare(cython.longlong, 1_000)  # tiers that a tier is compared with
_SEEN = cython.declare(cython.longlong, 256)  # choices that are looked at whatever was spent
_BUCKETS = cython.declare(cython.Py_ssize_t, 256)  # of tiers with equal bases
# Amounts are discounts in 1/10_000 minor, savings in 1/10^12 minor.
D = cython.declare(cython.longlong, 10_000)
_V = 1_000_000_000_000

# A choice that could save more, or as much: what it saves at most, its place, its two tiers, and
# from 1 on the row of a promotion that stands alone; the saving negative, for sorting.
Unsure = tuple[int, int, int, int, int]


@cython.cclass
class Layers:
    """Weighs the later layers of one sale after another; the arrays are used again.

    Args (arrays of the search; it fills the last five before each call of ``best``):
        price, count, tier, tier_start, tier_class: tables of the call (see ``search``).
        best: the best discount of a single unit of each class.
        home: the component of each class, -1 for none.
        part_size, part_value: how many classes each component has; what its plain packing is worth.

    Call ``begin`` for each sale, then ``best`` for each of its packings.
    """

    looked = cython.declare(cython.longlong, visibility="readonly")
    """Pairs of tiers that ``best`` looked at."""

    price: cython.longlong[::1]
    count: cython.longlong[::1]
    tier: cython.longlong[::1]
    tier_start: cython.longlong[::1]
    tier_class: cython.longlong[::1]
    best_discount: cython.longlong[::1]
    home: cython.longlong[::1]
    part_size: cython.longlong[::1]
    part_value: cython.longlong[::1]
    # Of the sale.
    classes: cython.Py_ssize_t
    tiers: cython.Py_ssize_t
    pool_limit: array[int]
    pools: Any
    has_units: cython.bint
    is_guarded: cython.bint  # a smaller receipt discount may be what keeps a customer tier open
    # Marks: what carries the number of the moment is marked.
    now: cython.longlong
    seen: cython.longlong[::1]
    # Per component that a base meets: how many of its classes; and which they are.
    touched: cython.longlong[::1]
    met: cython.longlong[::1]
    # Savings of all layers in parts of a minor unit that the rates of the tiers leave whole:
    # ``receipt_parts`` and ``customer_parts`` of 1/10_000 minor; ``unit`` of them are one minor.
    receipt_parts: cython.longlong
    customer_parts: cython.longlong
    unit: cython.longlong
    whole: Any  # of such a part, in 1/10^12 minor
    # Of the article layer: what the plain packing gives, and how much more could be open.
    article: cython.longlong
    open_value: cython.longlong
    # The choices looked at so far, and the best one whose saving is known.
    number: cython.longlong
    value: cython.longlong
    receipt: cython.longlong
    customer: cython.longlong
    unsure: list[Unsure]
    # The two highest bounds of choices whose saving is known.
    sure: cython.longlong
    next_sure: cython.longlong
    # Of the choice that was weighed last.
    reach: cython.longlong
    loose: cython.longlong  # the same, as if no discount had to be forgone
    saving: cython.longlong
    # Per tier.
    rate: cython.longlong[::1]
    base: cython.longlong[::1]
    inside: cython.longlong[::1]
    mixed: cython.longlong[::1]
    adds: cython.longlong[::1]
    following: cython.longlong[::1]
    receipts: cython.Py_ssize_t
    open_receipt: cython.longlong[::1]
    customers: cython.Py_ssize_t
    open_customer: cython.longlong[::1]
    first_alike: cython.longlong[::1]
    alike_now: cython.longlong[::1]

    def __init__(
        self,
        tables: dict[str, array[int]],
        *,
        best: array[int],
        home: array[int],
        part_size: array[int],
        part_value: array[int],
    ) -> None:
        self.price = tables["price_minor"]
        self.count = tables["count"]
        self.tier = tables["tier"]
        self.tier_start = tables["tier_class_start"]
        self.tier_class = tables["tier_class"]
        self.best_discount = best
        self.home = home
        self.part_size = part_size
        self.part_value = part_value
        classes = len(tables["price_minor"])
        tiers = len(tables["tier_class_start"])
        self.now = 0
        self.seen = room(classes)
        self.touched = room(classes)
        self.met = room(classes)
        self.rate = room(tiers)
        self.base = room(tiers)
        self.inside = room(tiers)
        self.mixed = room(tiers)
        self.adds = _unbounded(tiers)
        self.following = room(tiers)
        self.open_receipt = room(tiers)
        self.open_customer = room(tiers)
        self.first_alike = room(2 * _BUCKETS)
        self.alike_now = room(2 * _BUCKETS)

    def begin(
        self,
        classes: int,
        parts: int,
        tiers: int,
        pool_limit: array[int],
        pools: Collection[int],
        has_units: bool,
    ) -> None:
        """Take a sale.

        Args:
            classes: how many it has.
            parts: how many components.
            tiers: how many tiers.
            pool_limit: coupons per pool.
            pools: those that the article layer may use.
            has_units: whether a promotion of the article layer keeps later layers off its units.
        """
        p: cython.Py_ssize_t
        self.classes = classes
        self.tiers = tiers
        self.pool_limit = pool_limit
        self.pools = pools
        self.has_units = has_units
        for p in range(parts):
            self.touched[p] = 0
        self._scale()

    def best(
        self,
        article: cython.longlong,
        most_article: cython.longlong,
        banned: frozenset[int],
        left: int,
        unsure: list[Unsure],
    ) -> Answer:
        """Return the best choice of tiers, as far as sums say what it saves.

        Args:
            article: what the plain packing gives, in 1/10_000 minor.
            most_article: bound of what the article layer is worth.
            banned: numbers of the promotions whose tiers are left out.
            left: how many pairs of tiers may be looked at, beyond the first choices.
            unsure: takes the choices that could save more, or as much.
        """
        self._measure_bases()
        alone: list[int] = self._open_tiers(banned)
        self.article = article
        self.value = article * self.receipt_parts * self.customer_parts
        # Where components are not proven, any choice could save so much more.
        self.open_value = (most_article - article) * self.receipt_parts * self.customer_parts
        self.receipt = -1
        self.customer = -1
        self.sure = self.value
        self.next_sure = -1
        self.number = 0
        self.looked = 0
        self.unsure = unsure
        left_out: cython.longlong = 0
        self._look_at_each()
        if self.receipts and self.customers:
            left_out = self._look_at_pairs(left)
        stands_alone: bool = bool(alone) and self._look_at_alone(alone)
        saving: Any = self.value * self.whole
        rivals: bool = self.next_sure >= self.value
        if unsure and not rivals:
            reached: Any = -saving
            rivals = any([one[0] <= reached for one in unsure])  # noqa: C419 - typed names, no closure
        return Answer(
            saving,
            (max(self.sure, left_out) + self.open_value) * self.whole,
            self.receipt,
            self.customer,
            [] if stands_alone else None,
            rivals,
        )

    @cython.cfunc
    @cython.exceptval(check=True)
    def _look_at_each(self) -> cython.void:
        """Look at each tier by itself: what it saves, and what it could add."""
        i: cython.Py_ssize_t
        t: cython.Py_ssize_t
        plain: cython.longlong = self.value
        for i in range(self.receipts):
            t = self.open_receipt[i]
            self._consider(t, -1)
            self.adds[t] = self.loose - plain
        for i in range(self.customers):
            t = self.open_customer[i]
            self._consider(-1, t)
            self.adds[t] = self.loose - plain

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _look_at_pairs(self, left: cython.longlong) -> cython.longlong:
        """Look at pairs of tiers as long as both together could win.

        Returns what the pairs could save that were never looked at: it stays in the gap.
        """
        r: cython.Py_ssize_t
        k: cython.Py_ssize_t
        plain: cython.longlong = self.article * self.receipt_parts * self.customer_parts
        left_out: cython.longlong = 0
        customers: list[int] = self._by_adds(self.open_customer, self.customers)
        for r in self._by_adds(self.open_receipt, self.receipts):
            for k in customers:
                if plain + self.adds[r] + self.adds[k] < self.value:
                    break
                if self.looked > left and self.number > _SEEN:
                    left_out = max(left_out, plain + self.adds[r] + self.adds[k])
                    break
                if self._has_coupons(r, k):
                    self.looked += 1
                    self._consider(r, k)
        return left_out

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _look_at_alone(self, tiers: list[int]) -> cython.bint:
        """Look at tiers that stand alone; whether one of them is the best choice."""
        t: cython.Py_ssize_t
        saving: cython.longlong
        is_best: cython.bint = False
        for t in tiers:
            saving = self._rate(t, self.base[t])
            if self.tier[t * TIER_COLUMNS] == RECEIPT:
                saving *= self.customer_parts
            else:
                saving *= self.receipt_parts
            self._note_sure(saving)
            if saving > self.value:
                is_best = True
                self.value = saving
                self.receipt = self.customer = -1
                if self.tier[t * TIER_COLUMNS] == RECEIPT:
                    self.receipt = t
                else:
                    self.customer = t
        return is_best

    @cython.cfunc
    @cython.exceptval(check=True)
    def _consider(self, r: cython.Py_ssize_t, k: cython.Py_ssize_t) -> cython.void:
        """Weigh a choice: it may be the best so far, or is unsure."""
        self.number += 1
        self._weigh(r, k)
        if self.saving > self.value:
            self.value, self.receipt, self.customer = self.saving, r, k
        if self.saving >= self.reach:
            self._note_sure(self.reach)
        elif self.reach + self.open_value >= self.value:
            most: Any = self.reach + self.open_value
            self.unsure.append((-most * self.whole, self.number, r, k, 0))

    @cython.cfunc
    @cython.exceptval(check=True)
    def _note_sure(self, bound: cython.longlong) -> cython.void:
        """Note the bound of a choice whose saving is known."""
        if bound > self.sure:
            self.sure, self.next_sure = bound, self.sure
        elif bound > self.next_sure:
            self.next_sure = bound

    def _by_adds(self, tiers: array[int], count: int) -> list[int]:
        """Return tiers, those first that could add most."""
        return sorted([tiers[i] for i in range(count)], key=self._adds_of, reverse=True)

    def _adds_of(self, t: int) -> int:
        return self.adds[t]

    def _open_tiers(self, banned: frozenset[int]) -> list[int]:
        """Find the tiers that can be open; return those that stand alone."""
        alone: list[int] = []
        at: cython.Py_ssize_t
        t: cython.Py_ssize_t
        other: cython.Py_ssize_t
        bucket: cython.Py_ssize_t
        looks: cython.longlong
        is_receipt: cython.bint
        self.receipts = 0
        self.customers = 0
        self.now += 1
        for t in range(self.tiers):
            at = t * TIER_COLUMNS
            if self.base[t] < self.tier[at + 4] * D or not self.base[t]:
                continue
            if banned and self.tier[at + 1] in banned:
                continue
            if self.tier[at + 5] >= 0 and not self.pool_limit[self.tier[at + 5]]:
                continue
            if self.tier[at + 6] == ALONE:
                alone.append(t)
                continue
            is_receipt = self.tier[at] == RECEIPT
            bucket = self.base[t] // D % _BUCKETS
            if not is_receipt:
                bucket += _BUCKETS
            other = -1
            if self.alike_now[bucket] == self.now:
                other = self.first_alike[bucket]
            self.following[t] = other
            looks = _ALIKE
            if is_receipt and self.is_guarded:
                looks = 0
            while other >= 0 and looks:
                # Of tiers with the same base one that gives more, or as much, replaces the others.
                if self._replaces(other, t):
                    break
                other = self.following[other]
                looks -= 1
            if other >= 0 and looks:
                continue
            self.alike_now[bucket] = self.now
            self.first_alike[bucket] = t
            if is_receipt:
                self.open_receipt[self.receipts] = t
                self.receipts += 1
            else:
                self.open_customer[self.customers] = t
                self.customers += 1
        return alone

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _replaces(self, a: cython.Py_ssize_t, b: cython.Py_ssize_t) -> cython.bint:
        """Whether tier a is as good as tier b on the same base whatever is left of it."""
        at: cython.Py_ssize_t = a * TIER_COLUMNS
        bt: cython.Py_ssize_t = b * TIER_COLUMNS
        return not (
            self.base[a] != self.base[b]
            or self.tier[at + 2] != self.tier[bt + 2]
            or self.tier[at + 3] < self.tier[bt + 3]
            or self.tier[at + 4] > self.tier[bt + 4]
            or self.tier[at + 5] >= 0
            or self.tier[at + 7] >= 0
            or (self.tier[at + 3] == self.tier[bt + 3] and self.tier[at + 8] > self.tier[bt + 8])
            or not self._is_same_base(a, b)
        )

    @cython.cfunc
    @cython.exceptval(check=True)
    def _measure_bases(self) -> cython.void:
        """Per tier: the untouched base, and what the plain packing gives inside it."""
        t: cython.Py_ssize_t
        i: cython.Py_ssize_t
        c: cython.Py_ssize_t
        k: cython.Py_ssize_t
        p: cython.Py_ssize_t
        parts: cython.Py_ssize_t
        units: cython.longlong
        base: cython.longlong
        inside: cython.longlong
        outside: cython.longlong
        for t in range(self.tiers):
            if t and self._is_same_base(t - 1, t):
                self.base[t] = self.base[t - 1]
                self.inside[t] = self.inside[t - 1]
                self.mixed[t] = self.mixed[t - 1]
                continue
            base = 0
            inside = 0
            parts = 0
            for i in range(self.tier_start[t], self.tier_start[t + 1]):
                c = self.tier_class[i]
                units = self.count[c]
                base += self.price[c] * units
                p = self.home[c]
                if p < 0:
                    inside += self.best_discount[c] * units
                else:
                    if not self.touched[p]:
                        self.met[parts] = p
                        parts += 1
                    self.touched[p] += 1
            outside = 0
            for k in range(parts):
                p = self.met[k]
                if self.touched[p] == self.part_size[p]:
                    inside += self.part_value[p]
                else:
                    # Some of the discount lies inside, nobody knows how much without looking.
                    outside += 1
                self.touched[p] = 0
            self.base[t] = base * D
            self.inside[t] = inside
            self.mixed[t] = outside

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _is_same_base(self, a: cython.Py_ssize_t, b: cython.Py_ssize_t) -> cython.bint:
        """Whether two tiers have the same base."""
        i: cython.Py_ssize_t
        start: cython.Py_ssize_t = self.tier_start[a]
        shift: cython.Py_ssize_t = self.tier_start[b] - start
        if self.tier_start[a + 1] - start != self.tier_start[b + 1] - self.tier_start[b]:
            return False
        if self.tier_start[a + 1] - start == self.classes:
            return True  # both hold every class
        for i in range(start, self.tier_start[a + 1]):
            if self.tier_class[i] != self.tier_class[i + shift]:
                return False
        return True

    @cython.cfunc
    @cython.exceptval(check=True)
    def _scale(self) -> cython.void:
        """Find the parts of an amount that the rates of all tiers leave whole."""
        t: cython.Py_ssize_t
        at: cython.Py_ssize_t
        is_receipt: cython.bint
        receipt: cython.longlong = D
        customer: cython.longlong = D
        self.is_guarded = False
        for t in range(self.tiers):
            at = t * TIER_COLUMNS
            is_receipt = self.tier[at] == RECEIPT
            if not is_receipt and self.tier[at + 4] > 0:
                self.is_guarded = True
            if self.tier[at + 2] == PERCENT:
                if is_receipt:
                    receipt = _common_factor(self.tier[at + 3], receipt)
                else:
                    customer = _common_factor(self.tier[at + 3], customer)
        for t in range(self.tiers):
            at = t * TIER_COLUMNS
            if self.tier[at + 2] == PERCENT:
                self.rate[t] = self.tier[at + 3] // (
                    receipt if self.tier[at] == RECEIPT else customer
                )
        self.receipt_parts = D // receipt
        self.customer_parts = D // customer
        self.unit = D * self.receipt_parts * self.customer_parts
        self.whole = _V // self.unit

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _common(self, r: cython.Py_ssize_t, k: cython.Py_ssize_t) -> cython.longlong:
        """What is left in the bases of both tiers; -1 where that cannot be told."""
        starts: cython.longlong[::1] = self.tier_start
        fitting: cython.longlong[::1] = self.tier_class
        if starts[k + 1] - starts[k] == self.classes:
            return self.base[r] - self.inside[r]
        if starts[r + 1] - starts[r] == self.classes:
            return self.base[k] - self.inside[k]
        if self.mixed[r] or self.mixed[k]:
            return -1
        i: cython.Py_ssize_t = starts[r]
        j: cython.Py_ssize_t = starts[k]
        c: cython.Py_ssize_t
        p: cython.Py_ssize_t
        left: cython.longlong = 0
        self.now += 1
        while i < starts[r + 1] and j < starts[k + 1]:
            if fitting[i] < fitting[j]:
                i += 1
            elif fitting[i] > fitting[j]:
                j += 1
            else:
                c = fitting[i]
                left += self.price[c] * self.count[c] * D
                p = self.home[c]
                if p < 0:
                    left -= self.best_discount[c] * self.count[c]
                elif self.seen[p] != self.now:
                    # A component inside both bases counts once.
                    self.seen[p] = self.now
                    left -= self.part_value[p]
                i += 1
                j += 1
        return left

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _rate(self, t: cython.Py_ssize_t, amount: cython.longlong) -> cython.longlong:
        """What a tier gives on an amount, in the parts of 1/10_000 minor of its layer."""
        at: cython.Py_ssize_t = t * TIER_COLUMNS
        parts: cython.longlong = (
            self.receipt_parts if self.tier[at] == RECEIPT else self.customer_parts
        )
        given: cython.longlong
        if self.tier[at + 2] == AMOUNT_OFF:
            given = self.tier[at + 3] * D
            return (min(amount, given)) * parts
        given = amount * self.rate[t]
        if self.tier[at + 7] >= 0:
            given = min(given, self.tier[at + 7] * D * parts)
        return given

    @cython.cfunc
    @cython.exceptval(check=True)
    def _weigh(self, r: cython.Py_ssize_t, k: cython.Py_ssize_t) -> cython.void:
        """Find an upper bound of a choice (``reach``) and what the plain packing saves under it.

        ``saving`` is -1 where it cannot be told: a tier is not open, or the later layers treat the
        units of one component differently.
        """
        parts_r: cython.longlong = self.receipt_parts
        parts_k: cython.longlong = self.customer_parts
        most: cython.longlong = self.article * parts_r * parts_k
        value: cython.longlong = most
        known: cython.bint = not self.has_units
        rate_r: cython.longlong = 0
        rate_k: cython.longlong = 0
        short: cython.longlong = 0
        left_r: cython.longlong = 0
        given_r: cython.longlong = 0
        left_k: cython.longlong
        least: cython.longlong
        reach: cython.longlong
        common: cython.longlong
        given: cython.longlong
        most_k: cython.longlong
        is_plain: cython.bint = False  # a percentage without a cap
        at: cython.Py_ssize_t
        if r >= 0:
            at = r * TIER_COLUMNS
            left_r = self.base[r] - self.inside[r]
            short = self.tier[at + 4] * D - left_r
            known = known and short <= 0 and not self.mixed[r] and self._has_coupon(r)
            given_r = self._rate(r, left_r)
            value += given_r * parts_k
            if self.tier[at + 2] == PERCENT:
                rate_r = self.rate[r]
                is_plain = self.tier[at + 7] < 0
                if self.has_units:
                    most += self._rate(r, self.base[r]) * parts_k
                else:
                    most += given_r * parts_k
            else:
                most += self.tier[at + 3] * self.unit
        if k >= 0:
            at = k * TIER_COLUMNS
            left_k = (self.base[k] - self.inside[k]) * parts_r
            reach = self.base[k] * parts_r if self.has_units else left_k
            if r >= 0:
                common = self._common(r, k)
                if common < 0:
                    known = False
                elif common == left_r:
                    left_k -= given_r
                elif is_plain:
                    left_k -= common * rate_r
                elif common:
                    known = False
                if is_plain and common >= 0 and not self.has_units:
                    reach -= common * rate_r
                elif self._is_amount_within(r, k) and not self.has_units:
                    # Whatever the article layer leaves: the whole amount is gone from this base.
                    reach -= self.tier[r * TIER_COLUMNS + 3] * D * parts_r
            least = self.tier[at + 4] * D * parts_r
            known = known and left_k >= least and not self.mixed[k] and self._has_coupon(k)
            if self.tier[at + 2] == PERCENT:
                rate_k = self.rate[k]
                given = left_k * rate_k
                most_k = reach * rate_k
                if self.tier[at + 7] >= 0:
                    given = min(given, self.tier[at + 7] * self.unit)
                    most_k = min(most_k, self.tier[at + 7] * self.unit)
            else:
                most_k = self.tier[at + 3] * self.unit
                given = min(left_k * parts_k, most_k)
            value += given
            most += most_k
        self.loose = most
        if short > 0 and not self.has_units and not self.mixed[r]:
            # So much discount inside the base has to be forgone.
            most -= short * (parts_r - rate_r) * (parts_k - rate_k)
        self.reach = most
        self.saving = value if known else -1

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _is_amount_within(self, r: cython.Py_ssize_t, k: cython.Py_ssize_t) -> cython.bint:
        """Whether an open receipt tier takes a whole amount from what a customer tier sees."""
        at: cython.Py_ssize_t = r * TIER_COLUMNS
        return (
            self.tier[at + 2] == AMOUNT_OFF
            and self.tier[at + 4] >= self.tier[at + 3]
            and self.tier_start[k + 1] - self.tier_start[k] == self.classes
        )

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _has_coupons(self, r: cython.Py_ssize_t, k: cython.Py_ssize_t) -> cython.bint:
        """Whether there are coupons enough for both tiers."""
        pool: cython.longlong = self.tier[r * TIER_COLUMNS + 5]
        return pool < 0 or pool != self.tier[k * TIER_COLUMNS + 5] or self.pool_limit[pool] > 1

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _has_coupon(self, t: cython.Py_ssize_t) -> cython.bint:
        """Whether the coupon of a tier is none that the article layer could use."""
        pool: cython.longlong = self.tier[t * TIER_COLUMNS + 5]
        return pool < 0 or pool not in self.pools


@cython.cfunc
@cython.exceptval(-1, check=True)
def _common_factor(a: cython.longlong, b: cython.longlong) -> cython.longlong:
    """Greatest common divisor of a number that may be 0 and a positive one."""
    while b:
        a, b = b, a % b
    return a


def _unbounded(size: int) -> Any:  # noqa: ANN401 - an array or a list
    """Return room for values that may leave 64 bits: the compiled form says so, then."""
    return room(size) if cython.compiled else [0] * (size + 1)
