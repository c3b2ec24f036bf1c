"""What the pages of oversight read."""
