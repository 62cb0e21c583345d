package argo

import (
	"testing"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/argoproj/argo-rollouts/analysis"
	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
)

func limit(n int) *intstr.IntOrString {
	value := intstr.FromInt32(int32(n))
	return &value
}

// endings is how Argo's limits turn a row of equal answers into the end of a run. The shipped
// template chooses its limits by these rows.
var endings = []struct {
	name         string
	status       int
	body         string
	change       func(*v1alpha1.Metric)
	phase        v1alpha1.AnalysisPhase
	measurements int32
}{
	{
		name:   "count reached by inconclusive looks alone ends Successful",
		status: 200, body: `{"result":{"verdict":"inconclusive"}}`,
		change: func(m *v1alpha1.Metric) { m.Count, m.InconclusiveLimit = limit(3), limit(3) },
		phase:  successful, measurements: 3,
	},
	{
		name:   "the same with a success limit ends Inconclusive",
		status: 200, body: `{"result":{"verdict":"inconclusive"}}`,
		change: func(m *v1alpha1.Metric) {
			m.Count, m.InconclusiveLimit, m.ConsecutiveSuccessLimit = limit(3), limit(3), limit(1)
		},
		phase: inconclusive, measurements: 3,
	},
	{
		name:   "a success limit of one ends at the first promote",
		status: 200, body: `{"result":{"verdict":"promote"}}`,
		change: func(m *v1alpha1.Metric) { m.Count, m.ConsecutiveSuccessLimit = limit(3), limit(1) },
		phase:  successful, measurements: 1,
	},
	{
		name:   "without a success condition inconclusive counts as success",
		status: 200, body: `{"result":{"verdict":"inconclusive"}}`,
		change: func(m *v1alpha1.Metric) { m.Count, m.SuccessCondition = limit(2), "" },
		phase:  successful, measurements: 2,
	},
	{
		name:   "without a failure condition inconclusive counts as failure",
		status: 200, body: `{"result":{"verdict":"inconclusive"}}`,
		change: func(m *v1alpha1.Metric) { m.Count, m.FailureCondition = limit(2), "" },
		phase:  failed, measurements: 1,
	},
	{
		name:   "the fifth error in a row ends the run by default",
		status: 503, body: `{"error":"not ready"}`,
		change: func(m *v1alpha1.Metric) { m.Count = limit(3) },
		phase:  errored, measurements: 5,
	},
	{
		name:   "a larger error limit buys more retries",
		status: 503, body: `{"error":"not ready"}`,
		change: func(m *v1alpha1.Metric) { m.Count, m.ConsecutiveErrorLimit = limit(3), limit(7) },
		phase:  errored, measurements: 8,
	},
}

func TestLimitsEndRunsAsDocumented(t *testing.T) {
	for _, ending := range endings {
		t.Run(ending.name, func(t *testing.T) {
			template := cannedTemplate(serveCanned(t, says(ending.status, ending.body)))
			ending.change(&template.Spec.Metrics[0])
			status := runToCompletion(t, newRun(t, template, nil, "limits", "default"), nil)
			if status.Phase != ending.phase {
				t.Errorf("run ended %s, want %s\n%s", status.Phase, ending.phase, asJSON(status))
			}
			result := onlyResult(t, status)
			if taken := result.Count + result.Error; taken != ending.measurements {
				t.Errorf("%d measurements, want %d", taken, ending.measurements)
			}
			checkSpacing(t, result)
		})
	}
}

// checkSpacing requires that measurements follow each other as Argo's clock sees it: no sooner than
// the metric's interval, and after an error at the fixed retry delay, which does not wait for it.
func checkSpacing(t *testing.T, result v1alpha1.MetricResult) {
	t.Helper()
	for i := 1; i < len(result.Measurements); i++ {
		before := result.Measurements[i-1]
		gap := result.Measurements[i].StartedAt.Sub(before.FinishedAt.Time)
		atLeast, isRetry := cannedInterval, before.Phase == errored
		if isRetry {
			atLeast = analysis.DefaultErrorRetryInterval
		}
		if gap < atLeast || (isRetry && gap >= cannedInterval) {
			t.Errorf("measurement %d came %s after the one before (%s)", i, gap, before.Phase)
		}
	}
}
