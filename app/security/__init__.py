"""Who acts, which rows they see, what they may do."""
