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

/* The standard's #embed is newer than the compilers we build with. */
#define EMBED_FILE(name, path)                                                                     \
    extern const char embedded_##name[];                                                           \
    extern const char embedded_##name##_end[];                                                     \
    __asm__(".section .rodata\n"                                                                   \
            ".global embedded_" #name "\n"                                                         \
            ".hidden embedded_" #name "\n"                                                         \
            "embedded_" #name ":\n"                                                                \
            ".incbin \"" path "\"\n"                                                               \
            ".global embedded_" #name "_end\n"                                                     \
            ".hidden embedded_" #name "_end\n"                                                     \
            "embedded_" #name "_end:\n"                                                            \
            ".byte 0\n"                                                                            \
            ".previous\n")

#define EMBED_VIEW(name)                                                                           \
    ((struct text_view){embedded_##name, (size_t)(embedded_##name##_end - embedded_##name)})

#endif
