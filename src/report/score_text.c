#include "report/section_parts.h"
#include "report/text.h"

enum { SCORE_NAME_COLUMNS = 24, SCORE_COLUMNS = 8 };

static void write_sentence(struct page *page, const struct score *score)
{
    if (score->nmi.defined) {
        page_add(page, "NMI is ");
        page_add_fixed(page, score->nmi.value, 3);
        page_add(page, ", between ");
        page_add_fixed(page, score->nmi.lower, 3);
        page_add(page, " and ");
        page_add_fixed(page, score->nmi.upper, 3);
        page_add(page, ": how much labels and reference tell of each other, over ");
        page_add_count(page, score->samples);
        page_add(page, " samples.");
    } else if (score->scores.state == SERIN_TABLE_EMPTY) {
        page_add(page, "There is no score: no sample has both a label and a reference.");
    } else if (score->scores.state == SERIN_TABLE_OK) {
        page_add(page, "There is no score: there are too few samples.");
    } else {
        page_add(page, "There is no score: all samples have the same ");
        page_add(page, score->scores.state == SERIN_TABLE_SINGLE_REFERENCE ? "reference."
                       : score->scores.state == SERIN_TABLE_SINGLE_LABEL   ? "label."
                                                                         : "label and reference.");
    }
    page_colour(page, PAGE_BOLD);
    page_paragraph(page, "", 0);
    page_colour(page, PAGE_PLAIN);
}

static void write_number(struct page *page, const char *name, double value, const char *note)
{
    page_add(page, "  ");
    page_add(page, name);
    page_cell_left(page, SCORE_NAME_COLUMNS);
    page_add_fixed(page, value, 3);
    page_cell_right(page, SCORE_COLUMNS);
    page_spaces(page, 3);
    page_text(page, note);
    page_line_end(page);
}

static void write_scores(struct page *page, const struct score *score)
{
    const struct serin_scores *scores = &score->scores;
    page_heading(page, "Scores");
    write_number(page, "NMI, uncorrected", scores->nmi, "the textbook value, flattered by chance");
    write_number(page, "AMI", scores->adjusted_mutual_information, "0 by chance, 1 at best");
    write_number(page, "ARI", scores->adjusted_rand, "0 by chance, 1 at best");
    write_number(page, "homogeneity", scores->homogeneity, "reference information kept");
    write_number(page, "completeness", scores->completeness, "references not scattered");
    write_number(page, "V-measure", scores->v_measure, "harmonic mean of the two");
    write_number(page, "purity", scores->purity, "samples of their label's commonest reference");
    page_heading(page, "Information, in nats");
    write_number(page, "mutual information", scores->entropies.mutual_information, "");
    write_number(page, "entropy of references", scores->entropies.reference, "");
    write_number(page, "entropy of labels", scores->entropies.label, "");
}

static void write_method(struct page *page, const struct score *score)
{
    page_line_end(page);
    page_add(page, "The table has ");
    page_add_count(page, score->scores.rows);
    page_add(page, score->scores.rows == 1 ? " reference and " : " references and ");
    page_add_count(page, score->scores.columns);
    page_add(page, score->scores.columns == 1 ? " label; the interval is drawn "
                                              : " labels; the interval is drawn ");
    section_add_level(page, score->level, score->interval);
    page_add(page, ", NMI over the ");
    page_add(page, serin_normalizer_name(score->normalizer));
    page_add(page,
             score->normalizer < SERIN_MIN ? " mean of the entropies." : " of the entropies.");
    page_paragraph(page, "", 0);
}

static void write_remarks(struct page *page, const struct score *score)
{
    if (score->unreferenced > 0) {
        page_add_count(page, score->unreferenced);
        page_add(page, score->unreferenced == 1 ? " sample without reference was left out."
                                                : " samples without reference were left out.");
        page_paragraph(page, "", 0);
    }
    if (score->merged > 0) {
        page_add(page, "Rare labels were merged into one; ");
        page_add_count(page, score->merged);
        page_add(page, score->merged == 1 ? " sample is" : " samples are");
        page_add(page, " among them.");
        page_paragraph(page, "", 0);
    }
    if (!score->blocks_known) {
        page_add(page, "Samples were taken as independent: pods and times are unknown.");
        page_paragraph(page, "", 0);
    } else if (score->nmi.defined && score_has_few_blocks(score)) {
        page_add(page, "Samples come in fewer than 5 blocks (pod and time bucket): too few to "
                       "learn the variance from, so the interval is too narrow and --min-nmi "
                       "decides nothing.");
        page_paragraph(page, "", 0);
    } else if (score->design_effect > 1.005) {
        page_add(page, "Samples come in ");
        page_add_count(page, score->blocks);
        page_add(page, " blocks and count as ");
        page_add_count(page, (uint64_t)((double)score->samples / score->design_effect));
        page_add(page, " independent ones.");
        page_paragraph(page, "", 0);
    }
}

enum serin_status report_score_text(const struct score *score, const struct report_style *style,
                                    struct buffer *out)
{
    struct page page;
    TRY(page_begin(&page, out, style));
    write_sentence(&page, score);
    if (score->samples > 0) {
        write_scores(&page, score);
        write_method(&page, score);
    }
    write_remarks(&page, score);
    return page_end(&page);
}
