"""Tells what was measured: tables for people, as text and as Markdown."""


def number(value):
    if value is None:
        return "-"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"


def table(header, rows):
    """Lines of a Markdown table with aligned columns, which reads well in a terminal too."""
    cells = [header, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"
             for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return lines


def figure_rows(benchmark, figures):
    for workload in benchmark.workloads:
        for name in (workload.name, f"{workload.name}.p99"):
            subjects = figures.get(name, {})
            ranking = sorted(subjects, key=lambda s: subjects[s]["median"],
                             reverse=workload.higher_is_better)
            for subject in ranking:
                cell = subjects[subject]
                yield [name, subject, number(cell["median"]),
                       f"{number(cell['min'])} .. {number(cell['max'])}", cell["unit"],
                       str(cell["runs"]), number(cell["foreign"])]


def bar_rows(benchmark, figures):
    for bar in benchmark.bars:
        measured = bar.measured(figures, benchmark.ours)
        met = {None: "not measured", True: "met", False: "MISSED"}[bar.met(measured)]
        unit = next((cell["unit"] for cell in figures.get(bar.workload, {}).values()), "")
        name = f"{bar.workload} - {bar.minus}" if bar.minus else bar.workload
        if bar.subject:
            name = f"{name} {bar.subject}"
        yield [name, bar.wanted, bar.against or unit, number(measured), met, bar.aim]


def figure_table(benchmark, figures):
    return table(["workload", "subject", "median", "min .. max", "unit", "runs", "foreign"],
                 list(figure_rows(benchmark, figures)))


def bar_table(benchmark, figures):
    return table(["workload", "bar", "of", "measured", "", "aim"],
                 list(bar_rows(benchmark, figures)))


def markdown(benchmark, figures, facts):
    """The page under docs/benchmarks/."""
    title = benchmark.title or f"{benchmark.name.capitalize()} pool"
    lines = [f"# {title}: figures", "",
             f"Written by `{facts['command']}` on {facts['date']}; do not edit. "
             "[README](README.md) tells how to read it.", "",
             f"![the figures as bars]({benchmark.name}.svg)", "",
             "## Bars", "", *bar_table(benchmark, figures), "", "## Figures", "",
             *figure_table(benchmark, figures), ""]
    for (workload, subject), reason in facts["failures"].items():
        lines += [f"{subject} failed in {workload}: {reason}.", ""]
    lines += ["## Workloads", ""]
    lines += [f"* **{w.name}**: {w.what}" for w in benchmark.workloads]
    lines += ["", "## Subjects and machine", ""]
    lines += [f"* {fact}" for fact in facts["machine"]]
    for subject in benchmark.subjects:
        state = facts["absent"].get(subject.name) or facts["versions"].get(subject.name)
        if state is not None:
            lines.append(f"* **{subject.name}**: {subject.what}" + (f" ({state})" if state else ""))
    return "\n".join(lines) + "\n"
