"""Generate the documents that are generated: `python -m docs.generate [WORKSPACE]` (`make docs`).

Reads the project's own files; a test fails when what is committed is not what this gives. With the
workspace of a `carepath demo`, the examples of the questions are asked again.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path

import click
import yaml

from carepath.questions.registry import QUESTIONS
from docs.questions import ask_example, describe_question, list_questions, write_page

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT / "warehouse" / "models"
SEEDS = ROOT / "warehouse" / "seeds"
_REFERENCE = re.compile(r"""\bref\(\s*['"](\w+)['"]\s*\)|\bsource\(\s*'(\w+)',\s*'(\w+)'\s*\)""")
# Lists of (source, model, ...) that a loop turns into ref(model).
_LISTED = re.compile(r"""^\s+\('[\w.]+',\s*'(\w+)'""", re.MULTILINE)

BOX_HEIGHT, COLUMN_GAP, ROW_GAP, MARGIN, TOP = 24, 14, 34, 12, 44
CHARACTER = 6.6
FILLS = {
    "source": "#e8e8e8",
    "definition": "#f3e6d0",
    "base": "#d6e8f5",
    "intermediate": "#dcefdc",
    "prod": "#f8dcc4",
}
# One picture for each family of prod models, with everything they are made of.
PICTURES = {
    "intake-funnel": (
        "member_intake_funnel_metrics",
        "member_intake_funnel_steps",
        "funnel_events",
    ),
    "care": (
        "task_phases",
        "project_phases",
        "current_task_summary",
        "current_project_summary",
        "work_in_progress_changes",
        "coordinator_days",
    ),
}


def read_parents() -> tuple[dict[str, set[str]], dict[str, str]]:
    """Give the parents of every node, and the layer it belongs to."""
    layers = {path.stem: "definition" for path in SEEDS.glob("*.csv")}
    parents: dict[str, set[str]] = {name: set() for name in layers}
    models = {path.stem: path for path in MODELS.rglob("*.sql")}
    for name, path in models.items():
        layer = path.relative_to(MODELS).parts
        layers[name] = layer[1] if layer[0] == "prep" else layer[0]
        text = path.read_text()
        found = set(_LISTED.findall(text))
        for model, schema, table in _REFERENCE.findall(text):
            if model:
                found.add(model)
            else:
                layers[f"{schema}.{table}"] = "source"
                parents.setdefault(f"{schema}.{table}", set())
                found.add(f"{schema}.{table}")
        parents[name] = {parent for parent in found if parent in models or parent in layers}
    return parents, layers


def ancestors(names: tuple[str, ...], parents: dict[str, set[str]]) -> set[str]:
    """Give the named nodes and everything they are made of."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            # What tells how fresh the data is reads everything: its sources would hide the rest.
            waiting += () if name == "data_freshness" else parents[name]
    return found


def arrange(parents: dict[str, set[str]]) -> list[list[str]]:
    """Give rows of nodes, each below all of its parents and near them."""
    depths: dict[str, int] = {}

    def depth(name: str) -> int:
        if name not in depths:
            depths[name] = 1 + max((depth(parent) for parent in parents[name]), default=-1)
        return depths[name]

    for name in parents:
        depth(name)
    # A source or definition stands just above what first reads it.
    for name in parents:
        if not parents[name]:
            readers = [depths[other] for other in parents if name in parents[other]]
            depths[name] = min(readers, default=1) - 1
    rows: list[list[str]] = []
    spots: dict[str, float] = {}
    for number in range(max(depths.values()) + 1):

        def weight(name: str) -> tuple[float, str]:
            above = [spots[parent] for parent in parents[name] if parent in spots]
            return (sum(above) / len(above) if above else 0.5, name)

        row = sorted((name for name in parents if depths[name] == number), key=weight)
        for place, name in enumerate(row):
            spots[name] = (place + 0.5) / len(row)
        rows.append(row)
    return rows


def draw_lineage(picture: str) -> str:
    """Draw the models of one picture and what each reads, top to bottom, as SVG."""
    everything, layers = read_parents()
    shown = ancestors(PICTURES[picture], everything)
    parents = {name: everything[name] & shown for name in sorted(shown)}
    rows = arrange(parents)
    widths = {name: round(len(name) * CHARACTER + 18) for name in parents}
    row_widths = [sum(widths[n] for n in row) + COLUMN_GAP * (len(row) - 1) for row in rows]
    width = max([*row_widths, 640]) + 2 * MARGIN
    height = TOP + len(rows) * (BOX_HEIGHT + ROW_GAP)
    boxes: dict[str, tuple[float, float]] = {}
    for number, row in enumerate(rows):
        x = (width - row_widths[number]) / 2
        for name in row:
            boxes[name] = (x, TOP + number * (BOX_HEIGHT + ROW_GAP))
            x += widths[name] + COLUMN_GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12" role="img">',
        f"<title>Lineage: {picture.replace('-', ' ')}, each model and what it reads</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for number, (layer, fill) in enumerate(FILLS.items()):
        x = MARGIN + number * 120
        parts.append(f'<rect x="{x}" y="10" width="14" height="14" fill="{fill}" stroke="#777"/>')
        parts.append(f'<text x="{x + 20}" y="21">{layer}</text>')
    for name in parents:
        x2, y2 = boxes[name][0] + widths[name] / 2, boxes[name][1]
        for parent in sorted(parents[name]):
            x1 = boxes[parent][0] + widths[parent] / 2
            y1 = boxes[parent][1] + BOX_HEIGHT
            middle = (y1 + y2) / 2
            parts.append(
                f'<path d="M{x1:g},{y1:g} C{x1:g},{middle:g} {x2:g},{middle:g} {x2:g},{y2:g}" '
                'fill="none" stroke="#888" stroke-opacity="0.6"/>'
            )
    for name in parents:
        x, y = boxes[name]
        parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{widths[name]}" height="{BOX_HEIGHT}" rx="4" '
            f'fill="{FILLS[layers[name]]}" stroke="#777"/>'
            f'<text x="{x + widths[name] / 2:g}" y="{y + 16:g}" text-anchor="middle">'
            f"{escape(name)}</text>"
        )
    return "\n".join([*parts, "</svg>", ""])


def list_models() -> str:
    """List every model with its grain, layer by layer."""
    lines = [
        "# Models",
        "",
        "Generated by `make docs` from the YAML beside each model; columns and tests are "
        "described there.",
        "",
        *(f"![Lineage, {name}](lineage-{name}.svg)" for name in PICTURES),
    ]
    for title, folder in (
        ("prod", MODELS / "prod"),
        ("prep.intermediate", MODELS / "prep" / "intermediate"),
        ("prep.base", MODELS / "prep" / "base"),
    ):
        lines += ["", f"## {title}", "", "| model | grain and purpose |", "|---|---|"]
        for path in sorted(folder.rglob("*.yml")):
            for model in (yaml.safe_load(path.read_text()) or {}).get("models", []):
                description = " ".join(model["description"].split())
                target = path.with_suffix(".sql").relative_to(ROOT)
                lines.append(f"| [{model['name']}](../{target}) | {description} |")
    return "\n".join([*lines, ""])


def describe_commands() -> str:
    """List every verb with its arguments and options, and the exit codes."""
    from carepath.cli.exit_codes import ExitCode
    from carepath.cli.main import VERBS, cli

    lines = [
        "# Command line",
        "",
        "Generated by `make docs` from the commands themselves. stdout is data, stderr is progress "
        "and errors.",
        "",
        "| exit code | meaning |",
        "|---|---|",
        *(f"| {code.value} | {code.meaning} |" for code in ExitCode),
    ]
    context = click.Context(cli, info_name="carepath")
    for verb in VERBS:
        command = cli.get_command(context, verb)
        assert command is not None
        own = click.Context(command, info_name=verb, parent=context)
        usage = " ".join(["carepath", verb, *command.collect_usage_pieces(own)])
        text = inspect.cleandoc(command.help or "").replace("\b\n", "")
        lines += ["", f"## carepath {verb}", "", f"`{usage}`", "", text, ""]
        options = [one for one in command.params if isinstance(one, click.Option)]
        if options:
            lines += ["| option | meaning |", "|---|---|"]
            lines += [_describe_option(one, own) for one in options]
    return "\n".join([*lines, ""])


def _describe_option(option: click.Option, context: click.Context) -> str:
    record = option.get_help_record(context)
    assert record is not None
    spelled, meaning = (" ".join(text.split()).replace("|", "\\|") for text in record)
    return f"| `{spelled}` | {meaning} |"


DOCUMENTS: dict[str, Callable[[], str]] = {
    **{f"docs/lineage-{name}.svg": partial(draw_lineage, name) for name in PICTURES},
    "docs/models.md": list_models,
    "docs/questions/index.md": list_questions,
    **{f"docs/questions/{one.id}.md": partial(describe_question, one) for one in QUESTIONS},
    "docs/command-line.md": describe_commands,
}


def main() -> None:
    """Write every generated document."""
    (ROOT / "docs" / "questions").mkdir(exist_ok=True)
    for workspace in sys.argv[1:]:
        for entry in QUESTIONS:
            page = write_page(entry, ask_example(entry, Path(workspace)))
            (ROOT / "docs" / "questions" / f"{entry.id}.md").write_text(page)
    for path, make in DOCUMENTS.items():
        (ROOT / path).write_text(make())
        print(path)


if __name__ == "__main__":
    main()
