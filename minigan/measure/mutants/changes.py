"""What can be wrong in one line of a backward pass: each change replaces one node of the syntax tree by another one.

    sign            a + b -> a - b,  -a -> a,  return a -> return -a
    factor          return a -> return 2 * a, or 0.5 * a,  0.1 -> 0.2
    dropped         a + b -> a,  a * b -> b,  x += a -> pass,  a and b -> a
    off by one      n -> n + 1,  a[i:j] -> a[i:j + 1],  range(n) -> range(n - 1)
    axis            axis=axes -> axis=None,  keepdims=True -> keepdims=False
    transpose       W.T -> W,  a @ b -> b @ a,  reversed(a) -> a
    comparison      < -> <=,  < -> >=,  if a -> if not a
    swapped         f(a, b) -> f(b, a),  a, b = c -> b, a = c,  real_caches -> fake_caches
    in place        x * a -> x.__imul__(a), where x is an argument
    added           grad += a -> grad[...] = a
    function        sum -> mean,  max -> min,  zeros_like -> ones_like

Guards are left alone: what an error says and the tests that only decide to raise it (tests/test_bad_calls.py is about them).  So
is what provably computes the same: `_is_same` has a rule for each kind, with its reason.
"""

import ast
import copy
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from minigan.measure.mutants.same import is_same

Change = tuple[str, ast.AST]  # its kind, and the new node

COMPARED: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
FUNCTIONS = {
    "sum": "mean",
    "max": "min",
    "argmax": "argmin",
    "maximum": "minimum",
    "zeros": "ones",
    "zeros_like": "ones_like",
}
FUNCTIONS |= {new: old for old, new in FUNCTIONS.items()} | {
    "sin": "cos",
    "cos": "sin",
    "any": "all",
    "all": "any",
    "floor": "ceil",
}
INPLACE = {ast.Add: "__iadd__", ast.Sub: "__isub__", ast.Mult: "__imul__", ast.Div: "__itruediv__"}
TWINS = [
    ("r", "f"),
    ("dw", "dx"),
    ("dy", "v"),
    ("x", "y"),
    ("G", "D"),
    ("left", "right"),
    ("real", "fake"),
    ("cache", "tcache"),
    ("caches", "tangents"),
]
SILENT = {"strict", "dtype", "order", "where", "check"}  # keywords that only guard or only set a dtype


def changes(node: ast.AST, parent: ast.AST, function: ast.FunctionDef) -> Iterator[Change]:
    """The changes of one node that may compute something else, each a new node; `function` is the one that it belongs to."""
    for kind, new in _changes(node, parent, function):
        if not is_same(node, kind, new, function):
            yield kind, new


def _changes(node: ast.AST, parent: ast.AST, function: ast.FunctionDef) -> Iterator[Change]:
    match node:
        case ast.BinOp():
            yield from _of_operation(node, function)
        case ast.UnaryOp(op=ast.USub()):
            yield "sign", node.operand
        case ast.UnaryOp(op=ast.Not()):
            yield "comparison", node.operand
        case ast.BoolOp():
            for value in node.values:
                yield "dropped", value
        case ast.Compare():
            for i, op in enumerate(node.ops):
                for new in COMPARED[type(op)]:
                    yield "comparison", _with(node, ops=[*node.ops[:i], new(), *node.ops[i + 1 :]])
        case ast.Constant(value=bool(value)):
            yield "axis" if _keyword(parent) == "keepdims" else "comparison", ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield "off by one", ast.Constant(value + 1)
            yield "off by one", ast.UnaryOp(ast.USub(), ast.Constant(1)) if value == 0 else ast.Constant(value - 1)
        case ast.Constant(value=float(value)):
            yield "factor", ast.Constant(2 * value or 1.0)
            yield "factor", ast.Constant(value / 2 or -1.0)
        case ast.Attribute(attr="T"):
            yield "transpose", node.value
        case ast.Call():
            yield from _of_call(node)
        case ast.Tuple():
            for i in range(len(node.elts) - 1):
                yield "swapped", _with(node, elts=_exchanged(node.elts, i))
        case ast.Subscript(slice=ast.Name()):
            yield "off by one", _with(node, slice=_plus(node.slice, 1))
        case ast.Slice():
            for end in ("lower", "upper"):
                if (bound := getattr(node, end)) is not None and not isinstance(bound, ast.Constant):
                    yield from (("off by one", _with(node, **{end: _plus(bound, n)})) for n in (1, -1))
        case ast.Name(ctx=ast.Load()):
            yield from (("swapped", ast.Name(other, ast.Load())) for other in _twins(node.id, function))
        case ast.keyword(arg="axis", value=value) if not isinstance(value, ast.Constant | ast.Tuple | ast.UnaryOp):
            yield "axis", _with(node, value=ast.Constant(None))
        case ast.If() | ast.IfExp() if not isinstance(node.test, ast.Compare):
            yield "comparison", _with(node, test=ast.UnaryOp(ast.Not(), node.test))
        case ast.AugAssign():
            yield from _of_addition(node)
        case ast.Expr(value=ast.Call()):
            yield "dropped", ast.Pass()
        case ast.Assign(targets=[ast.Subscript() | ast.Attribute()]):
            yield "dropped", ast.Pass()
    if isinstance(node, ast.expr) and _is_value(node, parent):
        yield "sign", ast.UnaryOp(ast.USub(), node)
        yield "factor", ast.BinOp(ast.Constant(2 if node.col_offset % 2 else 0.5), ast.Mult(), node)


def is_guard(node: ast.AST, parent: ast.AST) -> bool:
    """Does this node, with all that is inside, only decide on an error or say it?"""
    match node:
        case ast.Raise() | ast.Assert() | ast.JoinedStr():
            return True
        case ast.If(body=[*_, ast.Raise()], orelse=[]):
            return True
        case ast.Expr(value=ast.Constant()):
            return True  # a docstring
        case ast.Assign(targets=[ast.Name(id="hint" | "detail" | "expected" | "given" | "fits")]):
            return True
        case ast.Expr(value=ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name))):
            return _checks(name)
        case ast.keyword(arg=name):
            return name in SILENT
    match parent:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if _checks(name):
            return (
                node is not parent.func and node not in parent.args[:1]
            )  # only the array that is checked and returned
        case ast.AnnAssign():
            return node is parent.annotation
    return False


def _checks(name: str) -> bool:
    return name.lstrip("_").startswith(("check", "refuse", "as_target", "as_classes"))


def _of_operation(node: ast.BinOp, function: ast.FunctionDef) -> Iterator[Change]:
    match node.op:
        case ast.Add() | ast.Sub():
            yield "sign", _with(node, op=ast.Sub() if isinstance(node.op, ast.Add) else ast.Add())
            yield "dropped", node.left
            yield "dropped", node.right if isinstance(node.op, ast.Add) else ast.UnaryOp(ast.USub(), node.right)
        case ast.Mult():
            yield "dropped", node.left
            yield "dropped", node.right
        case ast.Div() | ast.Pow():
            yield "dropped", node.left
        case ast.MatMult():
            yield "transpose", _with(node, left=node.right, right=node.left)
    if type(node.op) in INPLACE and isinstance(node.left, ast.Name) and node.left.id in _arrays(function):
        yield "in place", ast.Call(ast.Attribute(node.left, INPLACE[type(node.op)], ast.Load()), [node.right], [])


def _of_call(node: ast.Call) -> Iterator[Change]:
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if _checks(name):
        return
    if name in FUNCTIONS:
        yield "function", _with(node, func=_renamed(node.func, FUNCTIONS[name]))
    if name in ("swapaxes", "transpose") and isinstance(node.func, ast.Attribute):
        yield "transpose", node.func.value
    if name == "reversed":
        yield "transpose", node.args[0]
    if name == "range" and not isinstance(node.args[-1], ast.Constant):
        yield from (("off by one", _with(node, args=[*node.args[:-1], _plus(node.args[-1], n)])) for n in (1, -1))
    for i, (a, b) in enumerate(pairwise(node.args)):
        if not isinstance(a, ast.Starred) and not isinstance(b, ast.Starred) and ast.dump(a) != ast.dump(b):
            yield "swapped", _with(node, args=_exchanged(node.args, i))


def _of_addition(node: ast.AugAssign) -> Iterator[Change]:
    yield "dropped", ast.Pass()
    if isinstance(node.op, ast.Add | ast.Sub):
        yield "sign", _with(node, op=ast.Sub() if isinstance(node.op, ast.Add) else ast.Add())
        target: ast.expr = copy.deepcopy(node.target)
        if isinstance(target, ast.Attribute):
            value: Any = _with(target, ctx=ast.Load())
            target = ast.Subscript(value, ast.Constant(...), ast.Store())
        yield "added", ast.Assign([target], node.value)


def _is_value(node: ast.AST, parent: ast.AST) -> bool:
    """Is this the value, or one of the values, of a return, an assignment or an addition, and not a mere constant?"""
    if isinstance(
        node, ast.Tuple | ast.Constant | ast.List | ast.Dict | ast.ListComp | ast.JoinedStr | ast.IfExp | ast.UnaryOp
    ):
        return False
    match parent:
        case ast.Return():
            return not isinstance(node, ast.Name) or node.id != "self"
        case ast.Assign(targets=[target]):
            return node is parent.value and not isinstance(target, ast.Tuple)
        case ast.AugAssign():
            return node is parent.value
        case ast.Tuple(ctx=ast.Load()):
            return isinstance(node, ast.BinOp | ast.Call)
    return False


@cache
def _arrays(function: ast.FunctionDef) -> set[str]:
    """The arguments that may be arrays."""
    kinds = ("np.ndarray", "Any", "Tree")
    return {
        a.arg for a in function.args.args if a.annotation is not None and ast.unparse(a.annotation).startswith(kinds)
    }


@cache
def _twins(name: str, function: ast.FunctionDef) -> list[str]:
    """Other variables of the function that this one is easily mistaken for: real_caches and fake_caches, dw and dx."""
    known = {a.arg for a in function.args.args} | {
        n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    others = [b for pair in TWINS for a, b in (pair, pair[::-1]) if a == name]
    ending = re.search(r"_(\w+)$", name)
    beginning = re.match(r"(d)_?\w", name)
    for other in sorted(known - {name, *others}):
        if (ending and other.endswith(ending[0])) or (
            beginning and re.match(r"d_\w|d[a-zA-Z]{1,5}$", other) and name[:2] == other[:2]
        ):
            others.append(other)
    return [other for other in others if other in known][:1]


def _keyword(parent: ast.AST) -> str | None:
    return parent.arg if isinstance(parent, ast.keyword) else None


def _with(node: ast.AST, **fields: object) -> ast.AST:
    """A copy of the node, not of what is inside, with other fields."""
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _exchanged(items: list, i: int) -> list:
    return [*items[:i], items[i + 1], items[i], *items[i + 2 :]]


def _plus(node: ast.expr, n: int) -> ast.BinOp:
    return ast.BinOp(node, ast.Add() if n > 0 else ast.Sub(), ast.Constant(abs(n)))


def _renamed(func: ast.expr, name: str) -> ast.AST:
    return _with(func, attr=name) if isinstance(func, ast.Attribute) else _with(func, id=name)
