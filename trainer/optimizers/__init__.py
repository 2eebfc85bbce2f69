"""How a gradient becomes an update of the weights: one file an optimizer, found by the word of
`training.optimizer`.
"""
