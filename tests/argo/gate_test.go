package argo

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
)

// The arms of the cases. stableTraffic is the incumbent, the others are canaries beside it.
var (
	stableTraffic    = traffic{pods: 6, minutes: 60, perMinute: 60, agreement: 0.9, seed: 1}
	equalTraffic     = traffic{pods: 3, minutes: 40, perMinute: 60, agreement: 0.9, seed: 2}
	brokenTraffic    = traffic{pods: 3, minutes: 40, perMinute: 60, agreement: 0.7, seed: 3}
	collapsedTraffic = traffic{pods: 3, minutes: 40, perMinute: 60, collapsed: true, seed: 4}
	scarceTraffic    = traffic{pods: 2, minutes: 5, perMinute: 2, agreement: 0.9, seed: 5}
)

// A gate is one rollout: what its arms labelled, how it asks, and how Argo ends it.
type gate struct {
	name    string
	canary  traffic           // none: no events
	hashes  arms              // none: two hashes of its own
	changed map[string]string // arguments other than the shipped Rollout's
	token   string            // none: the one that may ask
	phase   v1alpha1.AnalysisPhase
	verdict string // of the last answer; none: there was no answer
	reason  string
	refusal string // HTTP status of every answer where there was no verdict
}

var gates = []gate{
	{name: "an equal canary is promoted", canary: equalTraffic,
		phase: successful, verdict: "promote", reason: "within_margin"},
	{name: "a worse canary is rolled back", canary: brokenTraffic,
		phase: failed, verdict: "rollback", reason: "beyond_margin"},
	{name: "a canary with a single label is rolled back", canary: collapsedTraffic,
		phase: failed, verdict: "rollback", reason: "single_label"},
	{name: "too little data pauses", canary: scarceTraffic,
		phase: inconclusive, verdict: "inconclusive", reason: "too_few_samples"},
	{name: "a source that is down pauses where the stream says so",
		changed: map[string]string{"stream": tolerantStream},
		phase:   inconclusive, verdict: "inconclusive", reason: "source_unavailable"},
	{name: "a source that is down errs where the stream says so",
		changed: map[string]string{"stream": downStream}, phase: errored, refusal: "502"},
	{name: "an empty hash errs", hashes: arms{canary: "", stable: "6c5f9d7b8"},
		phase: errored, refusal: "422"},
	{name: "equal hashes err", hashes: arms{canary: "6c5f9d7b8", stable: "6c5f9d7b8"},
		phase: errored, refusal: "422"},
	{name: "an argument that was never filled in errs",
		hashes: arms{canary: "{{args.canary-hash}}", stable: "6c5f9d7b8"},
		phase:  errored, refusal: "422"},
	{name: "an unknown token errs", token: "not-a-token", phase: errored, refusal: "401"},
	{name: "an unknown stream errs", changed: map[string]string{"stream": "chekout"},
		phase: errored, refusal: "404"},
}

func TestShippedGateEndsRolloutsByTheirLabels(t *testing.T) {
	server := startSerin(t)
	for number, g := range gates {
		t.Run(g.name, func(t *testing.T) {
			if g.hashes == (arms{}) {
				g.hashes = ownHashes(number)
			}
			if g.canary != (traffic{}) {
				pushArms(t, server, g.hashes, g.canary)
			}
			status := g.run(t, server, nil)
			if status.Phase != g.phase {
				t.Fatalf("run ended %s, want %s\n%s", status.Phase, g.phase, asJSON(status))
			}
			g.checkMeasurements(t, onlyResult(t, status))
		})
	}
}

// A look that cannot decide yet does not end the run, and the first promote does: nothing waits for
// the looks that are left.
func TestShippedGateEndsAtTheFirstPromote(t *testing.T) {
	server := startSerin(t)
	g := gate{hashes: ownHashes(0)}
	pushArms(t, server, g.hashes, scarceTraffic)
	waits := 0
	status := g.run(t, server, func() {
		waits++
		// The first wait is the initial delay, the second follows the first look.
		if waits == 2 {
			if err := server.pushTraffic(g.hashes.canary, equalTraffic, time.Now()); err != nil {
				t.Error(err)
			}
		}
	})
	var phases []v1alpha1.AnalysisPhase
	for _, measurement := range onlyResult(t, status).Measurements {
		phases = append(phases, measurement.Phase)
	}
	want := []v1alpha1.AnalysisPhase{inconclusive, successful}
	if fmt.Sprint(phases) != fmt.Sprint(want) || status.Phase != successful {
		t.Errorf("looks %v ended the run %s, want %v\n%s", phases, status.Phase, want, asJSON(status))
	}
}

// pushArms pushes what both arms labelled up to the same moment.
func pushArms(t *testing.T, server *serin, hashes arms, canary traffic) {
	t.Helper()
	now := time.Now()
	if err := server.pushTraffic(hashes.stable, stableTraffic, now); err != nil {
		t.Fatal(err)
	}
	if err := server.pushTraffic(hashes.canary, canary, now); err != nil {
		t.Fatal(err)
	}
}

func ownHashes(number int) arms {
	return arms{canary: fmt.Sprintf("5d8f7c%02db", number), stable: fmt.Sprintf("7b9c6d%02df", number)}
}

// run drives the gate's AnalysisRun against the server until Argo says that it has ended.
func (g gate) run(t *testing.T, server *serin, onWait func()) v1alpha1.AnalysisRunStatus {
	t.Helper()
	changed := map[string]string{"serin-url": server.url}
	for name, value := range g.changed {
		changed[name] = value
	}
	run := newShippedRun(t, "gate", g.hashes, changed)
	token := g.token
	if token == "" {
		token = gateToken
	}
	return runToCompletion(t, run, onWait, tokenSecret(run.Namespace, token))
}

// tokenSecret is the Secret that the shipped template reads the token from.
func tokenSecret(namespace, token string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "serin-token", Namespace: namespace},
		Data:       map[string][]byte{"token": []byte(token)},
	}
}

func (g gate) checkMeasurements(t *testing.T, result v1alpha1.MetricResult) {
	t.Helper()
	looks, errors := g.expectedMeasurements(t)
	if int(result.Count) != looks || int(result.Error) != errors {
		t.Errorf("%d looks and %d errors, want %d and %d", result.Count, result.Error, looks, errors)
	}
	for _, measurement := range result.Measurements {
		if g.refusal != "" {
			g.checkRefusal(t, measurement)
		} else {
			g.checkAnswer(t, measurement)
		}
	}
}

// expectedMeasurements: a decision ends the run at once, inconclusive looks use up the count, and
// refusals use up the error limit.
func (g gate) expectedMeasurements(t *testing.T) (looks, errors int) {
	t.Helper()
	metric := shippedMetric(t)
	switch g.phase {
	case errored:
		return 0, metric.ConsecutiveErrorLimit.IntValue() + 1
	case inconclusive:
		return metric.Count.IntValue(), 0
	default:
		return 1, 0
	}
}

func (g gate) checkRefusal(t *testing.T, measurement v1alpha1.Measurement) {
	t.Helper()
	if !strings.HasSuffix(measurement.Message, g.refusal) {
		t.Errorf("measurement says %q, want the status %s", measurement.Message, g.refusal)
	}
}

func (g gate) checkAnswer(t *testing.T, measurement v1alpha1.Measurement) {
	t.Helper()
	got := readAnswer(t, measurement.Value)
	if got.Verdict != g.verdict || got.Reason != g.reason {
		t.Errorf("verdict %s because of %s, want %s because of %s",
			got.Verdict, got.Reason, g.verdict, g.reason)
	}
	if g.canary == (traffic{}) {
		return
	}
	// What the stable arm labelled before the canary came does not belong to the rollout.
	stable := stableTraffic
	stable.minutes = min(stable.minutes, g.canary.minutes)
	if *got.Canary.Samples != g.canary.items() || *got.Stable.Samples != stable.items() {
		t.Errorf("judged %d canary and %d stable events, want %d and %d", *got.Canary.Samples,
			*got.Stable.Samples, g.canary.items(), stable.items())
	}
	if g.reason == "within_margin" || g.reason == "beyond_margin" {
		checkInterval(t, got)
	}
}
