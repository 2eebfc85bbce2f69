"""What all HTTP interfaces share: how a request is read, what a call and its options are, what is logged."""
