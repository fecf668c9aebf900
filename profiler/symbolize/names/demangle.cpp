#include "profiler/symbolize/names/demangle.h"

#include <cctype>

#include "profiler/symbolize/names/bounded_demangle.h"
#include "profiler/symbolize/names/rust_names.h"

namespace pprof::symbolize {
namespace {

// Prefixes that the demangler adds to names of special symbols.
constexpr std::string_view kPrefixes[] = {
    "non-virtual thunk to ",
    "virtual thunk to ",
    "covariant return thunk to ",
    "guard variable for ",
    "TLS init function for ",
    "TLS wrapper function for ",
    "vtable for ",
    "typeinfo for ",
    "typeinfo name for ",
    "VTT for ",
    "transaction clone for ",
    "non-transaction clone for ",
};

// Longest first, so that "<<=" is not mistaken for "<".
constexpr std::string_view kOperators[] = {
    "<=>", "<<=", ">>=", "->*", "()", "[]", "<<", ">>", "<=", ">=", "==", "!=", "&&",
    "||",  "++",  "--",  "->",  "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=", "<",
    ">",   "+",   "-",   "*",   "/",  "%",  "^",  "&",  "|",  "~",  "!",  "=",  ",",
};

bool IsWordChar(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Scans a demangled name once and copies the parts to keep.
class Shortener {
 public:
  explicit Shortener(std::string_view text) : text_(text) {}

  std::string Run() {
    SkipPrefix();
    const size_t prefix = out_.size();
    return_type_end_ = prefix;
    while (at_ < text_.size() && !done_) Step();
    out_.erase(prefix, return_type_end_ - prefix);
    while (!out_.empty() && out_.back() == ' ') out_.pop_back();
    return std::move(out_);
  }

 private:
  bool At(std::string_view word) const { return text_.substr(at_, word.size()) == word; }

  void Copy(size_t count) {
    out_.append(text_.substr(at_, count));
    at_ += count;
  }

  void SkipPrefix() {
    for (const std::string_view prefix : kPrefixes) {
      if (!At(prefix)) continue;
      past_return_type_ = true;
      return Copy(prefix.size());
    }
  }

  void Step() {
    const char c = text_[at_];
    if (AtOperator()) return Operator();
    if (c == '<') return SkipTemplate();
    if (c == '(') return Parenthesis();
    if (c == ')') return Finish();  // the end of "void (*name(int))(char)"'s declarator
    if (c == '{') return Braces();
    if (c == '[') return Brackets();
    Copy(1);
    if (c == ' ' && !past_return_type_) return_type_end_ = out_.size();
  }

  void Finish() { done_ = true; }

  bool AtOperator() const {
    constexpr std::string_view kWord = "operator";
    if (!At(kWord) || (at_ > 0 && IsWordChar(text_[at_ - 1]))) return false;
    const size_t end = at_ + kWord.size();
    return end < text_.size() && !IsWordChar(text_[end]);
  }

  // "operator<", "operator new[]", "operator std::string": blanks after it belong to the name.
  void Operator() {
    past_return_type_ = true;
    Copy(std::string_view("operator").size());
    for (const std::string_view symbol : kOperators) {
      if (!At(symbol)) continue;
      Copy(symbol.size());
      if (At(" <")) ++at_;  // "operator< <int>"
      return;
    }
    if (At("\"\"")) Copy(2);
  }

  // Past the bracket that closes the group at `from`, or past the end.
  size_t EndOfGroup(size_t from, char open, char close) const {
    size_t depth = 0;
    for (size_t i = from; i < text_.size(); ++i) {
      if (text_[i] == open) ++depth;
      if (text_[i] == close && --depth == 0) return i + 1;
    }
    return text_.size();
  }

  // Comparisons inside template arguments are in parentheses; "->" is not.
  size_t EndOfTemplate(size_t from) const {
    size_t depth = 0;
    for (size_t i = from; i < text_.size(); ++i) {
      const char c = text_[i];
      if (c == '(') i = EndOfGroup(i, '(', ')') - 1;
      if (c == '<') ++depth;
      if (c == '>' && text_[i - 1] != '-' && --depth == 0) return i + 1;
    }
    return text_.size();
  }

  void SkipTemplate() { at_ = EndOfTemplate(at_); }

  // "{lambda(int)#1}", "{unnamed type#2}": copied without template arguments.
  void Braces() {
    const size_t end = EndOfGroup(at_, '{', '}');
    while (at_ < end) {
      if (text_[at_] == '<') {
        SkipTemplate();
      } else {
        Copy(1);
      }
    }
    at_ = end > at_ ? end : at_;
  }

  // "[abi:cxx11]" is kept; "[clone .cold]" ends the name.
  void Brackets() {
    if (At("[clone ")) return Finish();
    Copy(EndOfGroup(at_, '[', ']') - at_);
  }

  void Parenthesis() {
    constexpr std::string_view kAnonymous = "(anonymous namespace)";
    if (At(kAnonymous)) return Copy(kAnonymous.size());
    if (EndsWith("decltype") || EndsWith("decltype ")) {
      at_ = EndOfGroup(at_, '(', ')');
    } else if (at_ > 0 && text_[at_ - 1] == ' ') {
      Declarator();
    } else {
      Parameters();
    }
  }

  bool EndsWith(std::string_view word) const {
    return at_ >= word.size() && text_.substr(at_ - word.size(), word.size()) == word;
  }

  // "void (*name(int))(char)", a function that returns a function: the name is inside.
  void Declarator() {
    if (past_return_type_) return Copy(EndOfGroup(at_, '(', ')') - at_);
    while (at_ < text_.size() && (text_[at_] == '(' || text_[at_] == '*' || text_[at_] == '&')) {
      ++at_;
    }
    return_type_end_ = out_.size();
  }

  // The function's own parameters end the name; those of an enclosing function become "()".
  void Parameters() {
    at_ = EndOfGroup(at_, '(', ')');
    const size_t next = text_.find("::", at_);
    if (next == std::string_view::npos || !OnlyQualifiers(text_.substr(at_, next - at_))) {
      return Finish();
    }
    out_ += "()";
    Copy(next - at_);
    past_return_type_ = true;
  }

  // "", " const", " const &", "[abi:cxx11]": possible text between a function and its locals.
  static bool OnlyQualifiers(std::string_view text) {
    if (!text.empty() && text[0] == '[') return text.back() == ']';
    return text.find_first_not_of(" &consvlatie") == std::string_view::npos;
  }

  std::string_view text_;
  std::string out_;
  size_t at_ = 0;
  size_t return_type_end_ = 0;     // in out_; advances with each blank before the name
  bool past_return_type_ = false;  // blanks belong to the name
  bool done_ = false;
};

// "f@@API_2" becomes "f": linkers write the version behind the name in a library's symbol table. A
// '@' in template arguments stands before other characters.
std::string_view WithoutVersion(std::string_view symbol) {
  const size_t at = symbol.find('@');
  if (at == 0 || at == std::string_view::npos) return symbol;
  const size_t version = symbol.find_first_not_of('@', at);
  if (version == std::string_view::npos) return symbol;
  for (const char c : symbol.substr(version)) {
    if (!IsWordChar(c) && c != '.' && c != '-' && c != '+') return symbol;
  }
  return symbol.substr(0, at);
}

}  // namespace

std::string ShortenDemangled(std::string_view name) { return Shortener(name).Run(); }

std::string ShortName(std::string_view linkage_name) {
  linkage_name = WithoutVersion(linkage_name);
  std::string name(linkage_name.substr(0, kMaxNameBytes));
  if (std::string rust; DemangleRust(linkage_name, &rust)) return rust;
  // __cxa_demangle parses anything else as a type: "f" would become "float".
  if (linkage_name.substr(0, 2) == "_Z") {
    std::string shorter = ShortenDemangled(BoundedDemangle(linkage_name));
    if (shorter.size() > kMaxNameBytes) shorter.resize(kMaxNameBytes);
    return shorter.empty() ? name : shorter;
  }
  if (name.find('<') == std::string::npos) return name;
  std::string shorter = ShortenDemangled(name);  // DWARF's "Put<int>"
  return shorter.empty() ? name : shorter;
}

}  // namespace pprof::symbolize
