"""Which changes provably compute the same, and so are no mutants: max(b, a) for max(a, b), the axes of a sum in another order.

Each rule has its reason beside it.  A change that computes the same for another reason is listed in equivalent.toml.
"""

import ast
from functools import cache
from typing import Any

COMMUTING = {"max", "min", "np.maximum", "np.minimum", "np.add", "np.multiply"}  # f(a, b) = f(b, a)
BLANK = {"np.zeros", "np.zeros_like", "np.empty", "np.empty_like"}  # arrays of zeros, or of numbers that are not read
REDUCING = {"sum", "mean", "max", "min", "any", "all", "prod", "std", "var", "flip"}  # over a set of axes


def is_same(node: ast.AST, kind: str, new: Any, function: ast.FunctionDef) -> bool:
    """Does this change of a node of `function` provably compute the same?"""
    unordered = _unordered(function)
    match kind, node:
        case "swapped", ast.Call(func=func, args=args):
            name = ast.unparse(func)
            if (
                name in COMMUTING
            ):  # max(a, b) = max(b, a) for all numbers; an array to write into may be the third argument
                return new.args[:2] == args[1::-1] or (name in ("max", "min"))
            if name.endswith("swapaxes"):  # exchanging axes a and b is exchanging b and a
                return new.args[-2:] == args[:-3:-1]
        case "swapped", ast.Tuple():  # a sum over the axes (0, 1) is one over (1, 0), and a set has no order
            return id(node) in unordered
        case "sign" | "factor", ast.Call(func=func):
            # -True and 2 * True are as true as True, and False is 0;  -0 = 0, and what np.empty holds is written before it is read
            return ast.unparse(func) in {"any", "all", "bool"} | BLANK
        case "off by one", ast.Constant(
            value=1
        ):  # reshape(-2) is reshape(-1): NumPy takes any negative size for the unknown one
            return id(node) in unordered and new.value == 2
        case "comparison", ast.Constant(value=False):  # dx is computed, and then dropped
            return id(node) in unordered
    return False


@cache
def _unordered(function: ast.FunctionDef) -> set[int]:
    """The ids of nodes whose change computes the same because of where they are; see is_same."""
    found: list[ast.AST] = []
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(attr=name), keywords=keywords) if name in REDUCING:
                found += [k.value for k in keywords if k.arg == "axis" and isinstance(k.value, ast.Tuple)]
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[ast.Tuple(elts=elts) as values]):
                found += [values] * all(isinstance(value, ast.Constant) for value in elts)
            case ast.Call(func=ast.Attribute(attr="reshape"), args=args):
                sizes = [size for arg in args for size in (arg.elts if isinstance(arg, ast.Tuple) else [arg])]
                found += [size.operand for size in sizes if isinstance(size, ast.UnaryOp)]
            case ast.Expr(value=ast.Call(keywords=keywords)):  # the value of the call is not used
                found += [k.value for k in keywords if k.arg == "need_dx"]
    return {id(node) for node in found}
