"""Vouchers and sums in a sale: which may be used, what they are worth, what they do."""
