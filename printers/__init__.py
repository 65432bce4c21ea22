"""Vouchers on paper: documents, rendering, encoding, spool, simulator; knows no promotions."""
