# The front door. `make demo` and `make test` set themselves up on a fresh Debian machine with Rust.

CARGO ?= cargo
APXS ?= $(shell command -v apxs 2>/dev/null || command -v apxs2 2>/dev/null || echo apxs)
export APXS

.PHONY: all build setup-build setup-test setup-cost demo test frameworks test-pure test-httpd lint cost install clean

all: build

build: setup-build
	$(CARGO) build --release

# One table: what an attacker asks for, without the module and with it. KEEP=1 leaves the protected
# server running and prints its address. Django and Flask are installed for it, once, in the target directory.
demo: setup-test
	$(CARGO) build --release
	packages="$$(/usr/bin/python3 tests/frameworks/capture.py '$(PYGUARD_FRAMEWORKS)' --environment django-5 flask-3)" && \
	PYGUARD_DEMO_PACKAGES="$$packages" KEEP='$(KEEP)' $(CARGO) run --release --quiet --example demo

test: setup-test frameworks test-pure test-httpd

# The error pages of real frameworks: installed, run and captured once, then kept in the target directory.
PYGUARD_FRAMEWORKS ?= $(or $(CARGO_TARGET_DIR),target)/frameworks
frameworks:
	/usr/bin/python3 tests/frameworks/capture.py '$(PYGUARD_FRAMEWORKS)'

# The decisions alone, as they build where there is no httpd.
test-pure:
	$(CARGO) test --no-default-features

# Everything on a real httpd, once for each MPM.
test-httpd:
	$(CARGO) build --release
	PYGUARD_MPM=event $(CARGO) test --release --test httpd
	PYGUARD_MPM=worker $(CARGO) test --release --test httpd
	PYGUARD_MPM=prefork $(CARGO) test --release --test httpd

lint:
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings
	$(CARGO) clippy --all-targets --no-default-features -- -D warnings

# Instructions a request, counted by valgrind; and how long the audit delays a start.
cost: setup-cost
	$(CARGO) build --release
	$(CARGO) run --release --quiet --example cost
	$(CARGO) run --release --quiet --example start

install:
	apxs/install.sh

setup-build setup-test setup-cost: setup-%:
	@scripts/setup.sh $*

clean:
	$(CARGO) clean
