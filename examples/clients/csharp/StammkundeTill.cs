using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Stammkunde
{
    /// <summary>
    /// Client of a till: asks <c>stammkunde serve</c> and sells at list price when no good answer
    /// comes.
    /// </summary>
    /// <example><code>
    /// var till = new StammkundeTill(url, token, "late_receipts.jsonl");
    /// var evaluation = till.Evaluate(sale);
    /// var receipt = till.Complete(sale, charged, null);
    /// </code></example>
    /// <remarks>
    /// 1. No call takes longer than its budget, however slowly the answer trickles in.
    /// 2. No call throws because of the service; what is missing is said with <c>late</c> and
    ///    <c>why</c>.
    /// 3. A receipt that could not be booked is kept in a file and handed in later; its sale id
    ///    books it once, however often it is sent.
    /// 4. Money is integers (long), in minor units (cents).
    ///
    /// One object serves one till program, from one thread at a time. .NET Framework 4.6.1, Mono 6,
    /// .NET 6 or newer, nothing else.
    /// </remarks>
    public sealed class StammkundeTill : IDisposable
    {
        /// <summary>What the client waits longer than the service, whose own answer is better.</summary>
        private const int MarginMs = 50;

        private const long AnswerBytesMax = 4 << 20;
        private static readonly int[] ForAPerson = { 400, 404, 409, 413, 422 };

        private readonly string url;
        private readonly HttpClient http;
        private readonly LateReceipts lateReceipts;
        private readonly Budgets budgets;

        /// <param name="url">as the service names it, for example http://127.0.0.1:8711</param>
        /// <param name="token">content of api.token in the data folder</param>
        /// <param name="lateReceipts">file of receipts to hand in later; made when needed</param>
        /// <param name="budgets">as in till.toml; null = the usual ones</param>
        public StammkundeTill(string url, string token, string lateReceipts, Budgets budgets = null)
        {
            this.url = url.TrimEnd('/');
            this.lateReceipts = new LateReceipts(lateReceipts);
            this.budgets = budgets ?? new Budgets();
#if !NETCOREAPP
            // .NET sets TCP_NODELAY by itself. Its forerunners do not: headers and body go in two
            // packets, and the second one waits 40 ms for the acknowledgement of the first.
            ServicePointManager.FindServicePoint(new Uri(this.url)).UseNagleAlgorithm = false;
#endif
            // A proxy of the machine has no business on the loopback, and a token follows no redirect.
            var handler = new HttpClientHandler
            {
                UseProxy = false,
                UseCookies = false,
                AllowAutoRedirect = false,
            };
            http = new HttpClient(handler)
            {
                Timeout = Timeout.InfiniteTimeSpan, // each call has its own budget
                MaxResponseContentBufferSize = AnswerBytesMax,
            };
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
            // Else the body waits for a "100 Continue".
            http.DefaultRequestHeaders.ExpectContinue = false;
        }

        public void Dispose()
        {
            http.Dispose();
        }

        /// <summary>How the service is. Call it at the start: it opens the connection.</summary>
        public Dictionary<string, object> Health()
        {
            return Ask("GET", "/v1/health", null, budgets.CompleteMs);
        }

        /// <summary>What a code is: <c>kind</c> card, voucher or article; or <c>refused</c>.</summary>
        public Dictionary<string, object> Scan(string code)
        {
            var body = new Dictionary<string, object> { { "code", code } };
            var found = Ask("POST", "/v1/scan", body, budgets.ScanMs);
            if (IsLate(found))
            {
                found["refused"] = "late";
            }
            return found;
        }

        /// <summary>
        /// What the sale costs, with all effects; at list price and <c>late</c> if need be.
        /// <c>refused</c> is <c>conflict</c> when this sale is already completed: begin a new one.
        /// </summary>
        public Dictionary<string, object> Evaluate(Dictionary<string, object> sale)
        {
            var value = Ask("PUT", SalePath(sale), sale, budgets.EvaluateMs);
            if (Get(value, "total_minor") is long || Is(value, "refused", "conflict"))
            {
                return value;
            }
            return ListPrice(sale, value);
        }

        /// <summary>Books what was charged; what waits is handed in with it.</summary>
        /// <param name="sale">the last snapshot</param>
        /// <param name="charged"><c>evaluation_id</c> (none when the sale went at list price),
        /// <c>total_minor</c>, <c>tenders</c> and the rest of docs/sale.md</param>
        /// <param name="unreadCard">a card whose scan was <c>late</c>, else null; it is read when
        /// the receipt is handed in</param>
        /// <returns>The receipt; or, not booked yet, <c>kept</c>: true = it is in the file, hand it
        /// in later; or <c>refused</c> when this sale is already completed with another body.
        /// </returns>
        public Dictionary<string, object> Complete(
            Dictionary<string, object> sale, Dictionary<string, object> charged, string unreadCard)
        {
            var completion = new Dictionary<string, object>(charged);
            if (Get(completion, "evaluation_id") == null)
            {
                completion.Remove("evaluation_id");
                completion["late"] = true;
            }
            var entry = new Dictionary<string, object>
            {
                { "sale_id", sale["sale_id"] }, { "completion", completion }, { "sale", sale },
            };
            if (unreadCard != null)
            {
                entry["card"] = unreadCard;
            }
            var call = new Call(budgets.CompleteMs);
            Dictionary<string, object> value;
            var status = Book(entry, call, out value);
            if (status == 200)
            {
                try
                {
                    HandIn(call);
                }
                catch (Exception fault) when (IsOfFile(fault))
                {
                    // Booked is booked; what is wrong with the file, HandIn() says.
                }
            }
            if (status == 200 || status == 409)
            {
                return value;
            }
            value["late"] = true;
            value["total_minor"] = Get(charged, "total_minor");
            try
            {
                var entries = lateReceipts.Load();
                entries.Add(entry);
                lateReceipts.Save(entries);
                value["kept"] = true;
            }
            catch (Exception fault) when (IsOfFile(fault))
            {
                value["kept"] = false;
                value["why"] = "not kept: " + fault.Message;
            }
            return value;
        }

        /// <summary>
        /// Hands in what waits, as far as complete's budget reaches, and returns how many receipts
        /// were booked. Throws when the file of late receipts cannot be read or written.
        /// </summary>
        public int HandIn()
        {
            return HandIn(new Call(budgets.CompleteMs));
        }

        /// <summary>How many receipts wait in the file.</summary>
        public int Waiting()
        {
            return lateReceipts.Load().Count;
        }

        /// <summary>What the service knows of a sale; <c>sale_unknown</c> if nothing.</summary>
        public Dictionary<string, object> Answer(string saleId)
        {
            return Ask("GET", "/v1/sales/" + Uri.EscapeDataString(saleId), null, budgets.EvaluateMs);
        }

        /// <summary>Where a print job stands.</summary>
        public Dictionary<string, object> PrintJob(string job)
        {
            return Ask("GET", "/v1/print-jobs/" + Uri.EscapeDataString(job), null, budgets.EvaluateMs);
        }

        /// <summary>Prints a voucher again, marked as a copy; the new print job.</summary>
        public Dictionary<string, object> Reprint(string job)
        {
            var path = "/v1/print-jobs/" + Uri.EscapeDataString(job) + "/reprint";
            return Ask("POST", path, new Dictionary<string, object>(), budgets.EvaluateMs);
        }

        /// <summary>The evaluation without the service: lines at their price, less manual discounts.</summary>
        public static Dictionary<string, object> ListPrice(
            Dictionary<string, object> sale, Dictionary<string, object> why)
        {
            var lines = new List<object>();
            long totalMinor = 0;
            foreach (Dictionary<string, object> line in (List<object>)sale["lines"])
            {
                var grossMinor = HalfUp(Whole(line, "quantity_milli") * Whole(line, "unit_price_minor"), 1000);
                var paidMinor = grossMinor - Whole(line, "host_discount_minor");
                lines.Add(new Dictionary<string, object>
                {
                    { "line_id", line["line_id"] }, { "paid_minor", paidMinor },
                });
                totalMinor += paidMinor;
            }
            return new Dictionary<string, object>(why)
            {
                ["late"] = true,
                ["total_minor"] = totalMinor,
                ["lines"] = lines,
                ["effects"] = new List<object>(),
            };
        }

        private int HandIn(Call call)
        {
            var booked = 0;
            var entries = lateReceipts.Load();
            while (entries.Count > 0 && call.LeftMs > 0)
            {
                var entry = entries[0];
                Dictionary<string, object> value;
                var status = Book(entry, call, out value);
                if (Array.IndexOf(ForAPerson, status) >= 0)
                {
                    // A person must look at it; the others shall not wait behind it.
                    entry["problem"] = value;
                    lateReceipts.SetAside(entry);
                }
                else if (status == 200)
                {
                    booked++;
                }
                else
                {
                    break;
                }
                entries.RemoveAt(0);
                lateReceipts.Save(entries);
            }
            return booked;
        }

        private int Book(Dictionary<string, object> entry, Call call, out Dictionary<string, object> value)
        {
            if (entry.ContainsKey("card"))
            {
                var code = new Dictionary<string, object> { { "code", entry["card"] } };
                if (Send("POST", "/v1/scan", code, call, out value) != 200 || Is(value, "refused", "late"))
                {
                    return 0;
                }
                entry.Remove("card");
                var customer = Get(value, "customer") as Dictionary<string, object>;
                if (customer != null)
                {
                    entry["sale"] = new Dictionary<string, object>((Dictionary<string, object>)entry["sale"])
                    {
                        ["customer"] = new Dictionary<string, object> { { "id", customer["id"] } },
                    };
                }
            }
            var completion = (Dictionary<string, object>)entry["completion"];
            var withSale = new Dictionary<string, object>(completion) { ["sale"] = entry["sale"] };
            var path = SalePath(entry) + "/complete";
            var body = completion.ContainsKey("late") ? withSale : completion;
            var status = Send("POST", path, body, call, out value);
            if (Is(value, "refused", "sale_unknown"))
            {
                // The service was started anew since the sale was evaluated.
                status = Send("POST", path, withSale, call, out value);
            }
            return status;
        }

        private Dictionary<string, object> Ask(
            string method, string path, Dictionary<string, object> body, int budgetMs)
        {
            Dictionary<string, object> value;
            var status = Send(method, path, body, new Call(budgetMs), out value);
            if (status != 200 && !value.ContainsKey("refused"))
            {
                value["late"] = true;
            }
            return value;
        }

        /// <summary>Returns the status; 0, and <c>why</c> in value, when no good answer came.</summary>
        private int Send(
            string method,
            string path,
            Dictionary<string, object> body,
            Call call,
            out Dictionary<string, object> value)
        {
            var content = body == null ? null : Json.Text(body);
            var reason = "";
            // Twice: the service may have closed an idle connection. Every call may be repeated.
            for (var attempt = 0; attempt < 2; attempt++)
            {
                using (var end = new CancellationTokenSource())
                {
                    // On a thread of the pool: a till's window waits here, and must not be waited for.
                    var answer = Task.Run(() => Exchange(method, path, content, end.Token));
                    try
                    {
                        if (!answer.Wait((int)Math.Max(call.LeftMs, 0)))
                        {
                            end.Cancel();
                            Forget(answer);
                            reason = "no answer within " + call.BudgetMs + " ms";
                            break;
                        }
                        value = Json.ParseObject(answer.Result.Value);
                        if (answer.Result.Key == 200 && !IsAnswer(method, path, value))
                        {
                            reason = "no good answer: not of this service";
                            break;
                        }
                        return Read(answer.Result.Key, ref value, call);
                    }
                    catch (AggregateException fault)
                    {
                        reason = "no good answer: " + fault.GetBaseException().GetType().Name;
                    }
                    catch (FormatException fault)
                    {
                        reason = "no good answer: " + fault.Message;
                    }
                }
            }
            value = new Dictionary<string, object> { { "why", reason } };
            call.ReportTo(value);
            return 0;
        }

        private async Task<KeyValuePair<int, string>> Exchange(
            string method, string path, string content, CancellationToken end)
        {
            using (var request = new HttpRequestMessage(new HttpMethod(method), url + path))
            {
                if (content != null)
                {
                    request.Content = new StringContent(content, Encoding.UTF8, "application/json");
                }
                using (var response = await http.SendAsync(request, end).ConfigureAwait(false))
                {
                    var text = await response.Content.ReadAsStringAsync().ConfigureAwait(false);
                    return new KeyValuePair<int, string>((int)response.StatusCode, text);
                }
            }
        }

        /// <summary>Says of a problem document what it refuses.</summary>
        private static int Read(int status, ref Dictionary<string, object> value, Call call)
        {
            if (status == 200)
            {
                return status;
            }
            // 202 is no problem document, but no good news either: its work goes on.
            var code = Get(value, "code") ?? Get(value, "refused");
            var reason = "status " + status + " " + code + " " + Get(value, "where");
            var problem = new Dictionary<string, object>
            {
                { "why", reason.TrimEnd() }, { "text", Get(value, "detail") },
            };
            if (status == 404 || status == 409)
            {
                problem["refused"] = code;
            }
            call.ReportTo(problem);
            value = problem;
            return status;
        }

        /// <summary>What comes after the end of the budget interests nobody.</summary>
        private static void Forget(Task task)
        {
            task.ContinueWith(late => late.Exception, TaskContinuationOptions.OnlyOnFaulted);
        }

        private static bool IsOfFile(Exception fault)
        {
            return fault is IOException || fault is UnauthorizedAccessException || fault is FormatException;
        }

        /// <summary>Whoever has taken the port: what is no receipt must not be taken for one.</summary>
        private static bool IsAnswer(string method, string path, Dictionary<string, object> value)
        {
            if (method == "PUT" || path.EndsWith("/complete", StringComparison.Ordinal))
            {
                return Get(value, "total_minor") is long;
            }
            return path != "/v1/scan" || value.ContainsKey("kind") || value.ContainsKey("refused");
        }

        private static bool IsLate(Dictionary<string, object> value)
        {
            return Get(value, "late") is bool late && late;
        }

        private static bool Is(Dictionary<string, object> value, string name, string word)
        {
            return Get(value, name) as string == word;
        }

        private static object Get(Dictionary<string, object> value, string name)
        {
            object part;
            return value.TryGetValue(name, out part) ? part : null;
        }

        private static long Whole(Dictionary<string, object> line, string name)
        {
            return Convert.ToInt64(Get(line, name) ?? 0L);
        }

        /// <summary>Halves away from zero, so a return is the mirror of its sale.</summary>
        private static long HalfUp(long numerator, long denominator)
        {
            var magnitude = (2 * Math.Abs(numerator) + denominator) / (2 * denominator);
            return numerator >= 0 ? magnitude : -magnitude;
        }

        private static string SalePath(Dictionary<string, object> sale)
        {
            return "/v1/sales/" + Uri.EscapeDataString((string)sale["sale_id"]);
        }

        /// <summary>How long the till waits, in milliseconds; as in till.toml.</summary>
        public sealed class Budgets
        {
            public int ScanMs = 100;
            public int EvaluateMs = 300;
            public int CompleteMs = 2000;
        }

        /// <summary>The time of one call.</summary>
        private sealed class Call
        {
            private readonly Stopwatch watch = Stopwatch.StartNew();

            public Call(int budgetMs)
            {
                BudgetMs = budgetMs + MarginMs;
            }

            public int BudgetMs { get; }

            public long LeftMs
            {
                get { return BudgetMs - watch.ElapsedMilliseconds; }
            }

            public void ReportTo(Dictionary<string, object> value)
            {
                value["budget_ms"] = (long)BudgetMs;
                value["waited_ms"] = watch.ElapsedMilliseconds;
            }
        }
    }
}
