#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What `shardbound run` decides, and how soon, beside what VNN-COMP recorded of other tools; standard library alone.

    shardbound run BENCHMARKS/NAME/instances.csv ... --output results.csv
    bench/vnncomp/cactus.py results.csv [more.csv ...] BENCHMARKS figure.svg ["about shardbound's runs"]

BENCHMARKS is the folder with a folder for each benchmark, and in it expected.csv: the verdict of every instance, the
tool that was fastest to find it with its seconds, and those of alpha-beta-CROWN, which count if it found that verdict.

The figure is a cactus plot of all benchmarks together and of each: a point (k, s) says that k instances are decided when
each has had s seconds. The table, in Markdown, counts what is decided, with the median of the seconds that it took, and
sums seconds over the instances that all three decided. Seconds of shardbound are those of its own machine, from reading
files to the answer (less than a millisecond is drawn as one); those of others are of whole processes, their start
included, on the machines of their year, often with a GPU: what curves show is how far a tool comes, not which code is
faster. Ends in 1 if a verdict contradicts a known one.
"""
import csv
import pathlib
import statistics
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1] / "support"))
from picture import POLICIES, RED, Picture, Plane  # noqa: E402

DECIDED = ("sat", "unsat")
SERIES = {
    "shardbound": POLICIES["fully-sharded"][0],
    "fastest other": POLICIES["row-col"][0],
    "alpha-beta-CROWN": RED,
}
LEAST = 1e-3  # seconds that are drawn
MOST_DOTS = 100
HEADER, PANEL, LEFT = 110, 300, ((70, 480), (575, 985))


def rows(path, names=None):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, names))


def read(tables, folder):
    """By benchmark, of each instance in the tables: the seconds of each series that decided it, and any contradiction."""
    found, known, seen = {}, {}, set()
    for table in tables:
        for row in rows(table, ("benchmark", "network", "property", "verdict", "seconds")):
            name = row["benchmark"]
            if name not in known:
                expected = pathlib.Path(folder) / name / "expected.csv"
                if not expected.exists():
                    sys.exit(f"{expected} is missing: {table} speaks of that benchmark")
                known[name] = rows(expected)
            one = next((e for e in known[name] if row["network"].endswith(e["onnx"])
                        and row["property"].endswith(e["vnnlib"])), None)
            if one is None:
                sys.exit(f"{folder}/{name}/expected.csv has no line for {row['network']}, {row['property']}")
            if (name, one["onnx"], one["vnnlib"]) in seen:
                sys.exit(f"{row['network']}, {row['property']} stands in the tables twice")
            seen.add((name, one["onnx"], one["vnnlib"]))
            seconds = {}
            if row["verdict"] in DECIDED:
                seconds["shardbound"] = float(row["seconds"])
            if one["verdict"] in DECIDED and one["fastest_seconds"]:
                seconds["fastest other"] = float(one["fastest_seconds"])
            if "alpha_beta_crown" in one["agreeing_tools"].split(";") and one["abcrown_seconds"]:
                seconds["alpha-beta-CROWN"] = float(one["abcrown_seconds"])
            contradicts = (row["verdict"] in DECIDED and one["verdict"] in DECIDED
                           and row["verdict"] != one["verdict"])
            if contradicts:
                print(f"{row['network']}, {row['property']}: {row['verdict']}, known to be {one['verdict']}",
                      file=sys.stderr)
            found.setdefault(name, []).append({"seconds": seconds, "contradicts": contradicts})
    return found


def line(name, instances):
    """A line of the table."""
    cells = [name, str(len(instances))]
    everyone = [i for i in instances if len(i["seconds"]) == len(SERIES)]
    for series in SERIES:
        own = [i["seconds"][series] for i in instances if series in i["seconds"]]
        median = f"{statistics.median(own):.3g}" if own else "-"
        total = f"{sum(i['seconds'][series] for i in everyone):.4g}" if everyone else "-"
        cells.append(f"{len(own)}, {median}, {total}")
    cells += [str(len(everyone)), str(sum(i["contradicts"] for i in instances))]
    return "| " + " | ".join(cells) + " |"


def panel(picture, left, right, top, title, instances):
    curves = {series: sorted(max(i["seconds"][series], LEAST) for i in instances if series in i["seconds"])
              for series in SERIES}
    times = [t for curve in curves.values() for t in curve] or [1]
    picture.text(left, top + 18, title, 14, "start", "bold")
    plane = Plane(picture, left, right, top + 32, top + PANEL - 62, (0, 1.02 * len(instances)),
                  (10 ** -0.1 * min(min(times), 0.1), 10 ** 0.1 * max(max(times), 10)), log=True)
    for series, curve in curves.items():
        titles = [f"{series}: {k} within {t:.3g} s" for k, t in enumerate(curve, 1)]
        if len(instances) > MOST_DOTS:
            titles = ()  # and no dots
        plane.curve(list(enumerate(curve, 1)), SERIES[series], titles)
    picture.text((left + right) / 2, top + PANEL - 26, f"instances decided, of {len(instances)}", 12)


def draw(found, about, figure):
    panels = [(name, found[name]) for name in sorted(found)]
    if len(panels) > 1:
        panels.insert(0, ("all together", [i for _, instances in panels for i in instances]))
    picture = Picture(HEADER + PANEL * ((len(panels) + 1) // 2))
    picture.text(30, 28, "Instances decided, and seconds that each took (logarithmic)", 16, "start", "bold")
    picture.text(30, 49, "shardbound: " + (about or "from reading files to the answer, on one machine"), 12, "start")
    picture.text(30, 66, "others: whole processes, start included, as VNN-COMP recorded them on its own machines, "
                 "often with a GPU", 12, "start")
    x = 30
    for series, colour in SERIES.items():
        picture.line([(x, 88), (x + 22, 88)], colour, width=2.4)
        words = "the fastest other tool on each instance" if series == "fastest other" else series
        picture.text(x + 30, 92, words, 12, "start")
        x += 56 + 6.4 * len(words)
    for i, (name, instances) in enumerate(panels):
        left, right = LEFT[i % 2]
        top = HEADER + PANEL * (i // 2)
        picture.text(left - 40, top + 18, "s", 12)
        panel(picture, left, right, top, name, instances)
    picture.write(figure)


def main(tables, folder, figure, about):
    found = read(tables, folder)
    if not found:
        sys.exit("the tables hold no instances")
    print("| benchmark | instances | " + " | ".join(f"{s}: decided, median s, sum s" for s in SERIES)
          + " | decided by all | contradictions |")
    print("|---" * (len(SERIES) + 4) + "|")
    for name in sorted(found):
        print(line(name, found[name]))
    together = [i for instances in found.values() for i in instances]
    if len(found) > 1:
        print(line("all", together))
    draw(found, about, figure)
    return any(i["contradicts"] for i in together)


if __name__ == "__main__":
    words = sys.argv[1:]
    remark = words.pop() if words and not words[-1].endswith(".svg") else ""
    if len(words) < 3:
        sys.exit(__doc__)
    sys.exit(main(words[:-2], words[-2], words[-1], remark))
