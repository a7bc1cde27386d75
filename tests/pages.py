"""What CPython says of the names of many Python sources, for tests/pages.rs.

The sources are the libraries of this Python, programs made at random (the same in every run), and
both with mistakes. Each is one record: its name, "1" if this Python accepts it, the source, whether
it has an `import *`, whether it has an `__all__` that counts, and the names that are defined,
imported and listed. A field is its length, a colon and its bytes; a list is the number of its
fields, as a field, and then these.

    pages.py [the most bytes of libraries [the most programs]]
"""

import ast
import io
import os
import random
import re
import site
import sys
import sysconfig
import tokenize
import unicodedata
import warnings

VERSION = sys.version_info[:2]
NESTED_QUOTES = VERSION >= (3, 12)


# The oracle.


class Oracle:
    def __init__(self, source):
        # As publisher does it: what is declared to be the encoding does not matter.
        self.text = source.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        self.tree = compile(self.text, "page", "exec", ast.PyCF_ONLY_AST, True)
        self.lines = self.text.encode().split(b"\n")
        self.defined = set()
        self.imported = set()
        self.imports_all = False
        self.certain = set()
        self.all = None
        self.all_is_known = True
        for statement, always in self.module_level(self.tree.body, True):
            self.statement(statement, always)
        self.smuggled()
        if self.imports_all:
            self.imported |= self.defined - self.certain

    def module_level(self, body, always):
        for statement in body:
            yield statement, always
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                continue
            for field in ("body", "handlers", "cases", "orelse", "finalbody"):
                for inner in getattr(statement, field, []):
                    if isinstance(inner, ast.stmt):
                        yield from self.module_level([inner], False)
                    else:
                        # An except or a case.
                        yield from self.module_level(inner.body, False)

    def statement(self, node, always):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for name in self.imports(node):
                self.imported.add(name)
                if name == "__all__":
                    self.all_is_known = False
            if node.names[0].name == "*":
                self.imports_all = True
                self.certain = set()
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            self.define(node.name, always)
        elif type(node).__name__ == "TypeAlias":
            self.define(node.name.id, always)
        elif isinstance(node, ast.Assign):
            names = [name for target in node.targets for name in self.targets(target)]
            self.assign(node, names, len(node.targets) == 1, "=", always)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self.assign(node, self.targets(node.target), True, "=", always)
        elif isinstance(node, ast.AugAssign):
            self.assign(node, self.targets(node.target), True, "+=", always)
        elif isinstance(node, ast.Expr):
            tokens = self.tokens(node)
            if tokens[:2] == ["__all__", "."]:
                self.list(self.call(node.value, tokens), False, always)

    def imports(self, node):
        for alias in node.names:
            if alias.asname is not None:
                yield alias.asname
            elif alias.name != "*":
                yield alias.name.split(".")[0]

    def targets(self, target):
        if isinstance(target, ast.Name):
            yield target.id
        elif isinstance(target, ast.Starred):
            yield from self.targets(target.value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for element in target.elts:
                yield from self.targets(element)

    def bind(self, names, always):
        self.defined |= names
        if always:
            self.certain |= names

    def define(self, name, always):
        self.bind({name}, always)
        if name == "__all__":
            self.all_is_known = False

    def assign(self, node, names, single, operator, always):
        names = set(names)
        self.bind(names, always)
        if "__all__" not in names:
            return
        tokens = self.tokens(node)
        value = None
        if single and tokens[0] == "__all__" and tokens[1] in ("=", ":", "+="):
            end = len(tokens) - tokens[::-1].index(operator) if operator in tokens else None
            if end is not None:
                value = self.literal(node.value, tokens[end:])
        self.list(value, operator == "=", always)

    def list(self, names, anew, always):
        if names is None or (self.all is None and not anew):
            self.all_is_known = False
        elif anew and always:
            self.all = names
        else:
            self.all = (self.all or set()) | names

    def literal(self, node, tokens):
        """A list or tuple of plain strings, whose elements have no brackets."""
        if not isinstance(node, (ast.List, ast.Tuple)):
            return None
        while tokens[0] == "(" and tokens[-1] == ")" and self.is_in_brackets(tokens[1:-1]):
            tokens = tokens[1:-1]
        brackets = [token for token in tokens if token in "()[]"]
        if brackets and (len(brackets) > 2 or [tokens[0], tokens[-1]] != brackets):
            return None
        return self.strings(node.elts, tokens)

    def is_in_brackets(self, tokens):
        depth = 0
        for index, token in enumerate(tokens):
            depth += (token in "([") - (token in ")]")
            if depth == 0:
                return index > 0 and index == len(tokens) - 1
        return False

    def strings(self, nodes, tokens):
        if any("\\" in token for token in tokens):
            return None
        values = [getattr(node, "value", None) for node in nodes]
        return set(values) if all(isinstance(value, str) for value in values) else None

    def call(self, node, tokens):
        if not isinstance(node, ast.Call) or node.keywords or len(node.args) != 1:
            return None
        function, argument = node.func, node.args[0]
        if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
            return None
        tokens = tokens[4:-1]
        if tokens[-1] == ",":
            tokens.pop()
        if function.attr == "append" and isinstance(argument, ast.Constant):
            return None if "(" in tokens else self.strings([argument], tokens)
        return self.literal(argument, tokens) if function.attr == "extend" else None

    def smuggled(self):
        everything = list(ast.walk(self.tree))
        outer = {id(statement) for statement, _ in self.module_level(self.tree.body, True)}
        declared, inner = set(), set()
        for node in everything:
            if isinstance(node, ast.Global):
                declared |= set(node.names)
            elif isinstance(node, (ast.Import, ast.ImportFrom)) and id(node) not in outer:
                inner |= set(self.imports(node))
        self.imported |= declared & inner

    def tokens(self, node):
        """What a statement about `__all__` consists of."""
        first, last = node.lineno - 1, node.end_lineno - 1
        lines = self.lines[first : last + 1]
        lines[-1] = lines[-1][: node.end_col_offset]
        lines[0] = lines[0][node.col_offset :]
        if not lines[0].startswith(b"__all__"):
            return [""]
        text = b"\n".join(lines).decode() + "\n"
        kept = (tokenize.NAME, tokenize.OP, tokenize.STRING, tokenize.NUMBER)
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        return [token.string for token in tokens if token.type in kept]

    def is_comparable(self):
        """Whether the names are in the source as they are in Python."""
        if self.text.isascii():
            return True
        words = (word for word in re.findall(r"\w+", self.text) if not word.isascii())
        return all(unicodedata.normalize("NFKC", word) == word for word in words)


def field(value):
    value = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
    return b"%d:%s" % (len(value), value)


def tell(name, source):
    """Prints the record of one source."""
    try:
        oracle = Oracle(source)
    except (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError):
        oracle = None
    except SystemError:
        # The tokenize of 3.12 and 3.13 stumbles over some characters.
        return
    if oracle is not None and not oracle.is_comparable():
        return
    record = [field(name), field(int(oracle is not None)), field(source)]
    if oracle is not None:
        listed = oracle.all if oracle.all_is_known else None
        record += [field(int(oracle.imports_all)), field(int(listed is not None))]
        for names in (oracle.defined, oracle.imported, listed or set()):
            record += [field(len(names))] + [field(name) for name in sorted(names)]
    sys.stdout.buffer.write(b"".join(record))


# The libraries.


def libraries(most):
    roots = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
    roots += [sysconfig.get_path("purelib"), *site.getsitepackages(), "/usr/lib/python3/dist-packages"]
    seen, size = set(), 0
    for root in roots:
        for folder, folders, files in os.walk(root):
            folders.sort()
            if root == roots[0]:
                folders[:] = [name for name in folders if not name.endswith("-packages")]
            for path in (os.path.join(folder, file) for file in sorted(files)):
                if not path.endswith(".py") or os.path.realpath(path) in seen:
                    continue
                seen.add(os.path.realpath(path))
                try:
                    with open(path, "rb") as file:
                        source = file.read()
                except OSError:
                    continue
                size += len(source)
                if size > most:
                    return
                yield path, source


# The programs.

NAMES = ["a", "b", "c", "os", "sys", "match", "case", "type", "_", "page", "printer", "rb2", "café"]
ATTRIBUTES = ["x", "match", "type", "path", "append"]
WORDS = ["if", "in", "or", "and", "not", "else", "is", "return", "import", "lambda", "for"]
STRINGS = [
    "'a'", '"#"', "''", '""', '""""""', "''''''", "'''\n\"'\n'''", 'r"\\""', "b'\\''", '"\\\\"',
    "'\\\n'", '"""\\""""', 'Rb"(["', 'u"}"', "'\"\"\"'", '"import os"', "'''\nimport os\n'''",
    "'it''s'", '"a" \'b\'', "R'\\\\'", '"""a""b"""', "'\\\\\\''", "'''\\''''", 'bR"\\\n"', "'é'",
    '"""\nx = 1\n  """', "'{'", '"}{"', "'\t'", "'\\N{DIGIT ONE}'", "'\x0c'",
]
NUMBERS = ["1", "0", "1.5", "1.", ".5", "1e5", "1E-5", "0xff", "0b1", "1_000", "1j", "1.e+3j", "0o7"]
TEXTS = ["a", " ", "{{", "}}", "\\n", "\\\\", "\\N{DIGIT ONE}", "#", "(", "]", ":", "!r", "=", "\\x7b"]
FORMATS = ["", ">10", "{a}", "{a}.{b}f", "=5", "%H:%M", "{a:}", "{a!r}", "#x", "\\x41", "{a[1:2]}", "{{1: 2}[1]}"]


class Program:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.pick = self.random.choice
        # Whether `__all__` is only ever a plain list: most of the other programs spoil it.
        self.is_plain = self.chance(50)

    def chance(self, percent):
        return self.random.random() * 100 < percent

    # Expressions and targets are lists of tokens.

    def name(self):
        return "__all__" if not self.is_plain and self.chance(2) else self.pick(NAMES)

    def comma(self, make, most=3):
        parts = [make() for _ in range(self.random.randint(1, most))]
        tokens = parts[0]
        for part in parts[1:]:
            tokens = tokens + [","] + part
        return tokens + ([","] if self.chance(30) else [])

    def expression(self, deep=3):
        e = lambda: self.expression(deep - 1)
        simple = [
            lambda: [self.name()],
            lambda: [self.pick(NUMBERS)],
            lambda: [self.pick(STRINGS)],
            lambda: [self.formatted(2)],
        ]
        if deep <= 0:
            return self.pick(simple)()
        return self.pick(simple + [
            lambda: ["("] + e() + [")"],
            lambda: ["("] + self.comma(e) + [")"],
            lambda: ["["] + self.comma(e) + ["]"],
            lambda: ["{"] + self.comma(e) + ["}"],
            lambda: ["{"] + self.comma(lambda: e() + [":"] + e()) + ["}"],
            lambda: ["(", self.name(), ":="] + e() + [")"],
            lambda: ["(", "lambda", self.pick("abc"), "=", "1", ":"] + e() + [")"],
            lambda: ["(", "lambda", "*", "a", ",", "b", "=", "("] + e() + [")", ":"] + e() + [")"],
            lambda: ["(", "yield", "a", ")"],
            lambda: [self.name(), "("] + self.comma(lambda: ["k", "="] + e()) + [")"],
            lambda: [self.name(), "(", "*"] + e() + [",", "**", "a", ")"],
            lambda: [self.name(), "["] + e() + [":"] + e() + ["]"],
            lambda: [self.name(), ".", self.pick(ATTRIBUTES)],
            lambda: [self.pick(NUMBERS), "if"] + e() + ["else", "("] + e() + [")"],
            lambda: e() + [self.pick(["==", "!=", "<=", ">=", "<", ">>", "<<", "**", "//", "@", "-", "%"]), self.name()],
            lambda: [self.name(), self.pick(["and", "or", "in", "is", "not in", "is not"])] + [self.name()],
            lambda: ["not", "-", "~", "+", self.name()],
            lambda: ["["] + e() + ["for", "a", "in", "b", "if", self.name(), "]"],
            lambda: ["..."],
        ])()

    def value(self):
        """What may stand to the right of an equal sign."""
        return self.pick([
            lambda: self.expression(),
            lambda: self.expression(),
            lambda: self.comma(self.expression),
            lambda: ["lambda", ":"] + self.expression(2),
            lambda: ["lambda", "a", "=", "1", ",", "*", "b", ":"] + self.expression(2),
            lambda: ["lambda", "a", "=", "lambda", "b", "=", "2", ":", "3", ":", "a"],
            lambda: ["yield"],
            lambda: ["yield"] + self.expression(1),
        ])()

    def formatted(self, deep, quotes=("'", '"', "'''", '"""'), escapes=True):
        quotes = list(quotes)
        quote = self.pick(quotes)
        if not NESTED_QUOTES or self.chance(50):
            quotes = [other for other in quotes if other[0] != quote[0]]
        raw = self.chance(20)
        prefix = self.pick(["f", "F"]) if not raw else self.pick(["rf", "Fr"])
        if VERSION >= (3, 14) and self.chance(30):
            prefix = prefix.replace("f", "t").replace("F", "T")
        text = ""
        for _ in range(self.random.randint(0, 4)):
            if self.chance(50):
                texts = [part for part in TEXTS if escapes or "\\" not in part]
                text += self.pick([part for part in texts if not raw or "N{" not in part])
                if len(quote) == 3 and self.chance(20):
                    text += self.pick(["\n", quote[0] + "a"])
                continue
            inner = self.pick(["a", "a!=b", "a[1:2]", "(lambda a: 1)", " {1: 2}[1] ", "a==b", "(a:=1)", "a.b()", "not a"])
            if quotes and deep > 0 and self.chance(40):
                other = self.pick(quotes)
                inner = self.pick([
                    f"{other}}}{other}", f"a[{other}:{other}]", f"{other}#{{!{other} + b",
                    self.formatted(deep - 1, quotes, escapes and NESTED_QUOTES),
                ])
            elif NESTED_QUOTES and deep > 0 and self.chance(30):
                inner = " " + self.join(["("] + self.expression(deep) + [")"])
                if self.chance(20):
                    inner += self.pick([" # a comment ' }\n", "\n"])
            field = " " * self.chance(20) + inner
            field += self.pick(["", "", "=", " = "]) + self.pick(["", "", "!r", "!s "[:2]])
            if self.chance(40):
                form = self.pick([form for form in FORMATS if escapes or "\\" not in form])
                if len(quote) == 3 and self.chance(20):
                    form += quote[0] + "x"
                field += ":" + form
            text += "{" + field + "}"
        return prefix + quote + text + quote

    def target(self, deep=2, starred=False):
        t = lambda: self.target(deep - 1, True)
        choice = self.random.randint(0, 12 if deep > 0 else 5)
        if choice <= 3:
            return [self.name()]
        if choice == 4:
            return [self.name(), ".", self.pick(ATTRIBUTES)]
        if choice == 5:
            return [self.name(), "["] + self.expression(1) + ["]"]
        if choice == 6:
            return ["("] + self.target(deep - 1) + [")"]
        if choice == 7:
            return ["(", self.name(), ",", self.name(), ")", self.pick([".x", "[0]", "(a).x"])]
        if choice == 8:
            return [self.name(), "(", self.name(), ")", ".", "x"]
        if choice == 9 and starred:
            return t()
        brackets = self.pick(["()", "[]"])
        inside = self.comma(t)
        if brackets == "()" and inside[-1] != ",":
            inside.append(",")
        if self.chance(30):
            inside += ["*", self.name()] if inside[-1] == "," else [",", "*", self.name()]
            inside += [","] if brackets == "()" else []
        return [brackets[0]] + inside + [brackets[1]]

    def targets(self):
        if self.chance(75):
            return self.target()
        return self.target() + [","] + (self.pick([[], ["*"]]) + [self.name()] if self.chance(70) else [])

    def dotted(self):
        tokens = [self.pick(NAMES)]
        while self.chance(30):
            tokens += [".", self.pick(ATTRIBUTES)]
        return tokens

    def renamed(self, tokens):
        return tokens + (["as", self.name()] if self.chance(30) else [])

    def listed(self):
        """Something for `__all__`."""
        plain = lambda: [self.pick(["'a'", '"b"', "'''c'''", "u'os'", "r'_'", "'pa' 'ge'", "'match'", "'é'"])]
        other = lambda: self.pick([["b'a'"], ["f'a'"], ["'\\x61'"], ["a"], ["*", "b"], ["(", "'a'", ")"], ["'a'", "+", "'b'"]])
        one = lambda: other() if not self.is_plain and self.chance(7) else plain()
        inside = self.comma(one, 4)
        if self.is_plain:
            return self.pick([["["] + inside + ["]"], ["("] + inside + [",", "'x'", ")"]]) if inside[-1] != "," else inside
        tuple_inside = inside if "," in inside else inside + [","]
        return self.pick([
            lambda: ["["] + inside + ["]"],
            lambda: ["["] + inside + ["]"],
            lambda: ["[", "]"],
            lambda: ["(", ")"],
            lambda: ["("] + tuple_inside + [")"],
            lambda: tuple_inside,
            lambda: plain(),
            lambda: ["(", "["] + inside + ["]", ")"],
            lambda: ["["] + inside + ["]", "+", "a"],
            lambda: ["(", "'a'", ")", ",", "'b'"],
        ])() if self.chance(30) else ["["] + inside + ["]"]

    def about_all(self):
        if self.is_plain:
            return self.pick([
                lambda: ["__all__", "="] + self.listed(),
                lambda: ["__all__", ":", "a", "="] + self.pick([["[", "'x'", "]"], ["(", ")"]]),
                lambda: ["__all__", "+="] + self.listed(),
                lambda: ["__all__", ".", "append", "("] + self.pick([["'y'"], ["'y'", "'z'", ","]]) + [")"],
                lambda: ["__all__", ".", "extend", "(", "["] + self.comma(lambda: ["'é'"]) + ["]", ")"],
                lambda: ["print", "(", "__all__", ")"],
            ])()
        method = self.pick(["append", "extend", "append", "extend", "remove"])
        listed = self.listed()
        if "," in listed and listed[0] not in "([" or listed[0] == "(":
            listed = ["["] + ["'x'"] + ["]"]
        argument = self.pick([["'a'"], ["a"], ["'a'", '"b"'], ["(", "'a'", ")"], ["'a'", ","]])
        return self.pick([
            lambda: ["__all__", "="] + self.listed(),
            lambda: ["__all__", "="] + self.listed(),
            lambda: ["__all__", ":", "list", "[", "str", "]", "="] + listed,
            lambda: ["__all__", "+="] + self.listed(),
            lambda: ["__all__", self.pick(["*=", "-="]), self.pick(["2", "['x']"])],
            lambda: ["__all__", ".", "append", "("] + argument + [")"],
            lambda: ["__all__", ".", method, "("] + listed + self.pick([[], [","]]) + [")"],
            lambda: ["__all__", ".", "append", "(", "'a'", ")", ".", "x"],
            lambda: ["a", "=", "__all__", "="] + self.listed(),
            lambda: ["(", "__all__", ")", "="] + self.listed(),
            lambda: ["__all__", "[", "0", "]", "=", "'a'"],
            lambda: ["print", "(", "__all__", ")"],
        ])()

    def simple(self):
        """A simple statement."""
        annotation = self.pick([["int"], ["lambda", ":", "0"], ["lambda", "a", "=", "1", ":", "a"], ["a", "[", "1", ":", "2", "]"], ["'str'"]])
        one = self.pick([[self.name()], ["(", self.name(), ")"], [self.name(), ".", "x"], [self.name(), "[", "1", ":", "]"]])
        makers = [
            lambda: self.targets() + ["="] + self.value(),
            lambda: self.targets() + ["="] + self.value(),
            lambda: self.targets() + ["="] + self.targets() + ["="] + self.value(),
            lambda: one + [":"] + annotation,
            lambda: one + [":"] + annotation + ["="] + self.expression(),
            lambda: one + [self.pick(["+=", "-=", "**=", "//=", ">>=", "<<=", "@=", "|=", "&=", "^=", "%=", "/=", "*="])] + self.expression(),
            lambda: ["import"] + [token for i in range(self.random.randint(1, 3)) for token in ([","] if i else []) + self.renamed(self.dotted())],
            lambda: ["from"] + self.pick([[], ["."], ["..."], [".", "."]]) + self.dotted() + ["import", "("] + self.comma(lambda: self.renamed([self.name()])) + [")"],
            lambda: ["from", self.pick([".", "..", "a"]), "import"] + self.renamed([self.name()]) + [",", self.name()],
            lambda: ["from", "a", "import", "*"],
            lambda: self.expression(),
            lambda: self.comma(self.expression),
            lambda: ["global", self.name(), ",", self.name()],
            lambda: ["del", self.name()],
            lambda: ["assert"] + self.expression(2) + [",", "lambda", ":", "0"],
            lambda: ["return"] + self.expression(2),
            lambda: ["raise", self.name(), "from", self.name()],
            lambda: ["pass"],
            lambda: self.about_all(),
            lambda: [self.pick(["match", "case", "type", "_"]), self.pick(["=", "-", "*", "in", "is"]), self.name()],
            lambda: [self.pick(["match", "case", "type"]), "("] + self.expression(1) + [")", self.pick([".x", "", "[0]"])],
            lambda: [self.pick(["type", "match"]), "[", self.name(), "]", "=", "a"],
            lambda: ["type", self.pick(["in", "is", "and", "or"]), "[", "a", "]"],
        ]
        if VERSION >= (3, 12):
            makers.append(lambda: ["type", self.name(), "="] + self.expression(2))
            makers.append(lambda: ["type", self.name(), "[", "T", ":", "int", "]", "="] + self.expression(2))
        tokens = self.pick(makers)()
        return [token for token in tokens if token]

    def join(self, tokens, outer=0):
        text, depth, before = "", outer, ""
        for token in tokens:
            words = before[-1:].isalnum() or before[-1:] == "_"
            words = words and (token[:1].isalnum() or token[:1] in "_'\"." or not token.isascii())
            free = before in WORDS and token[:1] in "'\"" or before in NUMBERS and token in ("if", "else")
            if before in NUMBERS and token == ".":
                free = False
            if before and words and not (free and self.chance(50)):
                text += self.pick([" ", " ", " ", "  ", "\t", " \\\n", "\x0c ", "\\\n  "]) if self.chance(20) else " "
            elif before and self.chance(25):
                text += self.pick([" ", " ", "\t", "\\\n", " \\\n\t"])
            if depth > 0 and before and self.chance(6):
                text += self.pick(["\n", "\n\n  ", " # ) ' \"\"\"\n", "\n\t#\n", "\n \\\n"])
            text += token
            depth += (token in ("(", "[", "{")) - (token in (")", "]", "}"))
            before = token
        return text

    def simples(self):
        text = self.join(self.simple())
        while self.chance(15):
            text += self.pick([";", " ; ", "; "]) + self.join(self.simple())
        return text + self.pick(["", "", "", ";", "  ", " # a comment: (", " \\\n"[:1]])

    def headers(self, deep):
        """The headers of one compound statement, and whether a one-line body may follow."""
        e = lambda: self.pick([lambda: self.expression(2), lambda: ["lambda", "a", "=", "1", ":", "a"], lambda: [self.name(), ":=", "1"]])()
        x = lambda: self.expression(1)
        t = lambda: [self.name()]
        choices = [
            lambda: [["if"] + e()] + [["elif"] + e()] * self.chance(30) + [["else"]] * self.chance(40),
            lambda: [["while"] + e()] + [["else"]] * self.chance(20),
            lambda: [["for"] + t() + ["in"] + x()] + [["else"]] * self.chance(20),
            lambda: [["try"], ["except", self.name(), "as", self.name()]] + [["except"]] * self.chance(30) + [["else"]] * self.chance(30) + [["finally"]] * self.chance(30),
            lambda: [["try"], ["finally"]],
            lambda: [["with"] + x() + ["as"] + t()],
            lambda: [["async", "with"] + x()],
            lambda: [["async", "for"] + t() + ["in"] + x()],
            lambda: [["def", self.name(), "(", "a", ":", "int", "=", "1", ")", "->"] + x()],
            lambda: [["def", self.name(), "(", "*", "a", ",", "b", "=", "lambda", "c", "=", "1", ":", "c", ")"]],
            lambda: [["async", "def", self.name(), "(", ")"]],
            lambda: [["class", self.name()]],
            lambda: [["class", self.name(), "("] + x() + [")"]],
        ]
        if VERSION >= (3, 11):
            choices.append(lambda: [["try"], ["except", "*", "a", "as", self.name()]])
        if VERSION >= (3, 12):
            choices.append(lambda: [["def", self.name(), "[", "T", ":", "int", "]", "(", ")"]])
            choices.append(lambda: [["class", self.name(), "[", "*", "T", "]"]])
        return self.pick(choices)()

    def block(self, indent, deep):
        """The lines of a block."""
        lines = []
        for _ in range(self.random.randint(1, 4 if deep else 2)):
            if self.chance(15):
                lines.append(self.pick(["", "   ", "\t", "# comment", "      # deeper ''' (", "\x0c"]))
            if deep <= 0 or self.chance(60):
                lines.append(indent + self.simples())
                continue
            if VERSION >= (3, 10) and self.chance(15):
                lines += self.match(indent, deep)
                continue
            if self.chance(10):
                lines.append(indent + "@" + self.join(self.expression(1)))
                headers = [["def", self.name(), "(", ")"]]
            else:
                headers = self.headers(deep)
            for header in headers:
                lines += self.compound(indent, header, deep)
        if lines and not any(line.strip() and not line.strip().startswith("#") for line in lines):
            lines.append(indent + "pass")
        return lines

    def compound(self, indent, header, deep):
        head = indent + self.join([token for token in header if token]) + self.pick([":", " :", ":"])
        if self.chance(30):
            return [head + self.pick(["", " ", "\t", " \\\n "]) + self.simples()]
        head += self.pick(["", "", " ", "  # a comment"])
        return [head] + self.block(self.deeper(indent), deep - 1)

    def deeper(self, indent):
        return indent + self.pick(["    ", "    ", " ", "\t", "  "])

    def match(self, indent, deep):
        head = indent + self.join(["match"] + self.pick([[self.name()], ["(", "a", ")"], ["[", "a", ",", "]"], ["-", "a"], ["*", "a", ",", "b"], ["a", ","], ["lambda", "a", ":", "a"], ["a", ":=", "1"], ["match"]])) + ":"
        lines, inner = [head], self.deeper(indent)
        for _ in range(self.random.randint(1, 3)):
            pattern = self.pick([["1"], ["'a'"], ["[", "a", ",", "*", "b", "]"], ["{", "'k'", ":", "v", ",", "**", "r", "}"], ["C", "(", "x", "=", "1", ")"], ["a", ".", "b"], ["1", "|", "2"], ["(", "1", "|", "2", ")", "as", "c"], ["a", ",", "b"], ["-", "1"]])
            guard = self.pick([[], [], ["if", "lambda", ":", "0"], ["if", "case"]])
            lines += self.compound(inner, ["case"] + pattern + guard, deep)
        return lines

    def text(self):
        lines = self.block("", 3) + self.block("", self.random.randint(0, 3))
        if self.chance(5):
            lines.insert(0, self.pick(["# -*- coding: utf-8 -*-", "#!/usr/bin/python\n# vim: set fileencoding=utf-8 :", '"""Docs."""']))
        text = "\n".join(lines) + ("\n" if self.chance(80) else "")
        if self.is_plain:
            text = self.join(["__all__", "="] + self.listed()) + "\n" + text
        source = text.encode()
        if self.chance(5):
            source = source.replace(b"\n", b"\r\n")
        elif self.chance(3):
            source = source.replace(b"\n", b"\r")
        if self.chance(3):
            source = b"\xef\xbb\xbf" + source
        return source


TOKENS = re.compile(rb"\w+|\s+|.", re.S)
BYTES = [bytes([byte]) for byte in b"'\"()[]{}:;=\\#\n\r\t ,.*!f@\x0c1"] + [b'"""', b"f'", b"\\\n", b"lambda ", b"import a"]


def mistaken(random, source):
    """The source with a few lines or tokens deleted, repeated, exchanged or added."""
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        parts = source.splitlines(True) if random.random() < 0.4 else TOKENS.findall(source)
        if len(parts) < 2:
            break
        i, j = random.randrange(len(parts)), random.randrange(len(parts))
        what = random.randrange(5)
        if what == 0:
            del parts[i]
        elif what == 1:
            parts.insert(j, parts[i])
        elif what == 2:
            parts[i], parts[j] = parts[j], parts[i]
        elif what == 3:
            parts.insert(i, random.choice(BYTES))
        else:
            parts[i] = random.choice(BYTES)
        source = b"".join(parts)
    return source


def snippet(random, source):
    """Some lines of a library, from one that is not indented."""
    lines = source.splitlines(True)
    starts = [i for i, line in enumerate(lines) if not line[:1].isspace()]
    start = random.choice(starts or [0])
    return b"".join(lines[start : start + random.randint(5, 60)])


def main():
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(4000)
    most_bytes = int(sys.argv[1]) if len(sys.argv) > 1 else 14_000_000
    most_programs = int(sys.argv[2]) if len(sys.argv) > 2 else 3000
    sources = []
    for path, source in libraries(most_bytes):
        tell(path, source)
        sources.append(source)
    for seed in range(most_programs):
        program = Program(seed).text()
        tell(f"program {seed}", program)
        chance = random.Random(seed)
        tell(f"program {seed} with mistakes", mistaken(chance, program))
        library = snippet(chance, chance.choice(sources))
        tell(f"snippet {seed} with mistakes", mistaken(chance, library))


main()
