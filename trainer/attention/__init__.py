"""What the heads of a trained translator look at, and which of them is the best to align by."""
