package argo

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
)

// A canned answer is what a web metric endpoint may say, broken ways included.

const jsonType = "application/json"

// says answers with a status and a body of known length.
func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", jsonType)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func saysHTML(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprint(w, "<html>sign in</html>")
}

// redirects sends the client to an answer that would promote.
func redirects(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/promote" {
		says(http.StatusOK, `{"result":{"verdict":"promote"}}`)(w, r)
		return
	}
	http.Redirect(w, r, "/promote", http.StatusFound)
}

// staysSilent holds the request until the client gives up.
func staysSilent(_ http.ResponseWriter, r *http.Request) {
	<-r.Context().Done()
}

// sendsRaw writes these bytes to the connection and closes it.
func sendsRaw(bytes string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer connection.Close()
		fmt.Fprint(connection, bytes)
	}
}

// resets closes the connection with a reset instead of an orderly end.
func resets(w http.ResponseWriter, _ *http.Request) {
	connection, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	if err := connection.(*net.TCPConn).SetLinger(0); err != nil {
		panic(err)
	}
	connection.Close()
}

// serveCanned starts a server for one answer and returns its address.
func serveCanned(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL
}

const cannedInterval = 5 * time.Minute

// cannedTemplate asks url as simply as possible; limits are left at Argo's defaults.
func cannedTemplate(url string) *v1alpha1.AnalysisTemplate {
	metric := v1alpha1.Metric{
		Name:             "canned",
		SuccessCondition: `result.verdict == "promote"`,
		FailureCondition: `result.verdict == "rollback"`,
		Interval:         v1alpha1.DurationString(cannedInterval.String()),
	}
	metric.Provider.Web = &v1alpha1.WebMetric{
		URL: url, JSONPath: "{$.result}", TimeoutSeconds: 1,
	}
	template := &v1alpha1.AnalysisTemplate{}
	template.Name = "canned"
	template.Spec.Metrics = []v1alpha1.Metric{metric}
	return template
}
