"""Writes: runs of retention, erasing a person, giving a pupil their data."""
