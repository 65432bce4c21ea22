"""What keeps a till in order beside its sync: checks, copies, erasures, new keys and tokens."""
