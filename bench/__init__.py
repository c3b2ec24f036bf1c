"""What the hot paths cost, each as a ratio to a bare run of the same work beside it."""
