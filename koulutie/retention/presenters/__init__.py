"""What the pages and the generated documents say."""
