package argo

import (
	"net/http"
	"net/http/httptest"
	"testing"

	log "github.com/sirupsen/logrus"
	kubefake "k8s.io/client-go/kubernetes/fake"

	"github.com/argoproj/argo-rollouts/metricproviders"
	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
)

const (
	successful   = v1alpha1.AnalysisPhaseSuccessful
	failed       = v1alpha1.AnalysisPhaseFailed
	inconclusive = v1alpha1.AnalysisPhaseInconclusive
	errored      = v1alpha1.AnalysisPhaseError
)

// readings is what Argo's web provider makes of each answer. Serin's HTTP promises rest on these
// rows, so a version of Argo that reads one of them differently has to be noticed here.
//
// The rows in the second block are the trap: Argo counts a 2xx body that its JSON decoder refuses
// as Successful, even where the text says rollback. Hence Serin's strict JSON, its Content-Length
// on every answer, and no 204 and no empty 200.
var readings = []struct {
	name   string
	answer http.HandlerFunc
	phase  v1alpha1.AnalysisPhase
	value  string
}{
	{"promote", says(200, `{"result":{"verdict":"promote","delta":0.01}}`), successful, `{"delta":0.01,"verdict":"promote"}`},
	{"rollback", says(200, `{"result":{"verdict":"rollback","delta":-0.3}}`), failed, `{"delta":-0.3,"verdict":"rollback"}`},
	{"inconclusive", says(200, `{"result":{"verdict":"inconclusive","delta":-0.05}}`), inconclusive, `{"delta":-0.05,"verdict":"inconclusive"}`},
	{"no verdict", says(200, `{"result":{"delta":-0.05}}`), inconclusive, `{"delta":-0.05}`},
	{"202 inconclusive", says(202, `{"result":{"verdict":"inconclusive"}}`), inconclusive, `{"verdict":"inconclusive"}`},
	{"redirect to a promote", redirects, successful, `{"verdict":"promote"}`},
	{"newlines after the document", says(200, `{"result":{"verdict":"rollback"}}`+"\n\n"), failed, `{"verdict":"rollback"}`},
	{"duplicate key", says(200, `{"result":{"verdict":"rollback","verdict":"promote"}}`), successful, `{"verdict":"promote"}`},
	{"integer above 2^53", says(200, `{"result":{"verdict":"promote","n":12345678901234567890}}`), successful, `{"n":12345678901234567000,"verdict":"promote"}`},
	{"invalid UTF-8", says(200, "{\"result\":{\"verdict\":\"promote\",\"note\":\"\xff\xfe\"}}"), successful, "{\"note\":\"\ufffd\ufffd\",\"verdict\":\"promote\"}"},

	{"nan", says(200, `{"result":{"verdict":"rollback","delta":nan}}`), successful, `{"result":{"verdict":"rollback","delta":nan}}`},
	{"NaN", says(200, `{"result":{"verdict":"rollback","delta":NaN}}`), successful, `{"result":{"verdict":"rollback","delta":NaN}}`},
	{"number beyond double", says(200, `{"result":{"verdict":"rollback","n":1e999}}`), successful, `{"result":{"verdict":"rollback","n":1e999}}`},
	{"HTML", saysHTML, successful, "<html>sign in</html>"},
	{"empty 200", says(200, ""), successful, ""},
	{"204", says(204, ""), successful, ""},
	{"two documents", says(200, `{"result":{"verdict":"rollback"}}{"x":1}`), successful, `{"result":{"verdict":"rollback"}}{"x":1}`},
	{"byte order mark", says(200, "\xef\xbb\xbf"+`{"result":{"verdict":"rollback"}}`), successful, "\xef\xbb\xbf" + `{"result":{"verdict":"rollback"}}`},
	{"cut, length unknown", sendsRaw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + `{"result":{"verdict":"roll`), successful, `{"result":{"verdict":"roll`},

	{"result is null", says(200, `{"result":null}`), errored, ""},
	{"path finds nothing", says(200, `{"other":1}`), errored, ""},
	{"document is a scalar", says(200, `"promote"`), errored, ""},
	{"400", says(400, `{"error":"bad request"}`), errored, ""},
	{"404", says(404, `{"error":"unknown"}`), errored, ""},
	{"429", says(429, `{"error":"busy"}`), errored, ""},
	{"500", says(500, `{"error":"oops"}`), errored, ""},
	{"503", says(503, `{"error":"not ready"}`), errored, ""},
	{"too slow", staysSilent, errored, ""},
	{"cut, length known", sendsRaw("HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n" + `{"result":{"verdict":"roll`), errored, ""},
	{"reset", resets, errored, ""},
}

func TestProviderReadsAnswersAsDocumented(t *testing.T) {
	for _, reading := range readings {
		t.Run(reading.name, func(t *testing.T) {
			t.Parallel()
			got := measureOnce(t, serveCanned(t, reading.answer))
			if got.Phase != reading.phase {
				t.Errorf("phase %s, want %s (%s)", got.Phase, reading.phase, got.Message)
			}
			if got.Value != reading.value {
				t.Errorf("value %q, want %q", got.Value, reading.value)
			}
		})
	}
}

func TestProviderErrsWhereNothingListens(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	if got := measureOnce(t, server.URL); got.Phase != errored {
		t.Errorf("phase %s, want %s", got.Phase, errored)
	}
}

// measureOnce takes a single measurement with Argo's web provider.
func measureOnce(t *testing.T, url string) v1alpha1.Measurement {
	t.Helper()
	run := newRun(t, cannedTemplate(url), nil, "once", "default")
	factory := metricproviders.ProviderFactory{KubeClient: kubefake.NewSimpleClientset()}
	metric := run.Spec.Metrics[0]
	provider, err := factory.NewProvider(*log.WithField("metric", metric.Name), run.Namespace, metric)
	if err != nil {
		t.Fatal(err)
	}
	return provider.Run(run, metric)
}
