"""How the learning rate goes on after its warm-up: one file a schedule, found by the word of
`training.schedule`.
"""
