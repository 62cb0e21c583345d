# Fails on functions that the style guide rules out: awk -f tests/check/banned.awk FILE...
/(^|[^_A-Za-z0-9])(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|localtime|gmtime|system|popen|alloca)[ \t]*\(/ {
    printf "%s:%d: banned function: %s\n", FILENAME, FNR, $0 > "/dev/stderr"
    failed = 1
}
/(^|[^_A-Za-z0-9])strtod[ \t]*\(/ && FILENAME !~ /src\/base\/number\.c$/ {
    printf "%s:%d: numbers are read by base/number.h only: %s\n", FILENAME, FNR, $0 > "/dev/stderr"
    failed = 1
}
END {
    exit failed
}
