"""Draws the figures as an SVG: one panel for each workload, one line for each subject."""

from html import escape

from driver.report import number

WIDTH, MARGIN = 980, 20
COLUMNS, GAP = 2, 30
PANEL = (WIDTH - 2 * MARGIN - GAP * (COLUMNS - 1)) // COLUMNS
LINE, TITLE, NAME = 18, 40, 110
OURS, OTHERS, INK, FAINT = "#0b6e4f", "#9db4c0", "#1f2933", "#616e7c"


def text(x, y, content, color=INK, size=12, anchor="start", weight="normal"):
    return (f'<text x="{x}" y="{y}" fill="{color}" font-size="{size}" text-anchor="{anchor}" '
            f'font-weight="{weight}">{escape(content)}</text>')


def panel(x, y, workload, subjects, ours):
    """The bars of one workload; their length is the median, against the longest."""
    arrow = "more is better" if workload.higher_is_better else "less is better"
    parts = [text(x, y + 14, f"{workload.name}: {workload.what}", weight="bold"),
             text(x, y + 30, f"{next(iter(subjects.values()))['unit']}, {arrow}", FAINT, 11)]
    longest = max(cell["median"] for cell in subjects.values()) or 1
    room = PANEL - NAME - 60
    ranking = sorted(subjects, key=lambda s: subjects[s]["median"],
                     reverse=workload.higher_is_better)
    for i, subject in enumerate(ranking):
        top = y + TITLE + i * LINE
        length = max(1, round(room * subjects[subject]["median"] / longest))
        color = OURS if subject == ours else OTHERS
        parts.append(text(x + NAME - 6, top + 11, subject, anchor="end",
                          weight="bold" if subject == ours else "normal"))
        parts.append(f'<rect x="{x + NAME}" y="{top}" width="{length}" height="13" '
                     f'fill="{color}"/>')
        parts.append(text(x + NAME + length + 5, top + 11, number(subjects[subject]["median"]),
                          FAINT, 11))
    return parts


def svg(benchmark, figures):
    parts, tops = [], [MARGIN] * COLUMNS
    for workload in benchmark.workloads:
        subjects = figures.get(workload.name)
        if not subjects:
            continue
        column = tops.index(min(tops))
        parts += panel(MARGIN + column * (PANEL + GAP), tops[column], workload, subjects,
                       benchmark.ours)
        tops[column] += TITLE + LINE * len(subjects) + 20
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{max(tops)}" '
        f'viewBox="0 0 {WIDTH} {max(tops)}" font-family="sans-serif">',
        '<rect width="100%" height="100%" fill="#ffffff"/>', *parts, "</svg>", ""])
