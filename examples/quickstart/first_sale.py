from threading import Event

from pos_plugin import Plugin

with Plugin.open("till/till.toml") as plugin:
    sale = plugin.begin_sale(cashier="17")
    print(sale.scan("2900000000018").panel["name"])  # the card
    for sku in ("4711", "4712", "0815"):
        sale.scan(sku)
    total = sale.evaluate()
    for effect in total.effects():
        off = f" (-{effect['discount_minor']})" if "discount_minor" in effect else ""
        print(effect["kind"] + ":", effect["text"] + off)
    receipt = sale.complete(charged=total, tenders=[("cash", total.total_minor)])
    print("paid", receipt.total_minor, "instead of", total.result.gross_minor)
    for job in receipt.print_jobs:  # none while the customer still holds such a voucher
        while plugin.prints.job(job)["state"] in ("QUEUED", "SENDING"):
            Event().wait(0.1)  # only this example waits for the paper; a till never does
        print(plugin.prints.job(job)["notice"].text("en"))
