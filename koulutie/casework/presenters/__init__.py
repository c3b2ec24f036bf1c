"""Casework for the eye: tasks in words, class lists, one pupil, one school."""
