"""Forms of intake: sending a file, meanings, layouts, the calendar."""
