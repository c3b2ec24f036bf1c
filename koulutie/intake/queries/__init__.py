"""Reads of intake: batches, mappings, profiles, freshness; and where a batch's files lie."""
