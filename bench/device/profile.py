#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Where one run's time goes on a GPU, by kernel, and what stands between two products.

    ncu --profile-from-start off --csv --page raw --print-units base --metrics gpu__time_duration.sum \\
        shardbound_device_timing --only 2048x6 --arithmetic float64 --profile 1 > run.csv
    bench/device/profile.py run.csv

Ends in 1 if anything but one sweep stands between two products of the same rows, or a kernel is unknown.
"""
import collections
import csv
import re
import sys

KINDS = [("gemm", "product"), ("nvjet", "product"),  # as cuBLAS calls its own
         ("sweep_kernel", "sweep"), ("cut_in_parts", "cut in parts"), ("select_rows", "select"),
         ("concretize_rows", "concretize"), ("affine_rows", "interval"), ("cub::", "selection"),
         ("each_neuron", "neurons"), ("fill_with", "fill"), ("copy_rows", "copy"),
         ("sum_blocks", "copy"), ("worst_points", "worst points")]
ENDS = {"select", "concretize"}  # where rows begin and end


def kind(name):
    return next((kind for part, kind in KINDS if part in name), "unknown")


def kernels(path):
    """(kind, nanoseconds, name), in the order in which they ran."""
    with open(path, newline="", encoding="utf-8") as file:
        lines = [line for line in file if line.startswith('"')]
    header, *rows = csv.reader(lines)
    name, time = header.index("Kernel Name"), header.index("gpu__time_duration.sum")
    return [(kind(row[name]), float(row[time].replace(",", "")), row[name]) for row in rows
            if re.fullmatch(r"[\d.,]+", row[time])]


def main(path):
    ran = kernels(path)
    if not ran:
        sys.exit(f"{path} holds no kernels")
    total = sum(time for _, time, _ in ran)
    times, counts = collections.Counter(), collections.Counter()
    for what, time, _ in ran:
        times[what] += time
        counts[what] += 1
    print(f"{len(ran)} kernels, {1e-6 * total:.3f} ms")
    for what, time in times.most_common():
        print(f"  {what:14} {counts[what]:6} {1e-6 * time:10.3f} ms {100 * time / total:6.1f} %")

    # Products that follow each other are the panels of one matrix; cutting in parts belongs to a product.
    between, seen = collections.Counter(), None
    for what, _, _ in ran:
        if what == "product":
            if seen:
                between[" ".join(seen)] += 1
            seen = []
        elif what in ENDS:
            seen = None
        elif what != "cut in parts" and seen is not None:
            seen.append(what)
    print("between two products of the same rows:",
          ", ".join(f"{what} ({times} times)" for what, times in between.items()) or "no two follow")
    print("products:", ", ".join(sorted({re.sub(r"\W.*", "", name) for what, _, name in ran
                                         if what == "product"})))
    unknown = {name for what, _, name in ran if what == "unknown"}
    if unknown:
        print("unknown kernels:", ", ".join(sorted(unknown)))
    return 1 if unknown or set(between) - {"sweep"} else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
