"""Every small way to break the portable C, all in one library behind a switch.

`rs_mutant` chooses which one is in force; 0 is none. A mutant is one change of an expression or
the loss of one statement: comparison, arithmetic, bits, logic, negation, constants, conditions.
"""

import copy
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from firmware.boards import BUILD, SOURCES, STUBS, require
from pycparser import c_ast, c_generator, c_parser

SWITCH = "rs_mutant"
BINARY = {
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "==": ("!=",),
    "!=": ("==",),
    "+": ("-",),
    "-": ("+",),
    "*": ("/",),
    "/": ("*",),
    "%": ("*",),
    "&": ("|",),
    "|": ("&",),
    "^": ("&",),
    "<<": (">>",),
    ">>": ("<<",),
    "&&": ("||",),
    "||": ("&&",),
}
ASSIGN = {"+=": "-=", "-=": "+=", "^=": "|="}
UNARY = {"p++": "p--"}
NUMBERS = ("_US", "_MS", "_TICKS", "_UMPS", "_BYTES", "_COUNT", "_HEARD")
Node = c_ast.Node
_PRINTER = c_generator.CGenerator()


class Mutant(NamedTuple):
    """One change.

    Attributes:
        number: Value of the switch.
        what: Place and change, in words.
    """

    number: int
    what: str


class Mutator:
    """Rewrites files so that every mutant is in them."""

    def __init__(self) -> None:
        self.mutants: list[Mutant] = []
        self._enumerators: set[str] = set()
        self._file = ""
        self._function = ""
        self._inside = ""

    def rewrite(self, source: str) -> str:
        """Return the C of a source file with all its mutants."""
        self._file = source
        words = ["gcc", "-E", "-std=c11", "-ffreestanding", "-I.", "-D__attribute__(x)="]
        words += ["-D_Static_assert(...)=", "-D_STDBOOL_H", "-Dbool=_Bool", source]
        done = subprocess.run(words, cwd=STUBS, capture_output=True, text=True, check=True)
        tree = c_parser.CParser().parse(done.stdout.replace("\n;\n", "\n\n"), source)
        finder = _Enumerators()
        finder.visit(tree)
        self._enumerators = finder.names
        for node in tree.ext:
            if isinstance(node, c_ast.FuncDef) and source in str(node.coord.file):
                self._function = self._inside = node.decl.name
                node.body = self._statement(node.body)
        return f"#include <stdbool.h>\nextern int {SWITCH};\n" + str(_PRINTER.visit(tree))

    def _new(self, node: Node, before: str, after: str) -> c_ast.BinaryOp:
        """Return the condition under which this mutant is in force."""
        number = len(self.mutants) + 1
        what = " ".join(f"{before} -> {after}".split())
        self.mutants.append(
            Mutant(number, f"{self._file}:{node.coord.line}: {self._inside}: {what}")
        )
        return _is(number)

    # -- statements ------------------------------------------------------------------------

    def _statement(self, node: Node) -> Node:
        """Return the statement with its mutants."""
        if node is None:
            return None
        if isinstance(node, c_ast.Compound):
            node.block_items = [self._statement(item) for item in node.block_items or []]
            return node
        if isinstance(node, (c_ast.Case, c_ast.Default)):
            node.stmts = [self._statement(item) for item in node.stmts]
            return node
        if isinstance(node, c_ast.If):
            node.cond = self._condition(node.cond)
            node.iftrue = self._statement(node.iftrue)
            node.iffalse = self._statement(node.iffalse)
            return node
        if isinstance(node, (c_ast.While, c_ast.For)):
            node.cond = self._condition(node.cond, can_be_true=False)
            if isinstance(node, c_ast.For):
                node.next = self._expression(node.next)
            node.stmt = self._statement(node.stmt)
            return node
        if isinstance(node, c_ast.Switch):
            node.stmt = self._statement(node.stmt)
            return node
        if isinstance(node, c_ast.Decl):
            if node.init is not None and "static" not in node.storage:
                node.init = self._expression(node.init)
            return node
        return self._simple(node)

    def _simple(self, node: Node) -> Node:
        if isinstance(node, c_ast.Return) and node.expr is not None:
            if isinstance(node.expr, c_ast.Constant):
                self._inside = f"{self._function}, return {node.expr.value}"
            node.expr = self._expression(node.expr)
            self._inside = self._function
            return node
        pristine = copy.deepcopy(node)
        text = _text(pristine)
        lost = self._new(node, text, "nothing")
        if isinstance(node, c_ast.Assignment):
            if node.op in ASSIGN:
                changed = copy.deepcopy(pristine)
                changed.op = ASSIGN[node.op]
                return _if(
                    self._new(node, text, _text(changed)),
                    changed,
                    _unless(lost, self._assignment(node)),
                )
            node = self._assignment(node)
        elif not isinstance(node, (c_ast.Break, c_ast.Return)):
            node = self._expression(node)
        return _unless(lost, node)

    def _assignment(self, node: c_ast.Assignment) -> c_ast.Assignment:
        node.rvalue = self._expression(node.rvalue)
        return node

    def _condition(self, node: Node, *, can_be_true: bool = True) -> Node:
        pristine = copy.deepcopy(node)
        made = self._expression(node)
        for value in ("1", "0") if can_be_true else ("0",):
            constant = c_ast.Constant("int", value)
            made = c_ast.TernaryOp(self._new(pristine, _text(pristine), value), constant, made)
        return made

    # -- expressions -----------------------------------------------------------------------

    def _expression(self, node: Node) -> Node:
        """Return the expression with its mutants; a mutant's own parts are as they were."""
        pristine = copy.deepcopy(node)
        for name, child in node.children():
            if self._is_fixed(node, name):
                continue
            _put(node, name, self._expression(child))
        made = node
        for changed in self._variants(pristine):
            made = c_ast.TernaryOp(
                self._new(pristine, _text(pristine), _text(changed)), changed, made
            )
        return made

    def _is_fixed(self, node: Node, name: str) -> bool:
        """Return whether a part of an expression is a name or a type, not a value."""
        if isinstance(node, c_ast.UnaryOp):
            return node.op in ("&", "sizeof", "p++")
        if isinstance(node, c_ast.FuncCall):
            return name == "name"
        if isinstance(node, (c_ast.StructRef, c_ast.NamedInitializer)):
            return name in ("field", "name") or name.startswith("name[")
        return name in ("to_type", "type")

    def _variants(self, node: Node) -> Iterator[Node]:
        if isinstance(node, c_ast.BinaryOp):
            for op in BINARY[node.op]:
                yield c_ast.BinaryOp(op, node.left, node.right)
            if node.op in ("&&", "||"):
                yield node.left
                yield node.right
        elif isinstance(node, c_ast.UnaryOp) and node.op in ("!", "-", "~"):
            yield node.expr
        elif isinstance(node, c_ast.UnaryOp) and node.op in UNARY:
            yield c_ast.UnaryOp(UNARY[node.op], node.expr)
        elif isinstance(node, c_ast.Constant) and node.type != "string":
            value = int(node.value.rstrip("uUlL"), 0)
            unsigned = "u" if node.value[-1] in "uU" else ""
            for other in (value + 1, value - 1) if value else (1,):
                yield c_ast.Constant(
                    "int", f"{other & 0xFFFFFFFF if unsigned else other}{unsigned}"
                )
        elif isinstance(node, c_ast.ID) and node.name in self._enumerators:
            yield c_ast.BinaryOp("+", node, c_ast.Constant("int", "1"))
            if node.name.endswith(NUMBERS):
                yield c_ast.BinaryOp("-", node, c_ast.Constant("int", "1"))
        elif isinstance(node, c_ast.ID) and node.name in ("true", "false"):
            yield c_ast.ID("false" if node.name == "true" else "true")
        elif isinstance(node, c_ast.TernaryOp):
            yield c_ast.TernaryOp(node.cond, node.iffalse, node.iftrue)


class _Enumerators(c_ast.NodeVisitor):
    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_Enumerator(self, node: c_ast.Enumerator) -> None:  # noqa: N802
        self.names.add(node.name)


def _text(node: Node) -> str:
    return str(_PRINTER.visit(node))


def _is(number: int) -> c_ast.BinaryOp:
    return c_ast.BinaryOp("==", c_ast.ID(SWITCH), c_ast.Constant("int", str(number)))


def _if(condition: Node, yes: Node, no: Node | None) -> c_ast.Compound:
    return c_ast.Compound([c_ast.If(condition, c_ast.Compound([yes]), no and c_ast.Compound([no]))])


def _unless(condition: c_ast.BinaryOp, node: Node) -> c_ast.If:
    """Return `if (!condition) node`: not a block, or a `break` would still be one of a loop's."""
    negated = c_ast.BinaryOp("!=", condition.left, condition.right)
    return c_ast.If(negated, node, None)


def _put(node: Node, name: str, child: Node) -> None:
    base, bracket, index = name.partition("[")
    if bracket:
        getattr(node, base)[int(index.rstrip("]"))] = child
    else:
        setattr(node, name, child)


def build_mutants() -> tuple[Path, list[Mutant]]:
    """Return the library of all mutants, and what they are."""
    require("gcc")
    folder = BUILD / "mutants"
    folder.mkdir(parents=True, exist_ok=True)
    mutator = Mutator()
    for source in SOURCES:
        (folder / source).write_text(mutator.rewrite(source), encoding="utf-8")
    (folder / "switch.c").write_text(f"int {SWITCH} = 0;\n", encoding="utf-8")
    library = folder / "librs.so"
    words = ["gcc", "-std=c11", "-O1", "-w", "-shared", "-fPIC", "-o", str(library)]
    words += [str(folder / name) for name in (*SOURCES, "switch.c")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:3000]
    return library, mutator.mutants
