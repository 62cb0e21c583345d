package argo

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"sync/atomic"
	"testing"
	"time"

	log "github.com/sirupsen/logrus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/informers"
	kubefake "k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/util/workqueue"

	"github.com/argoproj/argo-rollouts/analysis"
	"github.com/argoproj/argo-rollouts/controller/metrics"
	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"github.com/argoproj/argo-rollouts/pkg/client/clientset/versioned"
	argofake "github.com/argoproj/argo-rollouts/pkg/client/clientset/versioned/fake"
	argoinformers "github.com/argoproj/argo-rollouts/pkg/client/informers/externalversions"
	"github.com/argoproj/argo-rollouts/utils/record"
	timeutil "github.com/argoproj/argo-rollouts/utils/time"
)

// runPatience bounds a run in real time. A run skips its waits, so what remains are its requests.
const runPatience = time.Minute

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard)
	os.Exit(m.Run())
}

// skippingQueue is the controller's work queue with one change: where the controller would wait
// for the next measurement, Argo's clock jumps ahead by that wait. So the intervals and the fixed
// retry delay of the shipped template are exercised as they are, without being sat through.
type skippingQueue struct {
	workqueue.RateLimitingInterface
	skipped atomic.Int64
	onWait  func()
}

// AddAfter does not add the item: the controller stores the new status right after this call, and
// the informer adds the item once it has seen it. Adding it here could measure twice on one status.
func (q *skippingQueue) AddAfter(_ interface{}, delay time.Duration) {
	q.skipped.Add(int64(delay))
	if q.onWait != nil {
		q.onWait()
	}
}

func (q *skippingQueue) now() time.Time {
	return time.Now().Add(time.Duration(q.skipped.Load()))
}

// newSkippingQueue takes over Argo's clock, which is global: tests that use it do not run in
// parallel.
func newSkippingQueue(t *testing.T, onWait func()) *skippingQueue {
	t.Helper()
	limiter := workqueue.DefaultControllerRateLimiter()
	queue := &skippingQueue{
		RateLimitingInterface: workqueue.NewNamedRateLimitingQueue(limiter, "AnalysisRuns"),
		onWait:                onWait,
	}
	timeutil.SetNowTimeFunc(queue.now)
	t.Cleanup(func() { timeutil.SetNowTimeFunc(time.Now) })
	return queue
}

// runToCompletion hands the run to Argo's own AnalysisRun controller over in-memory clients and
// returns its final status. kubeObjects are what the controller may read beside it (Secrets);
// onWait, where given, is called before each further measurement.
func runToCompletion(t *testing.T, run *v1alpha1.AnalysisRun, onWait func(), kubeObjects ...runtime.Object) v1alpha1.AnalysisRunStatus {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), runPatience)
	queue := newSkippingQueue(t, onWait)
	argo := argofake.NewSimpleClientset(run)
	stopped := startController(ctx, t, queue, argo, kubefake.NewSimpleClientset(kubeObjects...))
	defer func() {
		cancel()
		queue.ShutDown()
		<-stopped
	}()
	return waitForCompletion(ctx, t, argo, run)
}

// startController starts one worker; the channel closes when it has ended.
func startController(ctx context.Context, t *testing.T, queue workqueue.RateLimitingInterface, argo versioned.Interface, kube *kubefake.Clientset) <-chan struct{} {
	t.Helper()
	kubeInformers := informers.NewSharedInformerFactory(kube, 0)
	argoInformers := argoinformers.NewSharedInformerFactory(argo, 0)
	rollouts := argoInformers.Argoproj().V1alpha1()
	config := analysis.ControllerConfig{
		KubeClientSet:        kube,
		ArgoProjClientset:    argo,
		AnalysisRunInformer:  rollouts.AnalysisRuns(),
		JobInformer:          kubeInformers.Batch().V1().Jobs(),
		AnalysisRunWorkQueue: queue,
		Recorder:             record.NewFakeEventRecorder(),
		MetricsServer: metrics.NewMetricsServer(metrics.ServerConfig{
			AnalysisRunLister:             rollouts.AnalysisRuns().Lister(),
			AnalysisTemplateLister:        rollouts.AnalysisTemplates().Lister(),
			ClusterAnalysisTemplateLister: rollouts.ClusterAnalysisTemplates().Lister(),
			K8SRequestProvider:            &metrics.K8sRequestsCountProvider{},
		}),
	}
	addVersionInformers(&config, kubeInformers)
	controller := analysis.NewController(config)
	kubeInformers.Start(ctx.Done())
	argoInformers.Start(ctx.Done())
	kubeInformers.WaitForCacheSync(ctx.Done())
	argoInformers.WaitForCacheSync(ctx.Done())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		if err := controller.Run(ctx, 1); err != nil {
			t.Errorf("AnalysisRun controller: %v", err)
		}
	}()
	return stopped
}

func waitForCompletion(ctx context.Context, t *testing.T, argo versioned.Interface, run *v1alpha1.AnalysisRun) v1alpha1.AnalysisRunStatus {
	t.Helper()
	var status v1alpha1.AnalysisRunStatus
	completed := func(ctx context.Context) (bool, error) {
		current, err := argo.ArgoprojV1alpha1().AnalysisRuns(run.Namespace).Get(ctx, run.Name, metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		status = current.Status
		return status.Phase.Completed(), nil
	}
	if err := wait.PollUntilContextCancel(ctx, 10*time.Millisecond, true, completed); err != nil {
		t.Fatalf("run %s did not complete: %v\n%s", run.Name, err, asJSON(status))
	}
	return status
}

func asJSON(value any) string {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// onlyResult is the result of the one metric that each template here has.
func onlyResult(t *testing.T, status v1alpha1.AnalysisRunStatus) v1alpha1.MetricResult {
	t.Helper()
	if len(status.MetricResults) != 1 {
		t.Fatalf("%d metric results, want 1\n%s", len(status.MetricResults), asJSON(status))
	}
	return status.MetricResults[0]
}
