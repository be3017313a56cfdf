# The two commands of the README: `make serve` and `make test`. Each makes the environment when it is missing or stale.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: help install serve test lint format types lock lock-training clean

help:  ## Show these targets.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# The stamp is newer than the lock exactly when the environment holds what the lock names.
$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("bargein needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	@echo "Making the environment in $(VENV) (once; about a minute)."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@echo "$(CURDIR)" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/bargein-checkout.pth"
	@touch $@

# Guarded: the processes that a command starts import it again.
$(BIN)/bargein: Makefile $(VENV)/.installed
	@printf '%s\n' '#!$(CURDIR)/$(BIN)/python' 'import sys' 'from web.cli import main' 'if __name__ == "__main__":' '    sys.exit(main())' > $@
	@chmod +x $@

install: $(BIN)/bargein  ## Make the environment only.

serve: install  ## Start the server and print its address. Options: make serve ARGS="--port 8123".
	@exec $(BIN)/bargein serve $(ARGS)

test: install  ## Run the whole suite. Options: make test ARGS="-k sentences".
	@$(BIN)/python -m pytest $(ARGS)

lint: install  ## Lint and check the format.
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

format: install  ## Format the code.
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

types: install  ## Check the types (strict).
	@$(BIN)/mypy

lock:  ## Renew requirements.lock (needs uv).
	uv pip compile pyproject.toml --group dev --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock

# Apart from pyproject.toml, whose overrides keep torch out. CUDA's packages are dropped: the training runs on the processor.
# The hash of torch's CPU build is carried over where it stands in the lock already and torch's version stays.
TORCH ?= torch==2.13.0
lock-training:  ## Renew requirements-training.lock (needs uv). Another torch: make lock-training TORCH=torch==2.14.0.
	@grep -A1 '^$(TORCH) ' requirements-training.lock | tail -1 > .torch-cpu-hash
	@{ grep '^#' requirements-training.lock; \
	  echo '$(TORCH)' | uv pip compile - --no-config --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-annotate --no-header -q \
	  | awk '/^[a-z]/ { keep = !/^(cuda|nvidia|triton)/ } keep { print } /^torch==/ { while ((getline hash < ".torch-cpu-hash") > 0) if (hash) print hash }' \
	  | awk '!($$0 ~ /--hash/ && $$0 in seen) { print } /--hash/ { seen[$$0] }'; } > requirements-training.lock.new
	@mv requirements-training.lock.new requirements-training.lock; rm -f .torch-cpu-hash

clean:  ## Remove the environment and caches.
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
