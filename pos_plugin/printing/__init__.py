"""Paper at the till: what is ordered, which printer prints it, what the cashier hears of it."""
