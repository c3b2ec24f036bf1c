"""Reads of casework: `tasks` from the work store, `facts` from the facts store."""
