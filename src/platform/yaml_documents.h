/*
 * YAML as Kubernetes reads it: several documents in one file, anchors, aliases, merge keys, tags.
 *
 * For files of other programs, which are inspected and not obeyed. What is read to configure Serin
 * is read strictly (platform/yaml.h).
 */
#ifndef SERIN_PLATFORM_YAML_DOCUMENTS_H
#define SERIN_PLATFORM_YAML_DOCUMENTS_H

#include "base/memory.h"
#include "base/node.h"
#include "base/text.h"
#include "serin/error.h"

#include <stddef.h>

struct yaml_documents;

/*
 * Parses all of `bytes`, UTF-8 with or without a byte order mark. Aliases stand for copies of what
 * they name, with its position; a merge key adds what is not there yet, and what the merged map
 * merges itself; what has a tag is text. Of a key that comes twice the first stays. `limits` are
 * those of each document, so that aliases of aliases cannot grow without end.
 * Fails with SERIN_INVALID ("line 3, column 5: ..."), SERIN_TOO_LARGE and SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status yaml_documents_parse(struct text_view bytes,
                                                        const struct document_limits *limits,
                                                        struct yaml_documents **out,
                                                        struct serin_error *err);
void yaml_documents_destroy(struct yaml_documents *documents); /* NULL is fine */
DEFINE_CLEANUP(yaml_documents)

size_t yaml_documents_count(const struct yaml_documents *documents);
const struct node *yaml_documents_root(const struct yaml_documents *documents, size_t index);

/* Where a key came again in its map; of many only the first are kept. */
size_t yaml_documents_repeated_count(const struct yaml_documents *documents);
struct node_position yaml_documents_repeated(const struct yaml_documents *documents, size_t index);

#endif
