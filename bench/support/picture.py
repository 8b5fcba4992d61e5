# SPDX-License-Identifier: BSD-3-Clause
"""Bars and curves in a picture, as SVG, with the standard library alone."""
import math

POLICIES = {  # weights, the rest
    "replicated": ("#4b5563", "#c3c8d0"),
    "fully-sharded": ("#1d4ed8", "#a9c1f5"),
    "row-col": ("#b45309", "#f0c896"),
}
WIDTH, HEIGHT, TOP, BOTTOM = 1000, 410, 86, 346
INK, PALE, RED = "#1f2937", "#e5e7eb", "#be123c"


class Picture:
    def __init__(self, height=HEIGHT):
        self.parts, self.height = [], height
        self.rectangle(0, 0, WIDTH, height, "#ffffff")

    def rectangle(self, x, y, width, height, fill, title=""):
        inside = f"<title>{title}</title>" if title else ""
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
                          f'height="{max(height, 0):.1f}" fill="{fill}">{inside}</rect>')

    def line(self, points, colour, dashes="", width=1.0):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" '
                          f'stroke-width="{width}"{dashed}/>')

    def dot(self, x, y, radius, fill, title=""):
        inside = f"<title>{title}</title>" if title else ""
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{fill}">'
                          f"{inside}</circle>")

    def text(self, x, y, words, size=13, anchor="middle", weight="normal", fill=INK):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" '
                          f'text-anchor="{anchor}" font-weight="{weight}">{words}</text>')

    def legend(self, x):
        for policy, (dark, _) in POLICIES.items():
            self.rectangle(x, HEIGHT - 24, 13, 13, dark)
            self.text(x + 19, HEIGHT - 13, policy, 13, "start")
            x += 150

    def write(self, file):
        with open(file, "w", encoding="utf-8") as out:
            out.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height}" '
                      f'width="{WIDTH}" height="{self.height}" font-family="sans-serif">\n')
            out.write("<!-- SPDX-License-Identifier: BSD-3-Clause -->\n")
            out.write("\n".join(self.parts) + "\n</svg>\n")


class Plane:
    """Curves over [left, right] x [top, bottom] of the picture; values within `across` and `up`, which may be logarithmic."""

    def __init__(self, picture, left, right, top, bottom, across, up, shape="{:g}", log=False):
        self.picture, self.left, self.right, self.log = picture, left, right, log
        self.top, self.bottom, self.across, self.up = top, bottom, across, up
        for tick in log_ticks(*up) if log else ticks(*up):
            y = self.y(tick)
            picture.line([(left, y), (right, y)], PALE)
            picture.text(left - 8, y + 4, shape.format(tick), 12, "end")
        for tick in ticks(*across):
            picture.line([(self.x(tick), bottom), (self.x(tick), bottom + 4)], INK)
            picture.text(self.x(tick), bottom + 18, shape.format(tick), 12)
        picture.line([(left, bottom), (right, bottom)], INK)

    def x(self, value):
        least, most = self.across
        return self.left + (self.right - self.left) * (value - least) / (most - least)

    def y(self, value):
        least, most = self.up
        if self.log:
            value, least, most = math.log(value), math.log(least), math.log(most)
        return self.bottom - (self.bottom - self.top) * (value - least) / (most - least)

    def curve(self, points, colour, titles=()):
        self.picture.line([(self.x(x), self.y(y)) for x, y in points], colour, width=1.8)
        for (x, y), title in zip(points, titles):
            self.picture.dot(self.x(x), self.y(y), 2.6, colour, title)

    def level(self, value, colour, words, anchor="start"):
        x, y = self.left if anchor == "start" else self.right, self.y(value)
        self.picture.line([(self.left, y), (self.right, y)], colour, "5 3", 1.4)
        self.picture.text(x, y - 5, words, 12, anchor, fill=colour)


def ticks(least, most):
    """Round numbers within, about five."""
    step = 10.0 ** math.floor(math.log10((most - least) / 3))
    step *= next(s for s in (1, 2, 5, 10) if (most - least) / (s * step) <= 7)
    first, last = math.ceil(least / step - 1e-9), math.floor(most / step + 1e-9)
    return [round(step * i, 12) for i in range(first, last + 1)]


def log_ticks(least, most):
    """Powers of ten within."""
    first, last = math.ceil(math.log10(least) - 1e-9), math.floor(math.log10(most) + 1e-9)
    return [10.0 ** i for i in range(first, last + 1)]


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


def memory_chart(picture, subject, at):
    """Left half. at[policy, ranks]: bytes of weights, and of all at the peak."""
    ranks = sorted({p for _, p in at})
    alone = at["replicated", ranks[0]][1] * ranks[0] / 1e6
    step = next(s for s in (100, 200, 500, 1000, 2000, 5000) if alone / s <= 8)
    picture.text(52, 26, "Peak memory of a rank, MB", 15, "start", "bold")
    picture.text(52, 45, f"{subject}; dark: weights, light: all else", 12, "start")
    axes = Axes(picture, 52, 510, 1.12 * alone, range(0, int(alone) + 1, step),
                [f"P = {p}" for p in ranks])
    for i, p in enumerate(ranks):
        for b, (policy, (dark, light)) in enumerate(POLICIES.items()):
            weights, peak = (count / 1e6 for count in at[policy, p])
            axes.bar(i, b, len(POLICIES), [(weights, dark), (peak - weights, light)],
                     f"{policy}, P = {p}: {peak:.1f} MB, of them {weights:.1f} weights",
                     f"{peak:.0f}")
        reach, y = axes.bar_width(3) * 1.7, axes.at(alone / p)
        picture.line([(axes.middle(i) - reach, y), (axes.middle(i) + reach, y)], RED, "5 3", 1.6)
    picture.text(52, 62, "dashed: 1/P of what one rank takes", 12, "start", fill=RED)
