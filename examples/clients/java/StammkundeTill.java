import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Client of a till: asks {@code stammkunde serve} and sells at list price when no good answer comes.
 *
 * <pre>{@code
 * StammkundeTill till = new StammkundeTill(url, token, Path.of("late_receipts.jsonl"));
 * Map<String, Object> evaluation = till.evaluate(sale);
 * Map<String, Object> receipt = till.complete(sale, Json.object(
 *         "evaluation_id", evaluation.get("evaluation_id"),
 *         "total_minor", evaluation.get("total_minor")), null);
 * }</pre>
 *
 * <ol>
 *   <li>No call takes longer than its budget, however slowly the answer trickles in.
 *   <li>No call throws because of the service; what is missing is said with {@code late} and
 *       {@code why}.
 *   <li>A receipt that could not be booked is kept in a file and handed in later; its sale id books
 *       it once, however often it is sent.
 *   <li>Money is integers (Long), in minor units (cents).
 * </ol>
 *
 * One object serves one till program, from one thread at a time. Java 11 or newer, nothing else.
 */
public final class StammkundeTill {
    /** As in {@code till.toml}: when they are over, the service itself answers {@code late}. */
    public static final Budgets BUDGETS = new Budgets(100, 300, 2000);

    /** What the client waits longer than the service: its own answer is the better one. */
    private static final int MARGIN_MS = 50;

    private static final Duration CONNECT = Duration.ofMillis(100);
    private static final Set<Integer> FOR_A_PERSON = Set.of(400, 404, 409, 413, 422);

    private final String url;
    private final String token;
    private final LateReceipts lateReceipts;
    private final Budgets budgets;
    // Keeps its connection open and sets TCP_NODELAY by itself. HTTP/2 would be asked for with
    // headers that nobody here knows; a proxy of the machine has no business on the loopback.
    private final HttpClient http =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .proxy(HttpClient.Builder.NO_PROXY)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .connectTimeout(CONNECT)
                    .build();

    public StammkundeTill(String url, String token, Path lateReceipts) {
        this(url, token, lateReceipts, BUDGETS);
    }

    /**
     * @param url as {@code stammkunde serve} names it, for example {@code http://127.0.0.1:8711}
     * @param token content of {@code api.token} in the data folder
     * @param lateReceipts file of receipts to hand in later; made when needed
     * @param budgets as in {@code till.toml}
     */
    public StammkundeTill(String url, String token, Path lateReceipts, Budgets budgets) {
        this.url = url.replaceAll("/$", "");
        this.token = token;
        this.lateReceipts = new LateReceipts(lateReceipts);
        this.budgets = budgets;
    }

    /** How the service is. Call it at the start: it loads classes and opens the connection. */
    public Map<String, Object> health() {
        return ask("GET", "/v1/health", null, budgets.completeMs);
    }

    /** What a code is: {@code kind} card, voucher or article; or {@code refused}. */
    public Map<String, Object> scan(String code) {
        Map<String, Object> found = ask("POST", "/v1/scan", Json.object("code", code), budgets.scanMs);
        if (isLate(found)) {
            found.put("refused", "late");
        }
        return found;
    }

    /**
     * What the sale costs, with all effects; at list price and {@code late} if need be.
     * {@code refused} is {@code conflict} when this sale is already completed: begin a new one.
     */
    public Map<String, Object> evaluate(Map<String, Object> sale) {
        Map<String, Object> value = ask("PUT", salePath(sale.get("sale_id")), sale, budgets.evaluateMs);
        if (value.get("total_minor") instanceof Long || "conflict".equals(value.get("refused"))) {
            return value;
        }
        return listPrice(sale, value);
    }

    /**
     * Books what was charged; what waits is handed in with it.
     *
     * @param sale the last snapshot
     * @param charged {@code evaluation_id} (none when the sale went at list price), {@code
     *     total_minor}, {@code tenders} and the rest of docs/sale.md
     * @param unreadCard a card whose scan was {@code late}, else null; it is read when the receipt
     *     is handed in
     * @return the receipt; or, not booked yet, {@code kept}: true = it is in the file, hand it in
     *     later; or {@code refused} when this sale is already completed with another body
     */
    public Map<String, Object> complete(
            Map<String, Object> sale, Map<String, Object> charged, String unreadCard) {
        Map<String, Object> completion = new LinkedHashMap<>(charged);
        if (!completion.containsKey("evaluation_id")) {
            completion.put("late", true);
        }
        Map<String, Object> entry =
                Json.object(
                        "sale_id", sale.get("sale_id"),
                        "completion", completion,
                        "sale", sale,
                        "card", unreadCard);
        Call call = new Call(budgets.completeMs);
        Answer booked = book(entry, call);
        if (booked.status == 200) {
            try {
                handIn(call);
            } catch (IOException fault) {
                // Booked is booked; what is wrong with the file, handIn() says.
            }
        }
        if (booked.status == 200 || booked.status == 409) {
            return booked.value;
        }
        booked.value.put("late", true);
        booked.value.put("total_minor", charged.get("total_minor"));
        try {
            List<Map<String, Object>> entries = lateReceipts.load();
            entries.add(entry);
            lateReceipts.save(entries);
            booked.value.put("kept", true);
        } catch (IOException fault) {
            booked.value.put("kept", false);
            booked.value.put("why", "not kept: " + fault.getMessage());
        }
        return booked.value;
    }

    /**
     * Hands in what waits, as far as complete's budget reaches.
     *
     * @return how many receipts were booked
     * @throws IOException the file of late receipts cannot be read or written
     */
    public int handIn() throws IOException {
        return handIn(new Call(budgets.completeMs));
    }

    /** How many receipts wait in the file. */
    public int waiting() throws IOException {
        return lateReceipts.load().size();
    }

    /** What the service knows of a sale; {@code refused} is {@code sale_unknown} if nothing. */
    public Map<String, Object> answer(String saleId) {
        return ask("GET", salePath(saleId), null, budgets.evaluateMs);
    }

    /** Where a print job stands. */
    public Map<String, Object> printJob(String job) {
        return ask("GET", "/v1/print-jobs/" + encoded(job), null, budgets.evaluateMs);
    }

    /** Prints a voucher again, marked as a copy; the new print job. */
    public Map<String, Object> reprint(String job) {
        String path = "/v1/print-jobs/" + encoded(job) + "/reprint";
        return ask("POST", path, Json.object(), budgets.evaluateMs);
    }

    /** The evaluation without the service: every line at its price, less manual discounts. */
    static Map<String, Object> listPrice(Map<String, Object> sale, Map<String, Object> why) {
        List<Object> lines = new ArrayList<>();
        long totalMinor = 0;
        for (Map<String, Object> line : Json.objects(sale.get("lines"))) {
            long grossMinor =
                    halfUp(number(line, "quantity_milli") * number(line, "unit_price_minor"), 1000);
            long paidMinor = grossMinor - number(line, "host_discount_minor");
            lines.add(Json.object("line_id", line.get("line_id"), "paid_minor", paidMinor));
            totalMinor += paidMinor;
        }
        Map<String, Object> evaluation = new LinkedHashMap<>(why);
        evaluation.put("late", true);
        evaluation.put("total_minor", totalMinor);
        evaluation.put("lines", lines);
        evaluation.put("effects", List.of());
        return evaluation;
    }

    private int handIn(Call call) throws IOException {
        int booked = 0;
        List<Map<String, Object>> entries = lateReceipts.load();
        while (!entries.isEmpty() && call.leftNs() > 0) {
            Map<String, Object> entry = entries.get(0);
            Answer answer = book(entry, call);
            if (FOR_A_PERSON.contains(answer.status)) {
                // A person must look at it; the others shall not wait behind it.
                entry.put("problem", answer.value);
                lateReceipts.setAside(entry);
            } else if (answer.status == 200) {
                booked++;
            } else {
                break;
            }
            entries.remove(0);
            lateReceipts.save(entries);
        }
        return booked;
    }

    private Answer book(Map<String, Object> entry, Call call) {
        if (entry.containsKey("card")) {
            Answer found = send("POST", "/v1/scan", Json.object("code", entry.get("card")), call);
            if (found.status != 200 || "late".equals(found.value.get("refused"))) {
                return new Answer(0, found.value);
            }
            entry.remove("card");
            if (found.value.containsKey("customer")) {
                Object id = Json.asObject(found.value.get("customer")).get("id");
                Map<String, Object> sale = new LinkedHashMap<>(Json.asObject(entry.get("sale")));
                sale.put("customer", Json.object("id", id));
                entry.put("sale", sale);
            }
        }
        String path = salePath(entry.get("sale_id")) + "/complete";
        Map<String, Object> completion = Json.asObject(entry.get("completion"));
        Map<String, Object> withSale = new LinkedHashMap<>(completion);
        withSale.put("sale", entry.get("sale"));
        Answer booked = send("POST", path, completion.containsKey("late") ? withSale : completion, call);
        if ("sale_unknown".equals(booked.value.get("refused"))) {
            // The service was started anew since the sale was evaluated.
            return send("POST", path, withSale, call);
        }
        return booked;
    }

    private Map<String, Object> ask(String method, String path, Map<String, Object> body, int budgetMs) {
        Answer answer = send(method, path, body, new Call(budgetMs));
        if (answer.status != 200 && !answer.value.containsKey("refused")) {
            answer.value.put("late", true);
        }
        return answer.value;
    }

    /** Status and object; status 0 with {@code why} when no good answer came. */
    private Answer send(String method, String path, Map<String, Object> body, Call call) {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(url + path))
                        .header("Authorization", "Bearer " + token)
                        .header("Content-Type", "application/json")
                        .method(
                                method,
                                body == null
                                        ? HttpRequest.BodyPublishers.noBody()
                                        : HttpRequest.BodyPublishers.ofString(Json.text(body)))
                        .build();
        String reason = "";
        // Twice: the service may have closed a connection that was idle. Every call may be repeated.
        for (int attempt = 0; attempt < 2; attempt++) {
            // The timeout of HttpRequest ends with the headers; this one holds for the last byte.
            CompletableFuture<HttpResponse<String>> answer =
                    http.sendAsync(request, HttpResponse.BodyHandlers.ofString());
            try {
                HttpResponse<String> come = answer.get(call.leftNs(), TimeUnit.NANOSECONDS);
                Map<String, Object> value = Json.parseObject(come.body());
                if (come.statusCode() == 200 && !isAnswer(method, path, value)) {
                    return Answer.none("no good answer: not of this service", call);
                }
                return Answer.of(come.statusCode(), value, call);
            } catch (TimeoutException fault) {
                answer.cancel(true);
                return Answer.none("no answer within " + call.budgetMs + " ms", call);
            } catch (InterruptedException fault) {
                answer.cancel(true);
                Thread.currentThread().interrupt();
                return Answer.none("interrupted", call);
            } catch (ExecutionException fault) {
                reason = "no good answer: " + fault.getCause().getClass().getSimpleName();
            } catch (IllegalArgumentException fault) {
                reason = "no good answer: " + fault.getMessage();
            }
        }
        return Answer.none(reason, call);
    }

    /** Whoever has taken the port: what is no receipt must not be taken for one. */
    private static boolean isAnswer(String method, String path, Map<String, Object> value) {
        if (method.equals("PUT") || path.endsWith("/complete")) {
            return value.get("total_minor") instanceof Long;
        }
        return !path.equals("/v1/scan") || value.containsKey("kind") || value.containsKey("refused");
    }

    private static boolean isLate(Map<String, Object> value) {
        return Boolean.TRUE.equals(value.get("late"));
    }

    private static long number(Map<String, Object> line, String name) {
        return ((Number) line.getOrDefault(name, 0L)).longValue();
    }

    /** Halves away from zero, so a return is the mirror of its sale. */
    private static long halfUp(long numerator, long denominator) {
        long magnitude = (2 * Math.abs(numerator) + denominator) / (2 * denominator);
        return numerator >= 0 ? magnitude : -magnitude;
    }

    private static String salePath(Object saleId) {
        return "/v1/sales/" + encoded(saleId.toString());
    }

    private static String encoded(String part) {
        return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** How long the till waits, in milliseconds. */
    public static final class Budgets {
        final int scanMs;
        final int evaluateMs;
        final int completeMs;

        public Budgets(int scanMs, int evaluateMs, int completeMs) {
            this.scanMs = scanMs;
            this.evaluateMs = evaluateMs;
            this.completeMs = completeMs;
        }
    }

    /** The time of one call. */
    private static final class Call {
        final int budgetMs;
        private final long beganNs = System.nanoTime();

        Call(int budgetMs) {
            this.budgetMs = budgetMs + MARGIN_MS;
        }

        long leftNs() {
            return beganNs + budgetMs * 1_000_000L - System.nanoTime();
        }

        void reportTo(Map<String, Object> value) {
            value.put("budget_ms", budgetMs);
            value.put("waited_ms", (System.nanoTime() - beganNs) / 1_000_000);
        }
    }

    private static final class Answer {
        final int status;
        final Map<String, Object> value;

        Answer(int status, Map<String, Object> value) {
            this.status = status;
            this.value = value;
        }

        static Answer none(String reason, Call call) {
            Map<String, Object> value = Json.object("why", reason);
            call.reportTo(value);
            return new Answer(0, value);
        }

        /** Says of a problem document what it refuses. */
        static Answer of(int status, Map<String, Object> value, Call call) {
            if (status == 200) {
                return new Answer(status, value);
            }
            Object where = value.getOrDefault("where", "");
            // 202 is no problem document, but no good news either: its work goes on.
            Object code = value.getOrDefault("code", value.get("refused"));
            String reason = ("status " + status + " " + code + " " + where).stripTrailing();
            Map<String, Object> problem = Json.object("why", reason, "text", value.get("detail"));
            if (status == 404 || status == 409) {
                problem.put("refused", code);
            }
            call.reportTo(problem);
            return new Answer(status, problem);
        }
    }
}
