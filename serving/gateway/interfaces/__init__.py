"""The interfaces, a file each, found by name (`contracts.kinds`)."""
