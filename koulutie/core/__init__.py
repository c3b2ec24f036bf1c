"""The pure room: values in, values out. No Django, files, clock, network, log, randomness."""
