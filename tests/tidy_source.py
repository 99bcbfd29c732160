"""One file of the project as the style guide's rules see it."""

import ast
import builtins
import io
import tokenize
from functools import cached_property
from pathlib import PurePosixPath

ROOMS_THAT_THINK = (
    "core",
    "models",
    "customers",
    "finance",
    "operations",
    "growth",
    "intelligence",
)


class Source:
    """One file: its path from the project's root, its text and, for Python, its tree."""

    def __init__(self, path: str, text: str) -> None:
        self.path = PurePosixPath(path)
        self.text = text
        self.lines = text.splitlines()
        self.python = self.path.suffix == ".py"
        self.is_test = self.path.parts[0] == "tests" or self.path.name.startswith("test_")
        self.in_house = self.path.parts[:2] == ("src", "psizero")
        self.room = "/".join(self.path.parts[2:]) if self.in_house else ""
        self.thinks = self.room.split("/")[0] in ROOMS_THAT_THINK

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the tree, in no order; none for a file that is not Python."""
        return list(ast.walk(ast.parse(self.text))) if self.python else []

    @cached_property
    def imports(self) -> list[tuple[int, str, str]]:
        """Line, local name and full dotted name of everything imported."""
        found = []
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for one in node.names:
                    local = one.asname or one.name.split(".")[0]
                    found.append((node.lineno, local, one.name if one.asname else local))
            elif isinstance(node, ast.ImportFrom):
                for one in node.names:
                    full = f"{node.module}.{one.name}"
                    found.append((node.lineno, one.asname or one.name, full))
        return found

    @cached_property
    def _known(self) -> dict[str, str]:
        return {name: name for name in dir(builtins)} | {
            local: full for _, local, full in self.imports
        }

    def dotted(self, node: ast.AST) -> str:
        """Full dotted name of what is imported or built in; empty for everything else."""
        if isinstance(node, ast.Name):
            return self._known.get(node.id, "")
        if isinstance(node, ast.Attribute):
            before = self.dotted(node.value)
            return f"{before}.{node.attr}" if before else ""
        return ""

    @cached_property
    def names(self) -> list[tuple[int, str]]:
        """Line and full dotted name of all that is imported, and of every reference to it."""
        referred = [
            (node.lineno, self.dotted(node))
            for node in self.nodes
            if isinstance(node, ast.Name | ast.Attribute)
        ]
        return sorted({*referred, *((line, full) for line, _, full in self.imports)})

    @cached_property
    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function and method."""
        return [n for n in self.nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]

    @cached_property
    def classes(self) -> list[ast.ClassDef]:
        """Every class, nested ones too."""
        return [node for node in self.nodes if isinstance(node, ast.ClassDef)]

    @cached_property
    def docstrings(self) -> dict[int, str]:
        """Line -> text of every docstring, and of every other string that is a statement."""
        return {
            node.value.lineno: node.value.value
            for node in self.nodes
            if isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        }

    @cached_property
    def strings(self) -> list[tuple[int, str]]:
        """Line and text of every string but docstrings; a hole of an f-string reads as `_`."""
        formatted = [node for node in self.nodes if isinstance(node, ast.JoinedStr)]
        parts = {id(piece) for node in formatted for piece in node.values}
        found = [(node.lineno, "".join(map(_piece, node.values))) for node in formatted]
        for node in self.nodes:
            if isinstance(node, ast.Constant) and id(node) not in parts:
                found.append((node.lineno, _piece(node)))
        return [(line, text) for line, text in found if self.docstrings.get(line) != text]

    @cached_property
    def comments(self) -> list[tuple[int, str]]:
        """Line and text of every comment of a Python file."""
        lines = io.StringIO(self.text if self.python else "")
        tokens = tokenize.generate_tokens(lines.readline)
        return [(one.start[0], one.string) for one in tokens if one.type == tokenize.COMMENT]


def _piece(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "_"
