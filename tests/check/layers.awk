# Fails on an include that points up or sideways.
#   awk -f tests/check/layers.awk src/layers FILE...
# A quoted include must be written "layer/file.h", "serin/file.h" or, inside cmd/, "file.h".
FNR == 1 && FILENAME != ARGV[1] {
    layer = FILENAME
    if (layer ~ /^cmd\//) {
        layer = "cmd"
    } else if (layer ~ /^include\//) {
        layer = "include"
    } else {
        sub(/^src\//, "", layer)
        sub(/\/.*/, "", layer)
    }
    if (layer != "include" && !(layer in allowed)) {
        complain("no line for layer \"" layer "\" in " ARGV[1])
    }
}
FILENAME == ARGV[1] {
    if ($0 ~ /^#/ || NF == 0) {
        next
    }
    name = $1
    sub(/:.*/, "", name)
    line = $0
    sub(/^[^:]*:/, "", line)
    allowed[name] = " " name " " line " "
    next
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
    target = $0
    sub(/^[^"]*"/, "", target)
    sub(/".*/, "", target)
    folder = target
    if (!sub(/\/.*/, "", folder)) {
        folder = ""
    }
    if (folder == "serin") {
        next
    }
    if (layer == "include") {
        complain("a public header may include only serin/*.h, not " target)
    } else if (folder == "") {
        if (layer != "cmd") {
            complain("write the include of " target " as \"" layer "/" target "\"")
        }
    } else if (index(allowed[layer], " " folder " ") == 0 && !(layer == "cmd" && folder == "demo")) {
        complain("layer \"" layer "\" may not include " target)
    }
}
function complain(text) {
    printf "%s:%d: %s\n", FILENAME, FNR, text > "/dev/stderr"
    failed = 1
}
END {
    exit failed
}
