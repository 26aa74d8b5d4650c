# Everything a developer needs, in one word each. See README.md for the two that matter: make run and make test.
export PATH := $(CURDIR)/.toolchain/go/bin:$(PATH)
export LANG ?= en_GB.UTF-8
# The same tags everywhere: other tags would rebuild the window's C code, which takes minutes.
TAGS    := migrated_fynedo,accessibility
VERSION := $(shell sed -n 's/^ *Version *= *"\(.*\)"/\1/p' FyneApp.toml)
GOFLAGS_BUILD := -trimpath -tags $(TAGS) -ldflags "-s -w -X main.version=$(VERSION)"
ARTIFACTS ?= artifacts

.PHONY: help run test torture live conformance bench bench-connector bench-match bench-entry bench-window e2e lint build musterctl tour vuln clean
help: ## what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

run: ## the window, over the embedded demonstration force; with no display, the same tour as pictures
	@packaging/dev/setup.sh run
	@packaging/dev/run.sh "$(TAGS)"

test: ## every test, with the race detector
	@packaging/dev/setup.sh test
	go vet -tags $(TAGS) ./...
	CGO_ENABLED=0 go build -o /dev/null ./app/musterctl
	@# Packages without tests are left out: the window's C code would be compiled a second time, with the race detector, for nothing.
	MUSTER_LIVE=$${MUSTER_LIVE:-off} go test -race -tags $(TAGS) -timeout 20m $$(go list -tags $(TAGS) -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./...)
	@# What only draws, without the race detector.
	go test -tags $(TAGS) -timeout 10m -run 'Draws$$|Looks|EveryLook|EveryEye' ./ui/screens

torture: ## kill -9 at random points with faults on the way: runs, losses, duplicates, leaks. MUSTER_TORTURE=N runs, MUSTER_TORTURE_SEED=N repeats
	@mkdir -p bin && CGO_ENABLED=0 go build -o bin/muster-torture ./packaging/torture
	@bin/muster-torture

live: ## the connectors on real third-party servers, each started here from its package
	@packaging/dev/live.sh
	MUSTER_LIVE=required go test -race -timeout 15m -count=1 ./plugins/packs/live/... ./plugins/mqttwire/... ./plugins/ldapwire/... ./plugins/sqlwire/...

conformance: ## the suite that every plugin passes, as the table of the README; real servers as in live
	@packaging/dev/live.sh
	@mkdir -p bin && go build -o bin/muster-conformance ./packaging/conformance
	bin/muster-conformance -readme README.md -table plugins/plugintest/CONFORMANCE.md

build: ## bin/muster and bin/musterctl
	@packaging/dev/setup.sh build
	go build $(GOFLAGS_BUILD) -o bin/muster .
	CGO_ENABLED=0 go build $(GOFLAGS_BUILD) -o bin/musterctl ./app/musterctl

musterctl: ## bin/musterctl alone, without cgo
	CGO_ENABLED=0 go build $(GOFLAGS_BUILD) -o bin/musterctl ./app/musterctl

bench: ## the figures of the README, as a table
	@packaging/dev/setup.sh test
	@packaging/dev/bench.sh "$(TAGS)"

bench-connector: ## what mapping a record costs, by the format it comes in
	@mkdir -p bin && go build -o bin/muster-bench ./packaging/bench
	@bin/muster-bench -only connector

bench-match: ## how right and how fast records are matched; BIG=1: also a million of them; MUSTER_LINKAGE=FOLDER: sets not shipped
	@mkdir -p bin && CGO_ENABLED=0 go build -o bin/musterctl ./app/musterctl && CGO_ENABLED=0 go build -o bin/muster-benchmatch ./packaging/benchmatch
	@bin/muster-benchmatch

bench-entry: ## how many fields an officer types, of those that the systems of the demonstration force would ask
	@CGO_ENABLED=0 go run ./packaging/benchentry

e2e: ## the key journeys in a real window, keyboard only; screenshots in $(ARTIFACTS)
	@packaging/dev/setup.sh test
	@packaging/dev/e2e.sh "$(TAGS)" "$(ARTIFACTS)"

tour: ## a picture of every screen, drawn without a display, in $(ARTIFACTS)
	@packaging/dev/setup.sh run
	@packaging/dev/tour.sh "$(TAGS)" "$(ARTIFACTS)"

lint: ## golangci-lint with .golangci.yml
	go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run ./...

vuln: ## known vulnerabilities in what is built
	go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 -tags $(TAGS) ./...

.PHONY: secure
secure: ## gosec over everything, and known vulnerabilities where their database can be reached; the tools are built once
	@packaging/dev/secure.sh "$(TAGS)"

clean: ## what was built here
	rm -rf bin dist $(ARTIFACTS)
