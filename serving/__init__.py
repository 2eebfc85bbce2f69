"""Requests and versions: client, model server, rollout. Knows the model only through its signatures."""
