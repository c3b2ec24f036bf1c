"""What the pages, reports and messages of intake say, in the reader's language."""
