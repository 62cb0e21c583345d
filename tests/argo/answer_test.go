package argo

import (
	"encoding/json"
	"strings"
	"testing"
)

// answerBytesMax is what Argo is promised to have to store for one measurement.
const answerBytesMax = 1024

// answer is Serin's answer to an analysis. Absent and null numbers are nil.
type answer struct {
	ID       string   `json:"id"`
	Verdict  string   `json:"verdict"`
	Reason   string   `json:"reason"`
	Delta    delta    `json:"delta"`
	Canary   sideOf   `json:"canary"`
	Stable   sideOf   `json:"stable"`
	Warnings []string `json:"warnings"`
	Forecast *struct {
		Samples *float64 `json:"samples"`
		Minutes *float64 `json:"minutes"`
	} `json:"forecast"`
	Report string `json:"report"`
}

type delta struct {
	Estimate *float64 `json:"estimate"`
	Lower    *float64 `json:"lower"`
	Upper    *float64 `json:"upper"`
	Level    *float64 `json:"level"`
	Margin   *float64 `json:"margin"`
	Plan     *uint64  `json:"plan"`
}

type sideOf struct {
	NMI        *float64 `json:"nmi"`
	Lower      *float64 `json:"lower"`
	Upper      *float64 `json:"upper"`
	Samples    *uint64  `json:"samples"`
	Referenced *float64 `json:"referenced"`
}

// readAnswer reads a measured value strictly: valid JSON, no field that is not documented, none
// missing, and small enough to be stored.
func readAnswer(t *testing.T, value string) answer {
	t.Helper()
	if len(value) >= answerBytesMax {
		t.Errorf("the answer takes %d bytes, want less than %d", len(value), answerBytesMax)
	}
	var got answer
	decoder := json.NewDecoder(strings.NewReader(value))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&got); err != nil {
		t.Fatalf("measured value: %v\n%s", err, value)
	}
	requireFields(t, value, "id", "verdict", "reason", "delta", "canary", "stable", "warnings")
	if got.ID == "" || got.Reason == "" || got.Delta.Level == nil || got.Delta.Margin == nil {
		t.Errorf("id, reason, level and margin must be told\n%s", value)
	}
	if got.Canary.Samples == nil || got.Stable.Samples == nil {
		t.Errorf("the samples of both arms must be told\n%s", value)
	}
	return got
}

func requireFields(t *testing.T, value string, names ...string) {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(value), &fields); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if _, found := fields[name]; !found {
			t.Errorf("the answer lacks %q\n%s", name, value)
		}
	}
}

// checkInterval requires a finite interval around its estimate, on the side of the margin that the
// verdict claims.
func checkInterval(t *testing.T, got answer) {
	t.Helper()
	d := got.Delta
	if d.Estimate == nil || d.Lower == nil || d.Upper == nil {
		t.Fatalf("a decided verdict lacks its interval: %s", asJSON(got))
	}
	if *d.Lower > *d.Estimate || *d.Estimate > *d.Upper {
		t.Errorf("the interval does not hold its estimate: %s", asJSON(d))
	}
	if got.Verdict == "promote" && *d.Lower <= -*d.Margin {
		t.Errorf("promoted although the loss may exceed the margin: %s", asJSON(d))
	}
	if got.Reason == "beyond_margin" && *d.Upper >= -*d.Margin {
		t.Errorf("rolled back although the loss may be within the margin: %s", asJSON(d))
	}
}
