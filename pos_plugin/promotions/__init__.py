"""Promotions: vocabulary, generation, evaluation, explanation. No I/O, no clock."""
