"""Pages of oversight: the log, who can see a pupil, opening with a reason, grants."""
