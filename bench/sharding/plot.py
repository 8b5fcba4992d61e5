#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The table of shardbound_sharding_bench as a picture, with the standard library alone.

    bench/sharding/plot.py sharding.csv [more.csv ...] docs/figures/sharding.svg

Rows of later tables replace those of earlier ones.

Left: the most memory any rank holds of one network, weights and the rest, for every policy and number
of ranks. Right: how much faster two ranks are than one with all weights, network by network; runs while
others kept the machine busy are left out.
"""
import csv
import sys

MEMORY_OF, SCALAR = "4096x6", "float32"
BUSY = 2.2  # load average; two ranks alone make at most 2
POLICIES = {  # weights, the rest
    "replicated": ("#4b5563", "#c3c8d0"),
    "fully-sharded": ("#1d4ed8", "#a9c1f5"),
    "row-col": ("#b45309", "#f0c896"),
}
WIDTH, HEIGHT, TOP, BOTTOM = 1000, 410, 86, 346
INK, PALE, RED = "#1f2937", "#e5e7eb", "#be123c"


class Picture:
    def __init__(self):
        self.parts = []

    def rectangle(self, x, y, width, height, fill, title=""):
        inside = f"<title>{title}</title>" if title else ""
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
                          f'height="{max(height, 0):.1f}" fill="{fill}">{inside}</rect>')

    def line(self, points, colour, dashes="", width=1.0):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" '
                          f'stroke-width="{width}"{dashed}/>')

    def text(self, x, y, words, size=13, anchor="middle", weight="normal", fill=INK):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" '
                          f'text-anchor="{anchor}" font-weight="{weight}">{words}</text>')

    def write(self, file):
        with open(file, "w", encoding="utf-8") as out:
            out.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
                      f'width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif">\n')
            out.write("<!-- SPDX-License-Identifier: BSD-3-Clause -->\n")
            out.write("\n".join(self.parts) + "\n</svg>\n")


class Axes:
    """Groups of bars over [left, right], values from 0 to `most`."""

    def __init__(self, picture, left, right, most, ticks, groups, shape="{}"):
        self.picture, self.left, self.right, self.most = picture, left, right, most
        self.groups = groups
        for tick in ticks:
            y = self.at(tick)
            picture.line([(left, y), (right, y)], PALE)
            picture.text(left - 8, y + 4, shape.format(tick), 12, "end")
        picture.line([(left, BOTTOM), (right, BOTTOM)], INK)
        for i, group in enumerate(groups):
            picture.text(self.middle(i), BOTTOM + 19, group)

    def at(self, value):
        return BOTTOM - (BOTTOM - TOP) * value / self.most

    def middle(self, group):
        return self.left + (self.right - self.left) * (group + 0.5) / len(self.groups)

    def bar_width(self, bars):
        return min(0.86 * (self.right - self.left) / len(self.groups) / bars, 34)

    def bar(self, group, bar, bars, layers, title, label):
        width = self.bar_width(bars)
        x, below = self.middle(group) + (bar - bars / 2) * width, 0
        for value, fill in layers:
            top = self.at(below + value)
            self.picture.rectangle(x + 1, top, width - 2, self.at(below) - top, fill, title)
            below += value
        self.picture.text(x + width / 2, self.at(below) - 5, label,
                          11 if width > 26 else 9.5)


def memory(picture, rows):
    rows = [r for r in rows if r["network"] == MEMORY_OF and r["scalar"] == SCALAR]
    ranks = sorted({int(r["ranks"]) for r in rows})
    at = {(r["policy"], int(r["ranks"])): r for r in rows}
    alone = int(at["replicated", 1]["peak"]) / 1e6
    picture.text(52, 26, "Peak memory of a rank, MB", 15, "start", "bold")
    picture.text(52, 45, f"MLP {MEMORY_OF}, {SCALAR}; dark: weights, light: all else", 12, "start")
    axes = Axes(picture, 52, 510, 1.12 * alone, range(0, int(alone) + 1, 100),
                [f"P = {p}" for p in ranks])
    for i, p in enumerate(ranks):
        for b, (policy, (dark, light)) in enumerate(POLICIES.items()):
            row = at[policy, p]
            weights, peak = int(row["weights_at_rest"]) / 1e6, int(row["peak"]) / 1e6
            axes.bar(i, b, len(POLICIES), [(weights, dark), (peak - weights, light)],
                     f"{policy}, P = {p}: {peak:.1f} MB, of them {weights:.1f} weights",
                     f"{peak:.0f}")
    for i, p in enumerate(ranks):
        reach, y = axes.bar_width(3) * 1.7, axes.at(alone / p)
        picture.line([(axes.middle(i) - reach, y), (axes.middle(i) + reach, y)], RED, "5 3", 1.6)
    picture.text(52, 62, "dashed: 1/P of what one rank takes", 12, "start", fill=RED)


def speed(picture, rows):
    rows = [r for r in rows if r["scalar"] == SCALAR and r["done"] == "run" and r["ranks"] == "2"
            and r["oversubscribed"] == "no" and float(r["load"]) <= BUSY and not r["network"].startswith("mnist")
            and int(r["network"].split("x")[0]) >= 1024]
    networks = list(dict.fromkeys(r["network"] for r in rows))
    picture.text(590, 26, "Times as fast on 2 ranks as on 1", 15, "start", "bold")
    picture.text(590, 45, f"crown, {SCALAR}, one thread a rank, 2 cores", 12, "start")
    if not networks:
        return
    axes = Axes(picture, 590, 980, 2.2, [0, 0.5, 1, 1.5, 2], networks, "{:.1f}")
    at = {(r["policy"], r["network"]): r for r in rows}
    for i, network in enumerate(networks):
        for b, (policy, (dark, _)) in enumerate(POLICIES.items()):
            row = at.get((policy, network))
            if row:
                faster = float(row["faster"])
                axes.bar(i, b, len(POLICIES), [(faster, dark)],
                         f"{network}, {policy}: {faster:.2f}, {row['seconds']} s",
                         f"{faster:.2f}")
    picture.line([(590, axes.at(1)), (980, axes.at(1))], INK, "2 3")


def main(tables, figure):
    known = {}
    for table in tables:
        with open(table, newline="", encoding="utf-8") as file:
            for r in csv.DictReader(file):
                known[r["network"], r["scalar"], r["policy"], r["ranks"]] = r
    rows = list(known.values())
    wrong = [r for r in rows if "DIFFERS" in r["verdict"]]
    if wrong:
        sys.exit(f"{len(wrong)} rows differ from the reference: no picture of those")
    picture = Picture()
    picture.rectangle(0, 0, WIDTH, HEIGHT, "#ffffff")
    memory(picture, rows)
    speed(picture, rows)
    x = 300
    for policy, (dark, _) in POLICIES.items():
        picture.rectangle(x, HEIGHT - 24, 13, 13, dark)
        picture.text(x + 19, HEIGHT - 13, policy, 13, "start")
        x += 150
    picture.write(figure)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1:-1], sys.argv[-1])
