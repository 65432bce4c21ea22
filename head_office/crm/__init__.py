"""Customers for who looks after them: facts, classes, vouchers, and what is owed to them."""
