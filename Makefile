# make check   what CI asks of every change
# make long    the exhaustive runs, before an issue is closed
# make bench   benchmarks; quality stands beside time
# make golden  renew golden files (then read the diff)
# make expected  run the peers again and renew the expected values (Python)
# make generate  write the assembly again (internal/kernel/gen)

SHELL := /bin/bash
TOOL := go tool -modfile=internal/tools/go.mod

.PHONY: check fmt vet test race long bench golden expected portable generate

check: fmt vet portable test

fmt:
	@out=$$($(TOOL) gofumpt -l $$(git ls-files '*.go')); test -z "$$out" || { echo "gofumpt would change:"; echo "$$out"; exit 1; }

vet:
	go vet ./...
	$(TOOL) staticcheck ./...

# The three packages that everything stands on need no cgo, on any processor.
portable:
	CGO_ENABLED=0 go build ./cluster/... ./features/... ./eval
	CGO_ENABLED=0 GOARCH=arm64 go vet ./cluster/... ./features/... ./eval/...

test:
	go test ./...

race:
	env -u MORES_DATA -u MORES_REQUIRE_DATA go test -race -short ./eval/live ./eval/ledger ./cluster ./internal/near

long:
	MORES_LONG=1 MORES_REQUIRE_DATA=1 go test -timeout 60m ./...

bench:
	go test -run '^$$' -bench . -benchmem ./...

golden:
	go test ./eval/report -run Golden -golden

expected:
	cd eval/peers && ./run.sh

generate:
	cd internal/kernel/gen && go run .
