import java.io.IOException;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * One sale through the plugin: scan, evaluate, complete, reprint.
 *
 * <pre>java -cp OUT Sell http://127.0.0.1:8711 TOKEN [CODE ...]</pre>
 *
 * Without arguments: STAMMKUNDE_URL and STAMMKUNDE_TOKEN; codes are a card and an article of the demo.
 */
public final class Sell {
    /** The till's own prices: for an article whose scan is late, and for nothing else. */
    private static final Map<String, Long> OWN_PRICES_MINOR = Map.of("10001", 7999L, "10041", 1999L);

    private final StammkundeTill till;

    private Sell(StammkundeTill till) {
        this.till = till;
    }

    public static void main(String[] given) throws IOException, InterruptedException {
        String url = given.length > 0 ? given[0] : System.getenv("STAMMKUNDE_URL");
        String token = given.length > 1 ? given[1] : System.getenv("STAMMKUNDE_TOKEN");
        List<String> codes = List.of("2900001000017", "10001");
        if (given.length > 2) {
            codes = Arrays.asList(given).subList(2, given.length);
        }
        Path lateReceipts = Path.of(env("STAMMKUNDE_LATE", "late_receipts.jsonl"));
        StammkundeTill till = new StammkundeTill(url, token, lateReceipts, budgets());
        Map<String, Object> health = till.health();
        System.out.println("health: " + health.getOrDefault("why", "ready"));
        System.out.println("handed in: " + till.handIn());
        boolean isBasket = new Sell(till).sell(codes);
        System.out.println("waiting: " + till.waiting());
        showConnection(till.health());
        System.exit(isBasket ? 0 : 1);
    }

    /** Sells what the codes are; says whether there was anything to sell. */
    private boolean sell(List<String> codes) throws InterruptedException {
        List<Object> lines = new ArrayList<>();
        List<Object> vouchers = new ArrayList<>();
        Map<String, Object> sale =
                Json.object(
                        "sale_id", env("STAMMKUNDE_SALE", UUID.randomUUID().toString()),
                        // The wall clock of the shop with its offset: happy hours go by it.
                        "at", OffsetDateTime.now().format(DateTimeFormatter.ISO_OFFSET_DATE_TIME),
                        "lines", lines,
                        "codes", vouchers);
        String unreadCard = null;
        for (String code : codes) {
            Map<String, Object> found = till.scan(code);
            if (!found.containsKey("refused")) {
                System.out.println("scan " + code + ": " + found.get("kind"));
                if ("card".equals(found.get("kind"))) {
                    sale.put("customer", found.get("customer"));
                } else if ("voucher".equals(found.get("kind"))) {
                    vouchers.add(Json.object("code", found.get("code")));
                } else if ("article".equals(found.get("kind"))) {
                    addPiece(lines, Json.asObject(found.get("line")));
                }
                continue;
            }
            String refused = "scan " + code + ": " + found.get("refused") + because(found);
            boolean isLate = "late".equals(found.get("refused"));
            // 29 and 13 digits is what our cards look like.
            if (isLate && code.matches("29\\d{11}")) {
                System.out.println(refused + ", read later");
                unreadCard = code;
            } else if (isLate && OWN_PRICES_MINOR.containsKey(code)) {
                System.out.println(refused + ", own price");
                addPiece(lines, Json.object("sku", code, "unit_price_minor", OWN_PRICES_MINOR.get(code)));
            } else {
                System.out.println(refused + ", skipped");
            }
        }
        if (lines.isEmpty()) {
            System.out.println("sale: nothing in the basket, not completed");
            return false;
        }

        Map<String, Object> evaluation = till.evaluate(sale);
        if (evaluation.containsKey("refused")) {
            System.out.println("evaluate: " + evaluation.get("refused") + ", begin a new sale");
            return true;
        }
        Object totalMinor = evaluation.get("total_minor");
        boolean isLate = Boolean.TRUE.equals(evaluation.get("late"));
        String late = isLate ? ", late at list price" + because(evaluation) : "";
        System.out.println("evaluate: " + totalMinor + " cents" + late);
        for (Map<String, Object> effect : Json.objects(evaluation.get("effects"))) {
            System.out.println("  " + effect.get("kind") + ": " + effect.getOrDefault("text", ""));
        }

        // Vouchers that lower the price are off the receipt; those that pay are a tender of their own.
        long chargedMinor =
                (long) totalMinor - (long) evaluation.getOrDefault("voucher_discount_minor", 0L);
        Object cashMinor = evaluation.getOrDefault("payable_minor", chargedMinor);
        Map<String, Object> charged =
                Json.object(
                        "evaluation_id", evaluation.get("evaluation_id"),
                        "total_minor", chargedMinor,
                        "tenders", List.of(Json.object("tender", "cash", "amount_minor", cashMinor)));
        Map<String, Object> receipt = till.complete(sale, charged, unreadCard);
        if (receipt.containsKey("refused")) {
            System.out.println("complete: " + receipt.get("refused") + because(receipt));
        } else if (receipt.containsKey("kept")) {
            String kept = Boolean.TRUE.equals(receipt.get("kept")) ? "kept for later" : "NOT KEPT";
            System.out.println(
                    "complete: " + receipt.get("total_minor") + " cents, late, " + kept + because(receipt));
        } else {
            System.out.println("complete: " + receipt.get("total_minor") + " cents");
            System.out.println("answer: " + till.answer((String) sale.get("sale_id")).get("state"));
            for (Map<String, Object> effect : Json.objects(receipt.get("effects"))) {
                if ("print".equals(effect.get("kind"))) {
                    reprint((String) effect.get("job"));
                }
            }
        }
        return true;
    }

    /** A line of one piece; the name of an article is for the receipt, no part of the line. */
    private static void addPiece(List<Object> lines, Map<String, Object> article) {
        Map<String, Object> line = new LinkedHashMap<>(article);
        line.remove("name");
        line.put("line_id", String.valueOf(lines.size() + 1));
        line.put("quantity_milli", 1000L);
        lines.add(line);
    }

    private void reprint(String job) throws InterruptedException {
        System.out.println("voucher: job " + job + " " + printed(job));
        Map<String, Object> again = till.reprint(job);
        System.out.println("reprint: job " + again.get("job") + because(again));
    }

    /** What the service saw of our connection: whether it is kept, whether packets waited. */
    private static void showConnection(Map<String, Object> health) {
        if (health.containsKey("connection")) {
            Map<String, Object> seen = Json.asObject(health.get("connection"));
            System.out.println(
                    "connection: " + seen.get("requests") + " requests, " + seen.get("waited_requests") + " waited");
        }
    }

    /** What is still on its way to the printer cannot be asked for again. */
    private Object printed(String job) throws InterruptedException {
        Object state = null;
        for (int round = 0; round < 50; round++) {
            state = till.printJob(job).get("state");
            if (!"QUEUED".equals(state) && !"SENDING".equals(state)) {
                break;
            }
            Thread.sleep(100);
        }
        return state;
    }

    private static String because(Map<String, Object> answer) {
        if (!answer.containsKey("why")) {
            return "";
        }
        return String.format(
                " (%s; waited %s of %s ms)",
                answer.get("why"), answer.get("waited_ms"), answer.get("budget_ms"));
    }

    /** STAMMKUNDE_BUDGETS_MS=100,300,2000: scan, evaluate, complete. */
    private static StammkundeTill.Budgets budgets() {
        String given = System.getenv("STAMMKUNDE_BUDGETS_MS");
        if (given == null) {
            return StammkundeTill.BUDGETS;
        }
        int[] ms = Arrays.stream(given.split(",")).mapToInt(Integer::parseInt).toArray();
        return new StammkundeTill.Budgets(ms[0], ms[1], ms[2]);
    }

    private static String env(String name, String otherwise) {
        String value = System.getenv(name);
        return value == null ? otherwise : value;
    }
}
