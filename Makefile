# `make demo` and `make test` set everything up by themselves. `make help` lists the targets.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON := .venv/bin/python
# TensorFlow's and Keras's words for their own developers stay out of the output.
export TF_CPP_MIN_LOG_LEVEL ?= 3
export TF_USE_LEGACY_KERAS := 0
READY := .venv/.ready
TEST_ARGUMENTS ?=
# Most tests wait for processes they have started: two files at a time leave no core idle.
TEST_WORKERS ?= 2
BENCHMARKS := decoding long_sentences threads training ingestion rollback windows
BENCH ?= $(BENCHMARKS)
BENCH_ARGUMENTS ?= --results docs/results/speed
OLD ?=

$(READY): $(wildcard locks/*.lock) pyproject.toml distributions/pipeline/pyproject.toml scripts/setup
	@scripts/setup

.PHONY: help setup demo test test-slow test-explore test-newest cluster-test lint format lock proto docs bench bench-quick multi30k multi30k-both tatoeba images render clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  \1\t\2/' | expand -t 16

setup: $(READY) ## install everything into .venv

demo: $(READY) ## the main job from a corpus to a rollback, in minutes, under .demo/
	@$(PYTHON) scripts/demo.py

test: $(READY) ## all tests but the slow ones
	@$(PYTHON) -m pytest -m "not slow" -n $(TEST_WORKERS) --dist loadfile $(TEST_ARGUMENTS)

test-slow: $(READY) ## the tests that take many minutes
	@$(PYTHON) -m pytest -m slow $(TEST_ARGUMENTS)

test-explore: $(READY) ## the tests of properties on new examples, ten times as many; what fails becomes an @example
	@$(PYTHON) -m pytest -m hypothesis --hypothesis-profile=explore --timeout=7200 -n $(TEST_WORKERS) $(TEST_ARGUMENTS)

test-newest: ## all tests but the slow ones on the newest stack, in a Debian 13 tree where the machine is older
	@scripts/newest $(MAKE) test TEST_WORKERS=$(TEST_WORKERS) TEST_ARGUMENTS='$(TEST_ARGUMENTS)'

cluster-test: $(READY) ## the rollouts and accidents on the Kubernetes of KUBECONFIG (k8s/README.md)
	@$(PYTHON) -m tests.cluster

lint: $(READY) ## formatting, lint and types
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy

format: $(READY) ## format the code
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

lock: ## write the locks of both stacks anew from pyproject.toml (needs uv)
	@scripts/lock

proto: $(READY) ## generate serving/wire from its .proto files
	@$(PYTHON) -m grpc_tools.protoc -I . --python_out=. serving/wire/*.proto
	@$(PYTHON) -m grpc_tools.protoc -I . --grpc_python_out=. serving/wire/translation.proto

docs: $(READY) ## write docs/configuration.md and docs/interfaces.md, draw docs/architecture.svg from the code
	@$(PYTHON) -m scripts.configuration
	@$(PYTHON) -m scripts.interfaces
	@$(PYTHON) -m scripts.architecture

bench: $(READY) ## tables of speed into docs/results/speed (needs `make multi30k` first), or BENCH=decoding alone
	@failed=0; for benchmark in $(patsubst search,decoding,$(BENCH)); do \
	  case " $(BENCHMARKS) " in *" $$benchmark "*) ;; *) \
	    echo "no benchmark is called $$benchmark: BENCH is one or more of $(BENCHMARKS)" >&2; failed=1; continue;; esac; \
	  echo "== $$benchmark"; $(PYTHON) -m benchmarks.$$benchmark $(BENCH_ARGUMENTS) || failed=1; done; exit $$failed

bench-quick: $(READY) ## in a minute: 10 % slower than the last release, or OLD=COMMIT? Then it fails
	@$(PYTHON) -m benchmarks.quick $(if $(OLD),--old $(OLD))

multi30k: $(READY) ## the full run on ../shared/corpora/multi30k-en-de (about 25 minutes)
	@.venv/bin/dragoman run examples/multi30k-en-de.yaml

multi30k-both: $(READY) ## the same corpus in both directions, in one model (about 25 minutes)
	@.venv/bin/dragoman run examples/multi30k-both.yaml

tatoeba: $(READY) ## the Chinese run on ../shared/corpora/tatoeba-en-zh
	@.venv/bin/dragoman run examples/tatoeba-en-zh.yaml

images: ## the four container images, with plain `docker build`, and their sizes
	@k8s/images/build

render: $(READY) ## what k8s/overlays render to, under build/k8s/
	@mkdir -p build/k8s
	@for overlay in local production drill; do \
	  .venv/bin/kubectl kustomize k8s/overlays/$$overlay > build/k8s/$$overlay.yaml; echo build/k8s/$$overlay.yaml; done

clean: ## remove what the targets made, but for models/ and runs/
	@rm -rf .venv .demo build .pytest_cache .mypy_cache .ruff_cache .hypothesis
