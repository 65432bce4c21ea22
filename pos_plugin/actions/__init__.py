"""Loyalty actions outside a sale: each is booked once, in one transaction, with its event."""
