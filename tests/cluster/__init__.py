"""What happens to replicas on a real Kubernetes, while a stock client of them and one of the gateway are
answered: the cluster test.

`make cluster-test` runs it; k8s/README.md says what it needs. `client/` and `node/` are what it puts into the
cluster beside the `drill` overlay.
"""
