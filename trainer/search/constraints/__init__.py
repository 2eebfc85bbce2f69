"""Rules about what may come next, a file each, found by the name that `search.constraints` says."""
