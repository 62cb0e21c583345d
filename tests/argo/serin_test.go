package argo

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Two tokens, because the gate of a rollout has no business pushing events.
const (
	gateToken = "a-token-that-may-only-ask"
	pushToken = "a-token-that-may-only-push"
)

// Streams of the live serin. The first is the one that the shipped Rollout asks about.
const (
	pushedStream   = "checkout-segments"
	downStream     = "down-is-an-error"
	tolerantStream = "down-is-inconclusive"
)

// batchLines is the size of a pushed batch in events.
const batchLines = 1000

const tokenFile = `tokens:
  - {name: gate, sha256: %q, streams: ["*"], rights: [analyze]}
  - {name: pods, sha256: %q, streams: ["*"], rights: [push]}
`

// The prometheus source is a port on which nothing listens.
const configuration = `listen: "127.0.0.1:0"
operators_listen: "127.0.0.1:0"
store: %q
auth: {tokens: %q}
sources:
  - {name: down, type: prometheus, url: %q}
streams:
  - name: ` + pushedStream + `
  - name: ` + downStream + `
    source: down
    metric: segment_assignments_total
    reference: expected_segment
    label: segment
    arm: {label: rollouts_pod_template_hash}
    pod: pod
    on_source_error: error
  - name: ` + tolerantStream + `
    source: down
    metric: segment_assignments_total
    reference: expected_segment
    label: segment
    arm: {label: rollouts_pod_template_hash}
    pod: pod
    on_source_error: inconclusive
`

// serin is a running `serin serve`.
type serin struct {
	url     string // what users ask
	batches int    // batches pushed so far
}

// startSerin starts the binary named by SERIN_BINARY and stops it at the end of the test.
func startSerin(t *testing.T) *serin {
	t.Helper()
	binary := os.Getenv("SERIN_BINARY")
	if binary == "" {
		t.Fatal("SERIN_BINARY is not set; name the serin to test, or use `make test-argo`")
	}
	folder := t.TempDir()
	tokens := writeFile(t, folder, "tokens.yaml", fmt.Sprintf(tokenFile, digest(gateToken), digest(pushToken)))
	config := writeFile(t, folder, "serin.yaml", fmt.Sprintf(configuration,
		filepath.Join(folder, "serin.db"), tokens, closedAddress(t)))
	process := startProcess(t, binary, "serve", "--config", config)
	at := process.waitForAddresses(t)
	waitUntilReady(t, "http://"+at.Operators+"/readyz")
	return &serin{url: "http://" + at.API}
}

func digest(token string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(token)))
}

// closedAddress is a loopback address on which nothing listens.
func closedAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return "http://" + listener.Addr().String()
}

func writeFile(t *testing.T, folder, name, text string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func waitUntilReady(t *testing.T, url string) {
	t.Helper()
	var last string
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		response, err := http.Get(url)
		if err != nil {
			last = err.Error()
			continue
		}
		response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return
		}
		last = response.Status
	}
	t.Fatalf("serin did not get ready: %s", last)
}

// pushTraffic pushes all that the pods of one arm labelled until end, in batches.
func (s *serin) pushTraffic(arm string, of traffic, end time.Time) error {
	events := of.events(pushedStream, arm, end)
	for first := 0; first < len(events); first += batchLines {
		if err := s.pushBatch(events[first:min(first+batchLines, len(events))]); err != nil {
			return err
		}
	}
	return nil
}

// pushBatch pushes one batch twice under the same key, as a client does that missed the answer. The
// repeat must be acknowledged alike and not be counted: the samples of the verdict tell.
func (s *serin) pushBatch(events []labelEvent) error {
	s.batches++
	key := fmt.Sprintf("batch-%d", s.batches)
	body, err := asNDJSON(events)
	if err != nil {
		return err
	}
	for range 2 {
		accepted, err := s.push(key, body)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		if accepted != len(events) {
			return fmt.Errorf("%s: %d events accepted, want %d", key, accepted, len(events))
		}
	}
	return nil
}

func (s *serin) push(key string, body []byte) (accepted int, err error) {
	request, err := http.NewRequest(http.MethodPost, s.url+"/v1/events", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/x-ndjson")
	request.Header.Set("Authorization", "Bearer "+pushToken)
	request.Header.Set("Idempotency-Key", key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	if response.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%s: %s", response.Status, text)
	}
	var receipt struct{ Accepted int }
	err = json.Unmarshal(text, &receipt)
	return receipt.Accepted, err
}
