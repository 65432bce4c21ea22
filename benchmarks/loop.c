/* The plain loop of plain_loop.py in C, step by step, over the same (line, candidate) pairs: what
 * this machine needs for them at the least. Categories, groups and coupon series are numbers, the
 * rules lie in arrays by category, nothing is allocated while a sale is priced. Money in hundredths
 * of a basis point of a cent. No bounds are checked: rival_c.py sees to them.
 */
#include <stdint.h>

enum { PERCENT, THREE_FOR_TWO, SET };
enum { MAX_UNITS = 4096, MAX_SHELVES = 1024, MAX_CATEGORIES = 4096, TIERS = 3, WHOLE_BP = 10000 };

typedef struct {
    int64_t kind, bp, group, series, other; /* group, series: -1 where it needs none */
} Rule;

typedef struct {
    int64_t on_all, minimum_minor[TIERS], bp[TIERS];
} Receipt;

typedef struct {
    int64_t price_minor, gain, taken;
} Unit;

typedef struct {
    int64_t category, start, end;
} Shelf;

/* The rules of category c are rules[rule_start[c] .. rule_start[c + 1]); likewise the receipt
 * promotions that count it, by number in receipt. */
typedef struct {
    const int64_t *rule_start;
    const Rule *rules;
    const int64_t *counted_start;
    const int64_t *counted;
    const Receipt *receipt;
    int64_t receipts;
} Rules;

static int64_t shelf_of[MAX_CATEGORIES]; /* number of its shelf plus 1, 0 for none; kept clear */
static int64_t base[MAX_CATEGORIES];

static void give_thirds(Unit *unit, int64_t count) {
    for (int64_t i = 0; i + 2 < count; i += 3) {
        int64_t free_gain = unit[i + 2].price_minor * WHOLE_BP;
        if (free_gain <= unit[i].gain + unit[i + 1].gain + unit[i + 2].gain) continue;
        for (int k = 0; k < 3; k++) unit[i + k].gain = 0, unit[i + k].taken = 1;
        unit[i + 2].gain = free_gain;
    }
}

static Unit *first_free(Unit *unit, const Unit *end, const Unit *but) {
    while (unit < end && (unit->taken || unit == but)) unit++;
    return unit < end ? unit : 0;
}

static void give_sets(const Rule *rule, Unit *unit, const Shelf *shelf, const Shelf *others) {
    for (;;) {
        Unit *one = first_free(unit + shelf->start, unit + shelf->end, 0);
        Unit *other = first_free(unit + others->start, unit + others->end, one);
        if (!one || !other) return;
        if ((one->price_minor + other->price_minor) * rule->bp <= one->gain + other->gain) return;
        one->gain = one->price_minor * rule->bp, one->taken = 1;
        other->gain = other->price_minor * rule->bp, other->taken = 1;
    }
}

int64_t total_minor(const Rules *all, const int64_t *category, const int64_t *price_minor,
                    const int64_t *pieces, int64_t lines, int64_t groups, const int64_t *coupons,
                    int64_t coupon_count) {
    Unit unit[MAX_UNITS];
    Shelf shelf[MAX_SHELVES];
    int64_t next[MAX_SHELVES], shelves = 0, units = 0;

    /* Shelves of one category each; the dearest unit first, equal ones in the order of the lines. */
    for (int64_t i = 0; i < lines; i++) {
        int64_t number = shelf_of[category[i]];
        if (!number) {
            shelf[shelves] = (Shelf){category[i], 0, 0};
            number = shelf_of[category[i]] = ++shelves;
        }
        shelf[number - 1].end += pieces[i];
    }
    for (int64_t s = 0; s < shelves; s++) {
        int64_t count = shelf[s].end;
        shelf[s].start = next[s] = units;
        shelf[s].end = units += count;
    }
    for (int64_t i = 0; i < lines; i++) {
        int64_t s = shelf_of[category[i]] - 1;
        for (int64_t k = 0; k < pieces[i]; k++) {
            int64_t at = next[s]++;
            while (at > shelf[s].start && unit[at - 1].price_minor < price_minor[i]) {
                unit[at] = unit[at - 1];
                at--;
            }
            unit[at] = (Unit){price_minor[i], 0, 0};
        }
    }
    /* Shelves by their dearest unit, as plain_loop.py comes across them. */
    for (int64_t s = 1; s < shelves; s++) {
        Shelf moved = shelf[s];
        int64_t at = s;
        while (at && unit[shelf[at - 1].start].price_minor < unit[moved.start].price_minor) {
            shelf[at] = shelf[at - 1];
            at--;
        }
        shelf[at] = moved;
    }
    for (int64_t s = 0; s < shelves; s++) shelf_of[shelf[s].category] = s + 1;

    for (int64_t s = 0; s < shelves; s++) {
        const Rule *rule = all->rules + all->rule_start[shelf[s].category];
        const Rule *end = all->rules + all->rule_start[shelf[s].category + 1];
        int64_t best_bp = 0;
        for (; rule < end; rule++)
            if (rule->kind == PERCENT && rule->series < 0 && rule->bp > best_bp &&
                (rule->group < 0 || groups >> rule->group & 1))
                best_bp = rule->bp;
        for (int64_t u = shelf[s].start; u < shelf[s].end; u++)
            unit[u].gain = unit[u].price_minor * best_bp;
    }
    for (int64_t i = 0; i < coupon_count; i++) {
        Unit *chosen = 0;
        int64_t most = 0, gain = 0;
        for (int64_t s = 0; s < shelves; s++) {
            const Rule *rule = all->rules + all->rule_start[shelf[s].category];
            const Rule *end = all->rules + all->rule_start[shelf[s].category + 1];
            for (; rule < end; rule++) {
                if (rule->kind != PERCENT || rule->series != coupons[i]) continue;
                for (int64_t u = shelf[s].start; u < shelf[s].end; u++) {
                    int64_t more = unit[u].price_minor * rule->bp - unit[u].gain;
                    if (more > most) chosen = unit + u, most = more, gain = more + unit[u].gain;
                }
            }
        }
        if (chosen) chosen->gain = gain;
    }
    for (int64_t s = 0; s < shelves; s++) {
        const Rule *rule = all->rules + all->rule_start[shelf[s].category];
        const Rule *end = all->rules + all->rule_start[shelf[s].category + 1];
        for (; rule < end; rule++)
            if (rule->kind == THREE_FOR_TWO) {
                give_thirds(unit + shelf[s].start, shelf[s].end - shelf[s].start);
                break;
            }
    }
    for (int64_t s = 0; s < shelves; s++) {
        const Rule *rule = all->rules + all->rule_start[shelf[s].category];
        const Rule *end = all->rules + all->rule_start[shelf[s].category + 1];
        for (; rule < end; rule++)
            if (rule->kind == SET && shelf_of[rule->other])
                give_sets(rule, unit, shelf + s, shelf + shelf_of[rule->other] - 1);
    }

    int64_t whole = 0, best = 0;
    for (int64_t r = 0; r < all->receipts; r++) base[r] = 0;
    for (int64_t s = 0; s < shelves; s++) {
        int64_t left = 0, c = shelf[s].category;
        for (int64_t u = shelf[s].start; u < shelf[s].end; u++)
            left += unit[u].price_minor * WHOLE_BP - unit[u].gain;
        whole += left;
        for (int64_t k = all->counted_start[c]; k < all->counted_start[c + 1]; k++)
            base[all->counted[k]] += left;
        shelf_of[c] = 0;
    }
    for (int64_t r = 0; r < all->receipts; r++) {
        const Receipt *one = all->receipt + r;
        int64_t value = one->on_all ? whole : base[r];
        for (int t = 0; t < TIERS; t++)
            if (value >= one->minimum_minor[t] * WHOLE_BP && value * one->bp[t] > best)
                best = value * one->bp[t];
    }
    int64_t scale = (int64_t)WHOLE_BP * WHOLE_BP;
    return (whole * WHOLE_BP - best + scale / 2) / scale;
}
