# What there is to do with the house. Everything needs only Go, but where a target says otherwise.

GO ?= go

.PHONY: build test race lint fuzz interop bench loss faults clean

build: ## the binary, ./troupe
	$(GO) build -trimpath -o troupe ./cmd/troupe

test: ## what README's second command runs
	$(GO) test ./...

race: ## the same under the race detector
	$(GO) test -race ./...

lint: ## formatting, vet, staticcheck (pinned in go.mod), and the rules of the house
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w on these files"; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) test -count=1 ./test/lint

fuzz: ## every fuzz target for FUZZ_TIME each
	test/lint/fuzz.sh $(FUZZ_TIME)

interop: ## real clients against a real node; needs kcat, Java 17 and Maven for their parts
	$(GO) test -count=1 -timeout 20m ./test/interop

bench: ## side by side with Apache Kafka; needs Java 17 and Maven
	$(GO) run ./test/bench

loss: ## the long rounds of killing and power loss
	TROUPE_LOSS_ROUNDS=100 $(GO) test -count=1 -timeout 30m -run Loss ./test/loss

faults: ## ten minutes of kills, pauses, cuts and restarts under producers that keep account
	TROUPE_FAULT_MINUTES=10 $(GO) test -v -count=1 -timeout 30m -run TestNothingAcknowledgedIsLost ./test/cluster

clean:
	rm -rf troupe data
