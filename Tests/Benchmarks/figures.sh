#!/bin/bash
# What the benchmarks make of their figures; sourced. A FILE has one figure a line.

# median FILE
median() { sort -n "$1" | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

# spread FILE LABEL WIDTH FORMAT UNIT: prints the lowest, the median and the highest behind the label
spread() {
    printf '%-*s ' "$3" "$2"
    sort -n "$1" | awk -v figure="$4" -v unit="$5" '{ value[NR] = $1 } END {
        printf "min " figure "  median " figure "  max " figure " " unit "\n",
            value[1], value[int((NR + 1) / 2)], value[NR] }'
}

# seconds BEGAN ENDED: between two readings of EPOCHREALTIME
seconds() { awk -v began="$1" -v ended="$2" 'BEGIN { printf "%.3f\n", ended - began }'; }
