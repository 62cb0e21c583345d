//go:build !argo_1_10

package argo

import (
	"k8s.io/client-go/informers"

	"github.com/argoproj/argo-rollouts/analysis"
)

// addVersionInformers adds what later versions need beside Jobs. 1.9 needs nothing.
func addVersionInformers(*analysis.ControllerConfig, informers.SharedInformerFactory) {}
