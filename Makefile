# RouteFlow: set up, build, run, test. `make help` lists the targets.
#
# Swift runs as the invoking user, also below `sudo make`, so that .build stays theirs. What needs root (packages, the
# lab) goes through sudo where make itself is not root.

SHELL := /bin/bash
.DEFAULT_GOAL := help

LAB     := $(or $(ROUTEFLOW_LAB),/var/lib/routeflow)
INVOKER := $(filter-out root,$(SUDO_USER))
SUDO    := $(if $(filter 0,$(shell id -u)),,$(shell command -v sudo))
AS_USER := $(if $(INVOKER),sudo -u $(INVOKER) -H,)
# sudo resets PATH: look in the invoking user's own login shell as well.
SWIFT   := $(or $(shell command -v swift),\
                $(if $(INVOKER),$(shell sudo -u $(INVOKER) -i sh -c 'command -v swift' 2>/dev/null)))
export ROUTEFLOW_LAB := $(LAB)
PREFIX  ?= /usr/local
# The first two minutes of these faults hold sixteen different ones.
SEED    := 1123

.NOTPARALLEL:
.PHONY: help setup setup-bench build install run test test-long fuzz sanitize bench lint clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20
	@echo "  CHECK=1 make run    run ends once the network works, with an exit status, instead of giving the prompt"

setup: ## install what is missing (Debian packages, mongod) and build the lab's containers
	$(call as_root,rftest/setup)
	$(call as_root,rftest/create)

setup-bench: setup
	$(call as_root,rftest/setup --bench)

build: need-swift ## release binaries, in .build/release
	$(AS_USER) $(SWIFT) build -c release --static-swift-stdlib

install: build ## the programs into /usr/local/bin, or PREFIX=DIR: DIR/bin (docs/operations.md: what else a host needs)
	$(SUDO) install -d $(DESTDIR)$(PREFIX)/bin
	$(SUDO) install $(addprefix .build/release/,rfclient rfserver rfproxy rfctl) $(DESTDIR)$(PREFIX)/bin

run: setup build ## rftest2: four OSPF routers on a Mininet mesh; gives you Mininet's prompt
	$(call as_root,rftest/rftest2 $(if $(CHECK),--no-prompt))

test: setup build need-swift ## everything: unit and integration tests, a short fuzzing, lint, both labs, 2 minutes of faults
	$(AS_USER) $(SWIFT) build --build-tests
	$(SUDO) env ROUTEFLOW_MONGOD=$(LAB)/bin/mongod $(SWIFT) test --skip-build
	$(MAKE) lint
	/usr/bin/python3 -B -m unittest discover -s rftest/tests
	$(call as_root,rftest/rftest1 --check)
	$(call as_root,rftest/rftest2 --check)
	$(call as_root,rftest/rfchaos --minutes 2 --seed $(SEED))

test-long: test sanitize ## what `test` runs, sanitizers, fuzzing, ten more start orders, flapping routes, 30 minutes of faults
	$(AS_USER) env SWIFT=$(SWIFT) rftest/fuzz --runs 10000000
	$(AS_USER) env SWIFT=$(SWIFT) rftest/fuzz --address-sanitizer --seconds 600
	$(call as_root,rftest/rftest2 --check --only pingall --orders 10)
	$(call as_root,rftest/rftest1 --check --long)
	$(call as_root,rftest/rfchaos --minutes 20)
	$(call as_root,rftest/rfchaos --cluster --minutes 10)

fuzz: need-swift ## hostile bytes to all that reads bytes from outside, for a minute (rftest/fuzz --help: more of them)
	$(AS_USER) env SWIFT=$(SWIFT) rftest/fuzz

sanitize: setup need-swift ## the unit and integration tests with AddressSanitizer, and with ThreadSanitizer
	$(call sanitized,address)
	$(call sanitized,thread,--skip FuzzTests)

bench: setup-bench build ## how fast it is, beside what it could not be faster than; writes docs/benchmarks.md (ONLY=name: one scenario)
	$(call as_root,rftest/rfbench $(foreach name,$(ONLY),--scenario $(name)))

lint: need-swift ## the formatter's opinion; changes nothing
	$(AS_USER) $(SWIFT) format lint --strict --recursive Sources Tests Package.swift

clean: ## remove .build and its like (the lab's own folder stays: rftest/rftest1 --reset stops it)
	rm -rf .build .build-*

.PHONY: need-swift
need-swift:
	@test -n "$(SWIFT)" || { echo "make: swift is not on PATH: install Swift 6.3 or later (swift.org/install)" >&2; exit 1; }

# $(call sanitized,SANITIZER,OPTIONS): all Swift tests once more, built with it; one at a time, since some compute for minutes then, and
# others beside them wait for answers. (The default linker warns of each of its symbols.)
define sanitized
$(AS_USER) $(SWIFT) build --build-tests --sanitize $(1) --scratch-path .build-$(1) -Xswiftc -use-ld=lld
$(SUDO) env ROUTEFLOW_MONGOD=$(LAB)/bin/mongod LSAN_OPTIONS=suppressions=$(CURDIR)/Tests/known-leaks \
  TSAN_OPTIONS=suppressions=$(CURDIR)/Tests/known-races \
  $(SWIFT) test --skip-build --sanitize $(1) --scratch-path .build-$(1) --no-parallel $(2)
endef

# $(call as_root,COMMAND): COMMAND as root, or one clear line.
define as_root
@if [ "$$(id -u)" != 0 ] && [ -z "$(SUDO)" ]; then echo "make: '$(1)' needs root, and there is no sudo here" >&2; exit 1; fi
$(SUDO) env ROUTEFLOW_LAB=$(LAB) $(1)
endef
