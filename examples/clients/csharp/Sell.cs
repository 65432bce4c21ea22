using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading;

namespace Stammkunde
{
    /// <summary>
    /// One sale through the plugin: scan, evaluate, complete, reprint.
    /// <code>mono sell.exe http://127.0.0.1:8711 TOKEN [CODE ...]</code>
    /// Without arguments: STAMMKUNDE_URL and STAMMKUNDE_TOKEN; codes are a card and an article of
    /// the demo.
    /// </summary>
    public static class Sell
    {
        /// <summary>The till's own prices: for an article whose scan is late, no other.</summary>
        private static readonly Dictionary<string, long> OwnPricesMinor =
            new Dictionary<string, long> { { "10001", 7999 }, { "10041", 1999 } };

        public static int Main(string[] given)
        {
            var url = given.Length > 0 ? given[0] : Env("STAMMKUNDE_URL", "");
            var token = given.Length > 1 ? given[1] : Env("STAMMKUNDE_TOKEN", "");
            var codes = given.Length > 2 ? given.Skip(2).ToArray() : new[] { "2900001000017", "10001" };
            var lateReceipts = Env("STAMMKUNDE_LATE", "late_receipts.jsonl");
            using (var till = new StammkundeTill(url, token, lateReceipts, OwnBudgets()))
            {
                Console.WriteLine("health: " + (Get(till.Health(), "why") ?? "ready"));
                Console.WriteLine("handed in: " + till.HandIn());
                var isBasket = SellTo(till, codes);
                Console.WriteLine("waiting: " + till.Waiting());
                ShowConnection(till.Health());
                return isBasket ? 0 : 1;
            }
        }

        /// <summary>Sells what the codes are; says whether there was anything to sell.</summary>
        private static bool SellTo(StammkundeTill till, string[] codes)
        {
            var lines = new List<object>();
            var vouchers = new List<object>();
            var sale = new Dictionary<string, object>
            {
                { "sale_id", Env("STAMMKUNDE_SALE", Guid.NewGuid().ToString()) },
                // The wall clock of the shop with its offset: validity and happy hours go by it.
                { "at", DateTimeOffset.Now.ToString("yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture) },
                { "lines", lines },
                { "codes", vouchers },
            };
            string unreadCard = null;
            foreach (var code in codes)
            {
                var found = till.Scan(code);
                if (!found.ContainsKey("refused"))
                {
                    Console.WriteLine("scan " + code + ": " + found["kind"]);
                    if ((string)found["kind"] == "card")
                    {
                        sale["customer"] = found["customer"];
                    }
                    else if ((string)found["kind"] == "voucher")
                    {
                        vouchers.Add(new Dictionary<string, object> { { "code", found["code"] } });
                    }
                    else if ((string)found["kind"] == "article")
                    {
                        AddPiece(lines, (Dictionary<string, object>)found["line"]);
                    }
                    continue;
                }
                var refused = "scan " + code + ": " + found["refused"] + Because(found);
                var isLate = (string)found["refused"] == "late";
                long priceMinor;
                // 29 and 13 digits is what our cards look like.
                if (isLate && Regex.IsMatch(code, "^29[0-9]{11}$"))
                {
                    Console.WriteLine(refused + ", read later");
                    unreadCard = code;
                }
                else if (isLate && OwnPricesMinor.TryGetValue(code, out priceMinor))
                {
                    Console.WriteLine(refused + ", own price");
                    AddPiece(lines, new Dictionary<string, object>
                    {
                        { "sku", code }, { "unit_price_minor", priceMinor },
                    });
                }
                else
                {
                    Console.WriteLine(refused + ", skipped");
                }
            }
            if (lines.Count == 0)
            {
                Console.WriteLine("sale: nothing in the basket, not completed");
                return false;
            }

            var evaluation = till.Evaluate(sale);
            if (evaluation.ContainsKey("refused"))
            {
                Console.WriteLine("evaluate: " + evaluation["refused"] + ", begin a new sale");
                return true;
            }
            var totalMinor = evaluation["total_minor"];
            var late = IsTrue(evaluation, "late") ? ", late at list price" + Because(evaluation) : "";
            Console.WriteLine("evaluate: " + totalMinor + " cents" + late);
            foreach (Dictionary<string, object> effect in (List<object>)evaluation["effects"])
            {
                Console.WriteLine("  " + effect["kind"] + ": " + Get(effect, "text"));
            }

            var receipt = till.Complete(sale, Charged(evaluation), unreadCard);
            if (receipt.ContainsKey("refused"))
            {
                Console.WriteLine("complete: " + receipt["refused"] + Because(receipt));
            }
            else if (receipt.ContainsKey("kept"))
            {
                var kept = IsTrue(receipt, "kept") ? "kept for later" : "NOT KEPT";
                Console.WriteLine("complete: " + totalMinor + " cents, late, " + kept + Because(receipt));
            }
            else
            {
                Console.WriteLine("complete: " + receipt["total_minor"] + " cents");
                Console.WriteLine("answer: " + Get(till.Answer((string)sale["sale_id"]), "state"));
                foreach (Dictionary<string, object> effect in (List<object>)receipt["effects"])
                {
                    if ((string)effect["kind"] == "print")
                    {
                        Reprint(till, (string)effect["job"]);
                    }
                }
            }
            return true;
        }

        /// <summary>A line of one piece; the name of an article is for the receipt, no part of it.</summary>
        private static void AddPiece(List<object> lines, Dictionary<string, object> article)
        {
            var line = new Dictionary<string, object>(article);
            line.Remove("name");
            line["line_id"] = (lines.Count + 1).ToString();
            line["quantity_milli"] = 1000L;
            lines.Add(line);
        }

        private static Dictionary<string, object> Charged(Dictionary<string, object> evaluation)
        {
            // Vouchers that lower the price are off the receipt; those that pay are a tender of their own.
            var offMinor = Get(evaluation, "voucher_discount_minor") as long? ?? 0;
            var chargedMinor = (long)evaluation["total_minor"] - offMinor;
            var cashMinor = Get(evaluation, "payable_minor") as long? ?? chargedMinor;
            var cash = new Dictionary<string, object> { { "tender", "cash" }, { "amount_minor", cashMinor } };
            return new Dictionary<string, object>
            {
                { "evaluation_id", Get(evaluation, "evaluation_id") },
                { "total_minor", chargedMinor },
                { "tenders", new List<object> { cash } },
            };
        }

        private static void Reprint(StammkundeTill till, string job)
        {
            Console.WriteLine("voucher: job " + job + " " + Printed(till, job));
            var again = till.Reprint(job);
            Console.WriteLine("reprint: job " + Get(again, "job") + Because(again));
        }

        /// <summary>What the service saw of our connection: kept or not, packets that waited.</summary>
        private static void ShowConnection(Dictionary<string, object> health)
        {
            var seen = Get(health, "connection") as Dictionary<string, object>;
            if (seen != null)
            {
                Console.WriteLine(
                    "connection: " + seen["requests"] + " requests, " + seen["waited_requests"] + " waited");
            }
        }

        /// <summary>What is still on its way to the printer cannot be asked for again.</summary>
        private static string Printed(StammkundeTill till, string job)
        {
            string state = null;
            for (var round = 0; round < 50; round++)
            {
                state = Get(till.PrintJob(job), "state") as string;
                if (state != "QUEUED" && state != "SENDING")
                {
                    break;
                }
                Thread.Sleep(100);
            }
            return state;
        }

        private static string Because(Dictionary<string, object> answer)
        {
            if (!answer.ContainsKey("why"))
            {
                return "";
            }
            return " (" + answer["why"] + "; waited " + answer["waited_ms"] + " of "
                + answer["budget_ms"] + " ms)";
        }

        /// <summary>STAMMKUNDE_BUDGETS_MS=100,300,2000: scan, evaluate, complete.</summary>
        private static StammkundeTill.Budgets OwnBudgets()
        {
            var given = Env("STAMMKUNDE_BUDGETS_MS", "");
            if (given.Length == 0)
            {
                return new StammkundeTill.Budgets();
            }
            var ms = given.Split(',').Select(int.Parse).ToArray();
            return new StammkundeTill.Budgets { ScanMs = ms[0], EvaluateMs = ms[1], CompleteMs = ms[2] };
        }

        private static bool IsTrue(Dictionary<string, object> value, string name)
        {
            return Get(value, name) is bool flag && flag;
        }

        private static object Get(Dictionary<string, object> value, string name)
        {
            object part;
            return value.TryGetValue(name, out part) ? part : null;
        }

        private static string Env(string name, string otherwise)
        {
            return Environment.GetEnvironmentVariable(name) ?? otherwise;
        }
    }
}
