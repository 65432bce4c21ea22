"""Promotions of the chain: written, tried on past sales, published, and what they did."""
