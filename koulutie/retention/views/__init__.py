"""The pages of retention and of a person’s rights."""
