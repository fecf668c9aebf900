#!/usr/bin/env python3
"""Every function declared in a header of profiler/signal_safe/ states its signal safety in one of
the three phrases that docs/signal_safety.md defines.

usage: signal_phrases_test.py HEADER_FOLDER

The phrase is in the comment directly above the declaration. Declarations on the following lines
share it. A class whose comment has a phrase covers its members. Defaulted and deleted functions
need none.
"""
import pathlib
import re
import sys
import unittest

FOLDER = pathlib.Path(sys.argv.pop(1))

PHRASE = re.compile(r"\bAsync-signal-safe(?: if `\w+` is)?[.:,]"
                    r"|\bNot async-signal-safe[.:,]"
                    r"|\bSignal handler only\.")
OTHER_WORDING = re.compile(r"(?<!sync-)\bsignal-safe\b", re.IGNORECASE)

TOKEN = re.compile(r"""
    (?P<comment>//[^\n]*)
  | (?P<preprocessor>^[ \t]*\#(?:\\\n|[^\n])*)
  | (?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+')
  | (?P<word>[A-Za-z_]\w*|\d[\w'.]*)
  | (?P<mark>::|->|[^\w\s])
""", re.VERBOSE | re.MULTILINE)
ATTRIBUTE = re.compile(r"\b(?:__attribute__|alignas) \((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)")
EXEMPT = ("default", "delete")
SKIPPED = ("using", "typedef", "static_assert", "enum", "public", "protected", "private")


class Token:
    def __init__(self, kind, text, line):
        self.kind, self.text, self.line = kind, text, line


def tokens_of(source):
    for match in TOKEN.finditer(source):
        if match.lastgroup != "preprocessor":
            yield Token(match.lastgroup, match.group(), source.count("\n", 0, match.start()) + 1)


class Scope:
    """A namespace or class; `covered` if the class's comment has a phrase."""

    def __init__(self, covered):
        self.covered = covered


class HeaderCheck:
    def __init__(self, source):
        self.tokens = list(tokens_of(source))
        self.at = 0
        self.functions = 0
        self.offences = []  # (line, text)
        self.comment, self.comment_end = "", 0
        self.last_end = 0  # last line of the previous declaration

    def run(self):
        self.check_scope(Scope(covered=False))
        return self

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def check_scope(self, scope):
        while (token := self.peek()) is not None and token.text != "}":
            if token.kind == "comment":
                self.read_comment()
            else:
                self.check_declaration(scope)
        self.at += 1  # the closing brace

    def read_comment(self):
        lines, last = [], None
        while (token := self.peek()) is not None and token.kind == "comment":
            trails = token.line == self.last_end
            if not trails and (last is None or token.line == last + 1):
                lines.append(token.text[2:].strip())
                last = token.line
            elif not trails:
                lines, last = [token.text[2:].strip()], token.line
            if OTHER_WORDING.search(token.text):
                self.offences.append((token.line, "another wording of a phrase: " + token.text))
            self.at += 1
        if last is not None:
            self.comment, self.comment_end = " ".join(lines), last
            if len(PHRASE.findall(self.comment)) > 1:
                self.offences.append((last, "two phrases in one comment"))

    def skip_group(self):
        """Past the bracket that closes the one at the current token."""
        depth = 0
        while (token := self.peek()) is not None:
            depth += token.text in ("(", "{", "[")
            depth -= token.text in (")", "}", "]")
            self.at += 1
            if depth == 0:
                return

    def comment_above(self, line):
        """The comment that ends above `line`, or that of the declaration there."""
        if line - 1 not in (self.comment_end, self.last_end):
            self.comment = ""
        return self.comment

    def check_declaration(self, scope):
        first = self.peek()
        above = self.comment_above(first.line)
        head, braces = self.read_head()
        words = self.without_attributes(head)
        if words and words[0] in SKIPPED:
            return self.finish(braces)
        if words and words[0] in ("namespace", "extern") and braces:
            self.at += 1
            return self.check_scope(scope)
        if words and words[0] in ("class", "struct", "union") and braces and "(" not in words:
            return self.check_class(scope, above)
        if "(" in words and words[-1] not in EXEMPT:
            self.check_function(scope, first.line, words, above)
        self.finish(braces)

    def read_head(self):
        """The tokens up to `;`, `:` of an access specifier, or the brace of a body."""
        head = []
        while (token := self.peek()) is not None and token.text not in (";", "{"):
            if token.text == ":" and head[-1].text in ("public", "protected", "private"):
                self.at += 1
                return head, False
            begin = self.at
            if token.text in ("(", "["):
                self.skip_group()
            else:
                self.at += 1
            head += [t for t in self.tokens[begin:self.at] if t.kind != "comment"]
        return head, token is not None and token.text == "{"

    @staticmethod
    def without_attributes(head):
        """The words of a declaration without template parameters, attributes and initializers."""
        text = " ".join(token.text for token in head)
        text = re.sub(r"\[ \[.*?\] \]", " ", text)
        text = ATTRIBUTE.sub(" ", text)
        text = re.sub(r"^\s*template <(?:[^<>]|<[^<>]*>)*>", " ", text)
        words = text.split()
        for at, word in enumerate(words):
            if word == "=" and "operator" not in words[max(at - 2, 0):at]:
                return words[:at] + words[at + 1:at + 2] if words[-1] in EXEMPT else words[:at]
        return words

    def check_function(self, scope, line, words, above):
        self.functions += 1
        if not scope.covered and not PHRASE.search(above):
            name = words[words.index("(") - 1]
            self.offences.append((line, f"no phrase for {name}()"))

    def check_class(self, scope, above):
        self.at += 1
        self.check_scope(Scope(scope.covered or bool(PHRASE.search(above))))
        self.finish(False)

    def finish(self, braces):
        """Past the declaration's body or initializers and its semicolon."""
        while braces and self.peek() is not None and self.peek().text == "{":
            self.skip_group()
            while (token := self.peek()) is not None and token.text == ",":  # `a{1}, b{2} {...}`
                while self.peek() is not None and self.peek().text != "{":
                    self.at += 1
        token = self.peek()
        if token is not None and token.text == ";":
            self.at += 1
        self.last_end = self.tokens[self.at - 1].line


def offences_of(source):
    return [text for _, text in HeaderCheck(source).run().offences]


class Headers(unittest.TestCase):
    def test_every_function_states_one_phrase(self):
        functions, offences = 0, []
        for path in sorted(FOLDER.rglob("*.h")):
            check = HeaderCheck(path.read_text()).run()
            functions += check.functions
            name = path.relative_to(FOLDER)
            offences += [f"{name}:{line}: {text}" for line, text in check.offences]
        self.assertEqual(offences, [], "\n" + "\n".join(offences))
        self.assertGreater(functions, 100, "the parser finds too few functions")


class SelfTest(unittest.TestCase):
    def assert_offence(self, expected, source):
        found = offences_of(source)
        self.assertEqual(len(found), 1, found)
        self.assertIn(expected, found[0])

    def test_each_phrase_is_enough(self):
        for phrase in ("Async-signal-safe.", "Async-signal-safe: allocates nothing.",
                       "Async-signal-safe if `visit` is.", "Not async-signal-safe.",
                       "Not async-signal-safe: takes a lock.", "Signal handler only."):
            self.assertEqual(offences_of(f"// Works. {phrase}\nvoid F(int x);\n"), [], phrase)

    def test_a_phrase_may_break_across_lines(self):
        self.assertEqual(offences_of("// Works. Not\n// async-signal-safe.\nvoid F();\n"), [])

    def test_a_function_without_a_comment(self):
        self.assert_offence("no phrase for F()", "namespace a {\nvoid F();\n}\n")

    def test_a_comment_without_a_phrase(self):
        self.assert_offence("no phrase for F()", "// Works.\ninline int F() { return 1; }\n")

    def test_a_comment_that_is_not_adjacent(self):
        self.assert_offence("no phrase for F()", "// Async-signal-safe.\n\nvoid F();\n")

    def test_a_template(self):
        self.assert_offence("no phrase for F()",
                            "template <class T, class U = A<int>>\nT F(const U& x);\n")

    def test_attributes_do_not_hide_a_function(self):
        self.assert_offence("no phrase for F()",
                            "__attribute__((always_inline)) inline bool F() { return true; }\n")

    def test_a_member_of_a_class_without_a_phrase(self):
        self.assert_offence("no phrase for F()",
                            "// A class.\nclass A {\n public:\n  void F();\n};\n")

    def test_constructors_and_operators(self):
        self.assert_offence("no phrase for A()", "struct A {\n  A() : x(1), y{2} { Go(); }\n};\n")
        self.assert_offence("no phrase for =()",
                            "struct A {\n  A& operator=(A&& other) { return B(); }\n};\n")

    def test_a_member_after_a_blank_line(self):
        self.assert_offence("no phrase for G()",
                            "struct A {\n  // Async-signal-safe.\n  void F();\n\n  void G();\n};\n")

    def test_two_phrases(self):
        self.assert_offence("two phrases",
                            "// Async-signal-safe. Not async-signal-safe.\nvoid F();\n")

    def test_another_wording(self):
        self.assert_offence("another wording",
                            "// Signal-safe. Not async-signal-safe.\nvoid F();\n")

    def test_a_class_covers_its_members_and_nested_classes(self):
        self.assertEqual(offences_of("// Async-signal-safe.\nclass A {\n  void F();\n\n"
                                     "  struct B {\n    void G() { H(); }\n  };\n};\n"), [])

    def test_adjacent_declarations_share_a_comment(self):
        self.assertEqual(offences_of("// Async-signal-safe.\nvoid F();\nvoid G();\n"), [])

    def test_other_declarations_need_none(self):
        self.assertEqual(offences_of("""
#define F(x) \\
  G(x)
using namespace a;
enum class E : int { kOne = 1, kTwo };
static_assert(sizeof(int) == 4, "four bytes");
constexpr int kCount = Count(2);
extern Table table __attribute__((visibility("hidden")));
class A {
 public:
  A() = default;
  A(const A&) = delete;
  A& operator=(const A&) = delete;
  friend class B;

 private:
  std::atomic<int*> queue_{nullptr};
  int bits_[size_t{1} << 10];
};
struct C;
"""), [])


if __name__ == "__main__":
    unittest.main()
