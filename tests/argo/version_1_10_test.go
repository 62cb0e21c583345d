//go:build argo_1_10

package argo

import (
	"k8s.io/client-go/informers"

	"github.com/argoproj/argo-rollouts/analysis"
)

// addVersionInformers adds what 1.10 needs beside Jobs: it watches the pods of job metrics.
func addVersionInformers(config *analysis.ControllerConfig, kube informers.SharedInformerFactory) {
	config.JobPodsInformer = kube.Core().V1().Pods()
}
