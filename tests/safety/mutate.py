"""Every small way in which a module can be broken."""

import ast
import copy
from collections.abc import Iterator
from typing import NamedTuple

COMPARE: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
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
BINARY = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
CALLS = {"min": "max", "max": "min", "any": "all"}


def variants(node: ast.AST) -> Iterator[ast.AST]:
    """Yield every node that could stand in the place of `node`."""
    match node:
        case ast.Compare():
            for index, operator in enumerate(node.ops):
                for other in COMPARE[type(operator)]:
                    changed = copy.deepcopy(node)
                    changed.ops[index] = other()
                    yield changed
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
            for index in range(len(node.values)):
                rest = node.values[:index] + node.values[index + 1 :]
                yield ast.BoolOp(node.op, rest) if len(rest) > 1 else rest[0]
        case ast.UnaryOp():
            yield node.operand
        case ast.BinOp() if type(node.op) in BINARY:
            yield ast.BinOp(node.left, BINARY[type(node.op)](), node.right)
        case ast.IfExp():
            yield ast.IfExp(node.test, node.orelse, node.body)
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(value=int() | float()):
            yield ast.Constant(node.value + 1)
            yield ast.Constant(node.value * 0.9 if node.value else -1)
        case ast.Constant(value=str()):
            yield ast.Constant(node.value + "!")
        case ast.Call(func=ast.Name(id=name)) if name in CALLS:
            yield ast.Call(ast.Name(CALLS[name], ast.Load()), node.args, node.keywords)
        case ast.If():
            yield ast.If(ast.Constant(True), node.body, node.orelse)
            yield ast.If(ast.Constant(False), node.body, node.orelse)
        case ast.Expr() | ast.Assign() | ast.AugAssign() | ast.Return() | ast.For():
            yield ast.Pass()


class Mutant(NamedTuple):
    """One change of a module.

    Attributes:
        module: Name of the module.
        what: File, function and change.
        tree: The module with the change, which is undone when the next mutant is made.
    """

    module: str
    what: str
    tree: ast.Module


def mutants(module: str, source: str) -> Iterator[Mutant]:
    """Yield every mutant of a module's `source`."""
    tree = ast.parse(source)
    places, types = _places(tree), _types(tree)
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if name in ("annotation", "returns"):
                continue
            for index, node in enumerate(value if isinstance(value, list) else [value]):
                if not isinstance(node, ast.AST) or node in types or _is_exempt(parent, node):
                    continue
                for other in variants(node):
                    change = f"{ast.unparse(node)} -> {ast.unparse(other)}"[:250]
                    ast.fix_missing_locations(ast.copy_location(other, node))
                    _put(parent, name, index, other)
                    what = f"{module}.py: {places.get(node, '')}: {change}"
                    yield Mutant(module, what, tree)
                    _put(parent, name, index, node)


def _places(tree: ast.Module) -> dict[ast.AST, str]:
    """Return the innermost function or class around each node."""
    places: dict[ast.AST, str] = {}
    for node in ast.walk(tree):  # outer ones first
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            places |= dict.fromkeys(ast.walk(node), node.name)
    return places


def _types(tree: ast.Module) -> set[ast.AST]:
    """Return the parts of types: what only a type checker reads."""
    return {
        part
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == "Literal"
        for part in ast.walk(node)
    }


def _is_exempt(parent: ast.AST, node: ast.AST) -> bool:
    """A docstring, a string that only annotates, or `strict=` of parts whose type has a length."""
    return (
        isinstance(parent, ast.Expr)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (isinstance(parent, ast.keyword) and parent.arg == "strict")
    )


def _put(parent: ast.AST, name: str, index: int, node: ast.AST) -> None:
    value = getattr(parent, name)
    if isinstance(value, list):
        value[index] = node
    else:
        setattr(parent, name, node)
