"""Reads: the data dictionary, what belongs to a pupil, what is due."""
