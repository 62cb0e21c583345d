#include "verdict/reasons.h"

#include "base/memory.h"

#include <string.h>

/* A macro only so that the formatter leaves rows in one piece. */
#define ROW(row_name, row_meaning, row_advice)                                                     \
    {.name = (row_name), .meaning = (row_meaning), .advice = (row_advice)}

const struct reason reasons[] = {
    /* What the interval says. */
    ROW("within_margin", "the interval of the difference lies within the margin", ""),
    ROW("beyond_margin", "the interval of the difference lies wholly beyond the margin",
        "compare the labels that moved most; the canary labels the same traffic differently"),
    ROW("straddles_margin", "the interval of the difference holds the margin, so both are possible",
        "let the canary collect more samples, or give it more of the traffic"),

    /* Guards, in the order in which they are asked. */
    ROW("incomplete_data", "the source could not tell all counts, so none of them is judged",
        "mend what the source reports and ask again"),
    ROW("no_canary_data", "the canary has emitted no label in the window",
        "check that its pods get traffic, emit labels, and carry the pod-template hash asked for"),
    ROW("no_stable_data", "the stable arm has emitted no label in the window",
        "check that its pods emit labels and carry the pod-template hash asked for"),
    ROW("no_shared_keys", "no key was labelled by both arms, so no pair can be compared",
        "mirror the traffic to both arms, or use the design reference or shift"),
    ROW("reference_missing", "none of an arm's labels has a reference label",
        "check that references arrive, wait for late ones, or use the design shift"),
    ROW("maintenance", "a maintenance window is open", "ask again when it has ended"),
    ROW("stale_data", "an arm's newest label is older than the stream allows",
        "check that its pods still get traffic and that the source still receives their labels"),
    ROW("sample_ratio_mismatch",
        "the canary did not get its share of the traffic, or not the same mix of slices",
        "find out which traffic it misses or gets too much of; its sample may be biased"),
    ROW("completeness_differs",
        "references are missing in one arm clearly more than in the other, so that what is left of "
        "both cannot be compared",
        "wait for late references, and find out why one arm gets fewer of them"),
    ROW("traffic_drifts",
        "the traffic became easier or harder while the canary's share changed, so the arms have "
        "seen unlike traffic",
        "ask with a window that begins at the last change of the share, or keep the share "
        "constant"),
    ROW("one_pod_drives",
        "without one pod the estimate lies on the other side of the margin, so the verdict is "
        "about "
        "that pod and not about the version",
        "look at that pod, replace it, and ask again"),
    ROW("too_few_samples", "an arm has too few samples, counted after the design effect",
        "let the canary collect more samples, or give it more of the traffic"),
    ROW("few_blocks",
        "an arm has fewer than 5 blocks (pod and time bucket) to learn the variance from",
        "wait for more time buckets, or run more pods"),
    ROW("single_label", "an arm emits one and the same label whatever comes",
        "look at the model's input features and its thresholds first"),
    ROW("single_reference", "all references of an arm are one and the same label",
        "widen the traffic or the window until references differ"),
    ROW("single_both", "an arm has a single label and a single reference",
        "widen the traffic or the window until labels and references differ"),
    ROW("sparse_table", "so many label pairs are rare that the bias correction rivals the margin",
        "wait for more samples, or tell fewer labels apart (label_cap)"),
    ROW("unseen_cells", "the canary's disagreements are so scattered that more must be yet unseen",
        "wait for more samples, or tell fewer labels apart (label_cap)"),
    ROW("merged_apart",
        "rare labels were merged in one arm and not alike in the other, so a loss may be the "
        "merging's",
        "raise label_cap above the labels of both arms together, or emit fewer labels"),
    ROW("slice_veto", "a slice of the traffic is beyond the margin although the whole is not",
        "look at the slices below; the canary fails a part of the traffic"),
    ROW("metrics_disagree",
        "NMI is within the margin but a companion (MI/H(reference) or AMI) lost more than the "
        "margin",
        "see whether the canary emits more, fewer or rarer labels, which can move NMI by itself"),
    ROW("labels_changed", "labels appeared, vanished or swapped although their names are fixed",
        "check the label names against the rules that use them"),
    ROW("labels_merged",
        "there are too few samples for so many labels, so the rare ones were judged as one",
        "wait for more samples to tell more labels apart"),
    ROW("labels_capped",
        "rare labels were merged into one, and a loss among them that cannot be excluded would "
        "pass "
        "the margin",
        "wait for more samples, raise label_cap, or emit fewer labels"),
    ROW("sample_ratio_unclear",
        "the canary did not get its share of the traffic, unless bursts explain it, which fewer "
        "than 20 time buckets cannot tell",
        "ask again later; meanwhile see how the traffic is split"),
    ROW("few_references",
        "too many of an arm's labels have no reference, and the canary may be wrong just there",
        "wait for late references, or declare a smaller min_referenced to be enough"),
    ROW("warm_up", "the canary is still within its warm-up time", "ask again when it has passed"),
    ROW("source_unavailable", "the source of the labels did not answer",
        "mend the source; the stream's policy is to pause rather than to fail"),

    /* Warnings that never hold a verdict back. */
    ROW("blocks_unknown", "pods and times are unknown, so events were taken as independent",
        "name the pod and time columns; bursts make true intervals wider than those shown"),
    ROW("few_blocks_warning", "an arm has fewer than 10 blocks, which widens the interval", ""),
    ROW("pods_differ", "pods of one arm differ by more than chance, so its events count for fewer",
        "find the pod that differs, or run more pods; more traffic on the same pods helps little"),
    ROW("uncovered_pods", "some pods' counts before their first sample are unknown and left out",
        ""),
    ROW("unreferenced_events",
        "more than 5 % of an arm's labels have no reference and are left out",
        "check that references arrive for every kind of traffic"),
    ROW("reference_mix_differs", "the two arms saw a different mix of references",
        "check how traffic is split; the arms may not be comparable"),
    ROW("slice_mix_differs", "the two arms got a different mix of slices",
        "check how traffic is split; the delta is taken slice by slice and does not feel it"),
    ROW("labels_new", "the canary emits labels that the stable arm does not", ""),
    ROW("labels_lost", "the canary no longer emits labels that the stable arm does", ""),
    ROW("labels_swapped", "labels changed places: NMI does not see it, but rules on names would",
        ""),
    ROW("label_count_extreme", "labels are many for the number of samples; read AMI beside NMI",
        ""),
    ROW("window_slides", "the window slides, for which a sequential interval is not made",
        "use the window rollout, or look only once with a fixed interval"),
    ROW("sampled", "only a share of the keys is counted (sample_keys of the stream)",
        "raise sample_keys where more samples are wanted"),
    ROW("slices_small", "some slices have too few samples by themselves and were judged together",
        ""),
    ROW("slices_undecided", "some slices are neither clearly within nor clearly beyond the margin",
        ""),
    ROW("slices_left_out", "only the 64 slices with the most samples were judged", ""),
    ROW("slices_not_judged", "slices cannot be judged in the design paired", ""),
};
const size_t reason_count = ARRAY_LENGTH(reasons);

const struct reason *reason_find(const char *name)
{
    for (size_t i = 0; i < reason_count; i++) {
        if (strcmp(reasons[i].name, name) == 0) {
            return &reasons[i];
        }
    }
    return NULL;
}
