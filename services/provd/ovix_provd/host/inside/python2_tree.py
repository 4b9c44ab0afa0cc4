"""The parts of Python 2 that are no matter of syntax, made explicit in the tree of a file."""

import ast
from copy import deepcopy
from typing import Final

_ORDER: Final = {ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge"}
_METHODS: Final = frozenset({"decode", "encode", "sort"})
PREFIX: Final = "_python2_"
"""Of the names under which `python2_values` offers what is called here."""


def adapted(tree: ast.Module) -> ast.Module:
    """The same file, dividing, ordering and coding as Python 2 does."""
    true_division = any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(name.name == "division" for name in node.names)
        for node in tree.body
    )
    changed: ast.Module = ast.fix_missing_locations(_Adapter(not true_division).visit(tree))
    return changed


class _Adapter(ast.NodeTransformer):
    def __init__(self, floors: bool) -> None:
        self._floors = floors

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if self._floors and isinstance(node.op, ast.Div):
            return _call(node, "divide", node.left, node.right)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        self.generic_visit(node)
        if not (self._floors and isinstance(node.op, ast.Div)):
            return node
        before = deepcopy(node.target)
        before.ctx = ast.Load()
        value = _call(node, "divide", before, node.value)
        return ast.copy_location(ast.Assign([node.target], value), node)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        name = _ORDER.get(type(node.ops[0])) if len(node.ops) == 1 else None
        return _call(node, name, node.left, node.comparators[0]) if name else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        function = node.func
        if isinstance(function, ast.Name) and function.id == "str" and len(node.args) > 1:
            # It was ``unicode``, and what it is given was no text then.
            return _call(node, "decode", *node.args)
        if not (isinstance(function, ast.Attribute) and function.attr in _METHODS):
            return node
        called = _call(node, function.attr, function.value, *node.args)
        called.keywords = node.keywords
        return called


def _call(at: ast.AST, name: str, *arguments: ast.expr) -> ast.Call:
    function = ast.Name(PREFIX + name, ast.Load())
    return ast.copy_location(ast.Call(function, list(arguments), []), at)
