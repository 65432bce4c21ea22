"""Past receipts through today's rules, by the same way as at a till."""
