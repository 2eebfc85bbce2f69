"""What may come next and how likely it is, a file each, found by the name that `search.head` says."""
