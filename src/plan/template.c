#include "plan/template.h"

#include "base/json_writer.h"
#include "base/number.h"

#include <assert.h>

static void write_head(const struct template_options *options, struct buffer *out)
{
    buffer_append_text(out, "# Written by serin plan. Needs Argo Rollouts 1.8 or newer.\n"
                            "apiVersion: argoproj.io/v1alpha1\n"
                            "kind: AnalysisTemplate\n"
                            "metadata:\n");
    buffer_printf(out, "  name: %s\n", options->name ? options->name : "serin-inline-gate");
}

static void write_args(const struct template_options *options, struct buffer *out)
{
    buffer_append_text(out, "spec:\n"
                            "  args:\n");
    if (!options->stream) {
        buffer_append_text(out, "    - name: stream\n");
    }
    buffer_append_text(out, "    - name: canary-hash    # podTemplateHashValue: Latest\n"
                            "    - name: stable-hash    # podTemplateHashValue: Stable\n"
                            "    - name: rollout        # fieldPath: metadata.name\n"
                            "    - name: namespace      # fieldPath: metadata.namespace\n"
                            "    # The Service itself: a login page in between, answered with 200, "
                            "would count as Successful.\n"
                            "    - name: serin-url\n"
                            "      value: http://serin.serin.svc:8080\n"
                            "    - name: token\n"
                            "      valueFrom:\n"
                            "        secretKeyRef:\n"
                            "          name: serin-token\n"
                            "          key: token\n");
}

static void write_reason(const struct advice *advice, struct buffer *out)
{
    for (size_t i = 0; i < advice->case_count; i++) {
        const struct advice_case *each = &advice->cases[i];
        buffer_append_text(out, "      # ");
        buffer_append_text(out, decision_name(each->decision));
        buffer_append_text(out, each->delta < 0.0 ? " after a loss of " : " when nothing changed");
        if (each->delta < 0.0) {
            buffer_append_text(out, number_write_fixed(-each->delta, 3, NUMBER_TEXT));
        }
        buffer_printf(out, ": %llu of %llu looks, with a chance of ",
                      (unsigned long long)each->likely.looks,
                      (unsigned long long)advice->gate.looks);
        buffer_append_text(out, number_write_fixed(advice->power * 100.0, 0, NUMBER_TEXT));
        buffer_append_text(out, " %.\n");
    }
}

/* One look needs no interval, and Argo then asks for no count either. */
static void write_looks(const struct advice *advice, struct buffer *out)
{
    const struct advice_gate *gate = &advice->gate;
    if (gate->delay_ms > 0) {
        buffer_printf(out, "      initialDelay: %s\n",
                      number_write_duration(gate->delay_ms, NUMBER_TEXT));
    }
    if (gate->looks > 1) {
        buffer_printf(out, "      interval: %s\n",
                      number_write_duration(gate->every_ms, NUMBER_TEXT));
    }
    buffer_printf(out, "      count: %llu\n", (unsigned long long)gate->looks);
}

static void write_metric(const struct advice *advice, struct buffer *out)
{
    unsigned long long looks = (unsigned long long)advice->gate.looks;
    buffer_append_text(out, "  metrics:\n"
                            "    - name: label-agreement\n"
                            "      # Both: with one alone, inconclusive becomes its opposite.\n"
                            "      successCondition: result.verdict == \"promote\"\n"
                            "      failureCondition: result.verdict == \"rollback\"\n");
    write_reason(advice, out);
    write_looks(advice, out);
    buffer_printf(out,
                  "      consecutiveSuccessLimit: 1    # the first promote ends the run\n"
                  "      failureLimit: 0               # the first rollback aborts the rollout\n"
                  "      # Looks without either never end the run early; when all are used up the "
                  "rollout pauses.\n"
                  "      inconclusiveLimit: %llu\n"
                  "      # An error is retried every 10 s: two minutes for a restart of Serin.\n"
                  "      consecutiveErrorLimit: 12\n",
                  looks);
}

/* What the service would not take by itself. */
static void write_judgement(const struct judgement *judgement, const struct judgement *base,
                            struct buffer *out)
{
    static const char indent[] = "            ";
    if (judgement->design != base->design) {
        buffer_printf(out, "%sdesign: %s\n", indent, design_name(judgement->design));
    }
    if (judgement->margin != base->margin) {
        buffer_printf(out, "%smargin: %s\n", indent,
                      number_write_double(judgement->margin, NUMBER_TEXT));
    }
    if (judgement->level != base->level) {
        buffer_printf(out, "%slevel: %s\n", indent,
                      number_write_double(judgement->level, NUMBER_TEXT));
    }
    if (judgement->interval != base->interval) {
        buffer_printf(out, "%sinterval: %s\n", indent, interval_kind_name(judgement->interval));
    }
    if (judgement->normalizer != base->normalizer) {
        buffer_printf(out, "%snormalizer: %s\n", indent,
                      serin_normalizer_name(judgement->normalizer));
    }
    if (judgement->min_samples != base->min_samples) {
        buffer_printf(out, "%smin_samples: %s\n", indent,
                      number_write_uint64(judgement->min_samples, NUMBER_TEXT));
    }
    if (judgement->label_names != base->label_names) {
        buffer_printf(out, "%slabel_names: %s\n", indent, label_names_name(judgement->label_names));
    }
}

/* A text of JSON is one of YAML. */
static void write_quoted(const char *text, struct buffer *out)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_write_text(&json, text);
    buffer_append_char(out, '\n');
}

static void write_provider(const struct advice *advice, const struct template_options *options,
                           struct buffer *out)
{
    buffer_append_text(out, "      provider:\n"
                            "        web:\n"
                            "          url: \"{{args.serin-url}}/v1/analysis\"\n"
                            "          method: POST\n"
                            "          headers:\n"
                            "            - key: Authorization\n"
                            "              value: \"Bearer {{args.token}}\"\n"
                            "          jsonBody:\n");
    buffer_append_text(out, "            stream: ");
    write_quoted(options->stream ? options->stream : "{{args.stream}}", out);
    buffer_append_text(out, "            canary: \"{{args.canary-hash}}\"\n"
                            "            stable: \"{{args.stable-hash}}\"\n"
                            "            rollout: \"{{args.rollout}}\"\n"
                            "            namespace: \"{{args.namespace}}\"\n");
    write_judgement(&advice->judgement, options->base, out);
    buffer_append_text(out, "          timeoutSeconds: 10    # Serin answers within 8\n"
                            "          jsonPath: \"{$}\"\n");
}

void template_write(const struct advice *advice, const struct template_options *options,
                    struct buffer *out)
{
    assert(advice->gate.is_known);
    write_head(options, out);
    write_args(options, out);
    write_metric(advice, out);
    write_provider(advice, options, out);
}
