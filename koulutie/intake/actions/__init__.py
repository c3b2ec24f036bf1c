"""Every write of intake: one transaction, one event in the access log."""
