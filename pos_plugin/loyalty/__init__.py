"""Loyalty as pure rules: accounts, vouchers, rewards, classes, approvals, consents, returns."""
