/*
 * Files made part of the program at build time.
 *
 *     EMBED_FILE(openapi, "src/http/openapi.json");    … EMBED_VIEW(openapi) …
 *
 * Paths are relative to the top of the tree, where the compiler is run.
 */
#ifndef SERIN_BASE_EMBED_H
#define SERIN_BASE_EMBED_H

#include "base/text.h"

#include <stdint.h>

/* The standard's #embed is newer than the compilers we build with. */
#define EMBED_FILE(name, path)                                                                     \
    extern const char embedded_##name[];                                                           \
    extern const uint64_t embedded_##name##_size;                                                  \
    __asm__(".section .rodata\n"                                                                   \
            ".balign 8\n"                                                                          \
            ".hidden embedded_" #name "_size\n"                                                    \
            ".global embedded_" #name "_size\n"                                                    \
            "embedded_" #name "_size:\n"                                                           \
            ".quad 2f - 1f\n"                                                                      \
            ".hidden embedded_" #name "\n"                                                         \
            ".global embedded_" #name "\n"                                                         \
            "embedded_" #name ":\n"                                                                \
            "1:\n"                                                                                 \
            ".incbin \"" path "\"\n"                                                               \
            "2:\n"                                                                                 \
            ".byte 0\n"                                                                            \
            ".previous\n")

#define EMBED_VIEW(name) ((struct text_view){embedded_##name, (size_t)embedded_##name##_size})

#endif
