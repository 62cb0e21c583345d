"""Draws what a program printed to a terminal as an SVG: terminal_picture.py TITLE < text > picture.svg

Understands the colours that Serin prints (ANSI 31, 32, 33, 1, 2, 0) and nothing else.
"""

import html
import re
import sys

COLOURS = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "1": "#ffffff", "2": "#8b949e"}
WIDTH, HEIGHT, LEFT, TOP = 8.4, 19, 18, 52


def line_svg(line, row):
    parts = re.split(r"\x1b\[([0-9;]*)m", line)
    colour, spans = None, []
    for i, part in enumerate(parts):
        if i % 2:
            colour = COLOURS.get(part)
        elif part:
            fill = f' fill="{colour}"' if colour else ""
            spans.append(f"<tspan{fill}>{html.escape(part)}</tspan>")
    return f'<text x="{LEFT}" y="{TOP + row * HEIGHT}" xml:space="preserve">{"".join(spans)}</text>'


def main():
    lines = [line.rstrip() for line in sys.stdin.read().replace("\r", "").split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    width = int(LEFT * 2 + WIDTH * max(map(len, plain)))
    height = TOP + HEIGHT * len(lines)
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="{html.escape(sys.argv[1])}">')
    print(f'<rect width="{width}" height="{height}" rx="10" fill="#0d1117"/>')
    for x, colour in ((20, "#ff5f57"), (40, "#febc2e"), (60, "#28c840")):
        print(f'<circle cx="{x}" cy="20" r="6" fill="{colour}"/>')
    print('<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="14" fill="#c9d1d9">')
    for row, line in enumerate(lines):
        if line:
            print(line_svg(line, row))
    print("</g>\n</svg>")


if __name__ == "__main__":
    main()
