package argo

import (
	"os"
	"path/filepath"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	analysisutil "github.com/argoproj/argo-rollouts/utils/analysis"
	"github.com/argoproj/argo-rollouts/utils/defaults"
)

// manifestFolder is where the manifests that users apply live, seen from this folder.
const manifestFolder = "../../manifests"

// loadManifest reads one shipped file as strictly as can be: a key that is misspelt, or given in
// the wrong case, is an error here, while a cluster would prune it in silence.
func loadManifest[T any](t *testing.T, name string) *T {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(manifestFolder, name))
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	object := new(T)
	if strict, err := json.UnmarshalStrict(asJSON, object); err != nil || len(strict) > 0 {
		t.Fatalf("%s: %v %v", name, err, strict)
	}
	return object
}

func shippedTemplate(t *testing.T) *v1alpha1.AnalysisTemplate {
	t.Helper()
	return loadManifest[v1alpha1.AnalysisTemplate](t, "analysistemplate-inline-gate.yaml")
}

func shippedRollout(t *testing.T) *v1alpha1.Rollout {
	t.Helper()
	return loadManifest[v1alpha1.Rollout](t, "rollout-snippet.yaml")
}

// shippedMetric is the only metric of the shipped template.
func shippedMetric(t *testing.T) v1alpha1.Metric {
	t.Helper()
	metrics := shippedTemplate(t).Spec.Metrics
	if len(metrics) != 1 {
		t.Fatalf("the shipped template has %d metrics, want 1", len(metrics))
	}
	return metrics[0]
}

// analysisStep finds the inline analysis of the shipped Rollout.
func analysisStep(t *testing.T, rollout *v1alpha1.Rollout) *v1alpha1.RolloutAnalysis {
	t.Helper()
	for _, step := range rollout.Spec.Strategy.Canary.Steps {
		if step.Analysis != nil {
			return step.Analysis
		}
	}
	t.Fatal("rollout-snippet.yaml has no analysis step")
	return nil
}

// arms are the pod-template hashes of the two sides.
type arms struct{ canary, stable string }

func replicaSet(hash string) *appsv1.ReplicaSet {
	labels := map[string]string{v1alpha1.DefaultRolloutUniqueLabelKey: hash}
	return &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Labels: labels}}
}

// newShippedRun makes the AnalysisRun that Argo would make for the shipped Rollout and template
// with these two ReplicaSets. changed arguments win over those of the Rollout.
func newShippedRun(t *testing.T, name string, hashes arms, changed map[string]string) *v1alpha1.AnalysisRun {
	t.Helper()
	rollout := shippedRollout(t)
	args, err := analysisutil.BuildArgumentsForRolloutAnalysisRun(
		analysisStep(t, rollout).Args, replicaSet(hashes.stable), replicaSet(hashes.canary), rollout)
	if err != nil {
		t.Fatalf("arguments of the shipped Rollout: %v", err)
	}
	for key, value := range changed {
		args = append(args, v1alpha1.Argument{Name: key, Value: &value})
	}
	return newRun(t, shippedTemplate(t), args, name, rollout.Namespace)
}

func newRun(t *testing.T, template *v1alpha1.AnalysisTemplate, args []v1alpha1.Argument, name, namespace string) *v1alpha1.AnalysisRun {
	t.Helper()
	templates := []*v1alpha1.AnalysisTemplate{template}
	run, err := analysisutil.NewAnalysisRunFromTemplates(
		templates, nil, args, nil, nil, nil, nil, name, "", namespace)
	if err != nil {
		t.Fatalf("analysis run from %s: %v", template.Name, err)
	}
	return run
}

func TestClusterTemplateIsTheSameGate(t *testing.T) {
	cluster := loadManifest[v1alpha1.ClusterAnalysisTemplate](t, "clusteranalysistemplate-inline-gate.yaml")
	namespaced := shippedTemplate(t)
	if cluster.Name != namespaced.Name {
		t.Errorf("names differ: %q and %q", cluster.Name, namespaced.Name)
	}
	if !equality.Semantic.DeepEqual(cluster.Spec, namespaced.Spec) {
		t.Error("the two shipped templates differ in their spec")
	}
}

func TestShippedRolloutGivesEveryArgumentOnce(t *testing.T) {
	rollout := shippedRollout(t)
	step := analysisStep(t, rollout)
	given := map[string]int{}
	for _, arg := range step.Args {
		given[arg.Name]++
	}
	for _, arg := range shippedTemplate(t).Spec.Args {
		want := 1
		if arg.Value != nil || arg.ValueFrom != nil {
			want = 0
		}
		if given[arg.Name] != want {
			t.Errorf("argument %q: given %d times, want %d", arg.Name, given[arg.Name], want)
		}
		delete(given, arg.Name)
	}
	if len(given) != 0 {
		t.Errorf("arguments the template does not know: %v", given)
	}
	if got, want := step.Templates[0].TemplateName, shippedTemplate(t).Name; got != want {
		t.Errorf("the Rollout names the template %q, want %q", got, want)
	}
}

func TestShippedLimitsFitTogether(t *testing.T) {
	metric := shippedMetric(t)
	if err := analysisutil.ValidateMetrics([]v1alpha1.Metric{metric}); err != nil {
		t.Fatal(err)
	}
	if metric.Count == nil {
		t.Fatal("without a count the run goes on until it is terminated, and then ends Successful")
	}
	limits := []struct {
		name string
		got  *intstr.IntOrString
		want int
	}{
		{"consecutiveSuccessLimit", metric.ConsecutiveSuccessLimit, 1},
		{"failureLimit", metric.FailureLimit, 0},
		{"inconclusiveLimit", metric.InconclusiveLimit, metric.Count.IntValue()},
	}
	for _, limit := range limits {
		if limit.got == nil || limit.got.IntValue() != limit.want {
			t.Errorf("%s is %v, want %d", limit.name, limit.got, limit.want)
		}
	}
	if got := defaults.GetConsecutiveErrorLimitOrDefault(&metric); got <= defaults.DefaultConsecutiveErrorLimit {
		t.Errorf("consecutiveErrorLimit is %d: a restart of Serin takes longer than Argo's default allows", got)
	}
	if got := metric.Provider.Web.TimeoutSeconds; got != 10 {
		t.Errorf("timeoutSeconds is %d, want 10: Serin answers within 8 s", got)
	}
	if metric.SuccessCondition == "" || metric.FailureCondition == "" {
		t.Error("both conditions are needed: with one of them inconclusive turns into its opposite")
	}
}
