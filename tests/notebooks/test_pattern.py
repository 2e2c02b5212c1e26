"""All lessons follow one pattern, so that readers always know where they are.

Goal, prerequisites, measured run time; predict, derive, see the code, check, modify, break it, summary, next.  A lesson may repeat
parts (predict, derive, check, predict again), but no part may be missing, and their first occurrences are in this order.
"""

import ast
import importlib
import inspect
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
from names import NAMES
from percent import LESSONS, code_cells, read_percent

import minigan
from minigan.teach import exercises as check
from minigan.teach.diagram import PARTS as PARTS_OF_THE_DIAGRAM
from minigan.teach.exercises.exercise import Exercise, Prediction
from minigan.teach.formulas.places import TAG
from minigan.teach.lessons.run import stated

ROOT = Path(__file__).parents[2]
PARTS = (
    "Predict",
    "Derive",
    "See the code",
    "Check",
    "Modify",
    "Break it",
    "Summary",
    "Next",
)  # a title may follow, after a colon
FIRST_LOOK = ("Look", "Walk", "Train", "Break", "Ask", "Next")  # lesson 0 derives nothing: it is for looking
IMPORTS = ast.Import | ast.ImportFrom

each = pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
each_derived = pytest.mark.parametrize("lesson", LESSONS[1:], ids=lambda path: path.stem)  # all but the first look


@cache
def cells(lesson):
    return read_percent(lesson)


def prose(lesson) -> str:
    return "\n\n".join(cell.source for cell in cells(lesson) if cell.kind == "markdown" and "solution" not in cell.tags)


def code(lesson) -> str:
    return "\n\n".join(cell.source for cell in cells(lesson) if cell.kind == "code")


def number(lesson) -> int:
    return int(lesson.stem[:2])


def name_of(lesson) -> str:
    return lesson.stem[3:]


def module(lesson):
    return getattr(check, name_of(lesson))


def asked(lesson, kind) -> list[str]:
    """The names of the exercises, or of the predictions, of this lesson: q1, q2, ..."""
    return [name for name, thing in vars(module(lesson)).items() if isinstance(thing, kind)]


def parts(lesson) -> dict[str, list[str]]:
    """{"Predict": [the text below each such heading, prose and code]}"""
    text = "\n".join(
        cell.source if cell.kind == "markdown" else "\x00" + cell.source.replace("\n", "\n\x00")
        for cell in cells(lesson)
    )
    pieces = re.split(r"^## (.*)\n", text, flags=re.MULTILINE)[1:]
    found = {}
    for head, body in zip(pieces[::2], pieces[1::2], strict=True):
        found.setdefault(head.partition(":")[0].strip(), []).append(body.replace("\x00", ""))
    return found


# ---- the frame --------------------------------------------------------------------------------------------------------------


@each
def test_it_begins_with_goal_prerequisites_and_run_time(lesson):
    first = cells(lesson)[0]
    assert re.match(rf"# Lesson {number(lesson)}: \S", first.source)
    for word in ("**Goal** ", "**Prerequisites** ", "**Run time** "):
        assert first.source.count(word) == 1
    assert re.search(r"\((measured|estimated)\)", first.source)
    assert re.fullmatch(r"\d[\d.]* (s|min)", stated([{"source": first.source}]))


@each
def test_its_parts_are_in_order(lesson):
    found = list(parts(lesson))
    wanted = PARTS if number(lesson) else FIRST_LOOK
    assert set(found) == set(wanted), "a heading of level 2 begins with one of the names of the parts"
    assert found == list(wanted)


@each
def test_all_imports_are_in_the_first_code_cell(lesson):
    first, *others = [ast.parse(cell.source).body for cell in code_cells(cells(lesson))]
    assert all(isinstance(node, IMPORTS) for node in first)
    assert not [node for body in others for node in body if isinstance(node, IMPORTS)]


@each
def test_it_links_to_the_next_lesson(lesson):
    (text,) = parts(lesson)["Next"]
    following = (*NAMES, None)[NAMES.index(lesson.stem) + 1]
    if following:
        assert f"[Lesson {number(lesson) + 1}: " in text
        assert f"]({following}.ipynb)" in text
    for link in re.findall(r"\]\(([^)]+)\)", prose(lesson)):
        assert "://" in link or link.removesuffix(".ipynb") in NAMES, link


# ---- predict ----------------------------------------------------------------------------------------------------------------


@each
def test_the_reader_predicts_before_the_answer_is_shown(lesson):
    predictions = asked(lesson, Prediction)
    assert predictions == [f"p{k + 1}" for k in range(len(predictions))]
    assert predictions
    stubs = [i for i, cell in enumerate(cells(lesson)) if "predict" in cell.tags]
    assert len(stubs) == len(predictions)
    for k, i in enumerate(stubs):
        assert re.match(r'^guess = "\?"( +#.*)?$', cells(lesson)[i].source)
        options = list(getattr(module(lesson), predictions[k]).options)
        question = cells(lesson)[i - 1].source
        assert re.findall(r"^- \*\*(\w)\*\* ", question, re.MULTILINE) == options
        end = stubs[k + 1] if k + 1 < len(stubs) else len(cells(lesson))
        answers = [
            j for j, cell in enumerate(cells(lesson)) if f"check.{name_of(lesson)}.p{k + 1}(guess)" in cell.source
        ]
        assert len(answers) == 1, "check.NAME.pK(guess) is called once"
        assert i < answers[0] < end, "and between its own guess and the next"


# ---- derive -----------------------------------------------------------------------------------------------------------------


@each_derived
def test_every_displayed_equation_has_a_name_or_a_number(lesson):
    text = "\n".join(cell.source for cell in cells(lesson) if cell.kind == "markdown")
    displayed = re.findall(r"\$\$(.*?)\$\$", text, re.DOTALL)
    tags = [re.findall(r"\\tag\{(.*?)\}", equation) for equation in displayed]
    assert all(len(tag) == 1 for tag in tags), [d for d, tag in zip(displayed, tags, strict=True) if len(tag) != 1]
    assert not [tag for (tag,) in tags if re.search(r"(?<!\\)_", tag)], (
        "MathJax wants \\_ in a tag: \\tag{eq:leaky\\_relu.dx}"
    )
    flat = [tag.replace("\\_", "_") for (tag,) in tags]
    assert len(set(flat)) == len(flat), "an equation is displayed once"
    named, numbered = [t for t in flat if t.startswith("eq:")], [t for t in flat if not t.startswith("eq:")]
    assert named, "at least one is the library's own: \\tag{eq:dense.dW}"
    assert numbered == [f"{number(lesson)}.{k + 1}" for k in range(len(numbered))]
    known = tomllib.loads((ROOT / "minigan" / "teach" / "formulas" / "equations.toml").read_text(encoding="utf-8"))[
        "equations"
    ]
    mentioned = set(TAG.findall(text.replace("\\_", "_")))
    assert mentioned <= known.keys(), mentioned - known.keys()


# ---- see the code, check, figures --------------------------------------------------------------------------------------------


@each_derived
def test_library_source_is_shown_live_and_never_copied(lesson):
    assert all("show_source(" in body for body in parts(lesson)["See the code"])
    written = [node for cell in cells(lesson) if cell.kind == "code" for node in ast.walk(ast.parse(cell.source))]
    copied = [node.name for node in written if isinstance(node, ast.FunctionDef) and body_of(node) in library()]
    assert not copied, "show_source shows it"


def body_of(node) -> str:
    """The body of a function without its docstring; empty if it is too short to count as a copy."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return "\n".join(map(ast.dump, body)) if len(body) > 2 else ""


@cache
def library() -> set[str]:
    bodies = set()
    for path in (ROOT / "minigan").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        bodies |= {body_of(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return bodies - {""}


@each_derived
def test_each_check_part_runs_a_check(lesson):
    for body in parts(lesson)["Check"]:
        assert re.search(r"show_checks\(|compare\(|check_(layer|network|step)\(", body)


@each
def test_each_figure_title_states_a_finding(lesson):
    tree = ast.parse(code(lesson))
    named = {
        node.targets[0].id: node.value for node in ast.walk(tree) if isinstance(node, ast.Assign) and named_by(node)
    }
    titles = [
        node.args[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "figure"
    ]
    assert titles
    for title in titles:
        said = ast.unparse(named.get(title.id, title) if isinstance(title, ast.Name) else title)
        assert len(said.split()) >= 5, f"{said} is a topic; the title states the finding"
    assert "plt." not in code(lesson), "figures are drawn by minigan.teach.lessons.figure"


def named_by(node) -> bool:
    return isinstance(node.targets[0], ast.Name)


# ---- modify, break it ---------------------------------------------------------------------------------------------------------


@each_derived
def test_two_or_three_exercises_with_stub_check_and_solution(lesson):
    exercises = asked(lesson, Exercise)
    assert exercises == [f"q{k + 1}" for k in range(len(exercises))]
    assert 2 <= len(exercises) <= 3
    stubs = [cell for cell in cells(lesson) if "exercise" in cell.tags]
    solutions = [cell for cell in cells(lesson) if "solution" in cell.tags]
    assert len(stubs) == len(solutions) == len(exercises)
    (text,) = parts(lesson)["Modify"]
    assert re.findall(r"^### Exercise (\d): \S", text, re.MULTILINE) == [str(k + 1) for k in range(len(exercises))]
    for k, (stub, solution) in enumerate(zip(stubs, solutions, strict=True)):
        assert re.search(rf"\n\n\ncheck\.{name_of(lesson)}\.q{k + 1}\(\w+\)$", stub.source)
        assert solution.kind == "markdown"
        assert solution.source.startswith("<details><summary>Solution</summary>\n\n")
        assert solution.source.endswith("\n\n</details>")
        assert solution.source.count("```python\n") == 1
        assert len(re.sub(r"```python.*?```", "", solution.source, flags=re.DOTALL).split()) > 12, "it says why"


@each
def test_the_diagram_if_there_is_one_follows_the_title(lesson):
    drawn = [i for i, cell in enumerate(cells(lesson)) if "diagram" in cell.tags]
    assert drawn in ([], [1])
    for i in drawn:
        first, last = ast.parse(cells(lesson)[i].source).body
        assert ast.unparse(first) == "from minigan.teach.diagram import diagram"
        assert last.value.func.id == "diagram"
        assert {part.value for part in last.value.args} <= set(PARTS_OF_THE_DIAGRAM)


@each
def test_no_other_cell_depends_on_an_exercise(lesson):
    """A reader may skip an exercise, so no other cell may use what it defines."""
    for cell in cells(lesson):
        if "exercise" in cell.tags:
            name = re.search(r"\((\w+)\)$", cell.source).group(1)
            others = [c.source for c in cells(lesson) if c.kind == "code" and c is not cell]
            assert not [source for source in others if re.search(rf"\b{name}\b", source)], name


@each_derived
def test_a_bug_is_planted_and_a_check_is_run(lesson):
    for body in parts(lesson)["Break it"]:
        assert re.search(r"show_checks\(|_checks\(|check_(layer|network|step)\(|GradientError|caught", body)
    assert re.search(r"planted[(,]", code(lesson))


# ---- summary --------------------------------------------------------------------------------------------------------------------


@each_derived
def test_the_summary_links_formula_code_and_test(lesson):
    (text,) = parts(lesson)["Summary"]
    head, rule, *rows = [line for line in text.splitlines() if line.startswith("|")]
    assert [cell.strip() for cell in head.strip("|").split("|")] == ["formula", "code", "test"]
    assert set(rule) <= set("|-: ")
    assert rows
    for row in rows:
        formula, code, test = (cell.strip() for cell in row.strip("|").split(" | "))
        assert re.match(r"`eq:[\w.]+`", formula), formula
        assert lookup(*re.fullmatch(r"`minigan\.([\w.]+)`.*", code).groups()), code
        file, names = re.fullmatch(r"`(tests/[\w/]+\.py)`: (.*)", test).groups()
        functions = re.findall(r"`(\w+)`", names)
        defined = re.findall(r"^def (\w+)\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
        assert functions
        assert set(functions) <= set(defined), test


def lookup(dotted: str):
    """layers.Dense.apply -> the function."""
    thing, rest = minigan, dotted.split(".")
    while rest:
        name = rest.pop(0)
        if inspect.ismodule(thing) and not hasattr(thing, name):
            importlib.import_module(f"{thing.__name__}.{name}")
        thing = getattr(thing, name)
    return thing
