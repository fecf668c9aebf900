// The v0 mangling: a tree of paths and types, in which numbers point back to earlier parts. Source:
// RFC 2603 and doc.rust-lang.org/rustc/symbol-mangling/v0.html, whose names of rules are used here.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "profiler/symbolize/names/demangle.h"
#include "profiler/symbolize/names/rust_names.h"

namespace pprof::symbolize {
namespace {

constexpr int kDeepest = 200;
// References back can name a part of a part twice and more: 100 characters may stand for millions.
constexpr int kMostSteps = 20000;

// By the letter from 'a' on. Empty: no basic type.
constexpr std::string_view kBasicTypes[] = {
    "i8",   "bool", "char", "f64", "str", "f32", "",    "u8", "isize", "usize", "",    "i32", "u32",
    "i128", "u128", "_",    "",    "",    "i16", "u16", "()", "...",   "",      "i64", "u64", "!"};

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

class V0Reader {
 public:
  // `text`: behind "_R".
  V0Reader(std::string_view text, std::string* out) : text_(text), out_(*out) {}

  bool Run() {
    Path();
    if (ok_ && IsUpper(Peek())) {
      const Silence instantiating_crate(this);
      Path();
    }
    const bool ended = at_ == text_.size() || Peek() == '.' || Peek() == '$';
    return ok_ && ended && !out_.empty();
  }

 private:
  // Nothing is printed while one lives.
  class Silence {
   public:
    explicit Silence(V0Reader* reader) : reader_(*reader) { ++reader_.silent_; }
    ~Silence() { --reader_.silent_; }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;

   private:
    V0Reader& reader_;
  };

  // One rule that contains others.
  class Step {
   public:
    explicit Step(V0Reader* reader) : reader_(*reader) {
      ++reader_.depth_;
      if (reader_.depth_ > kDeepest || ++reader_.steps_ > kMostSteps) reader_.ok_ = false;
    }
    ~Step() { --reader_.depth_; }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    V0Reader& reader_;
  };

  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  char Next() {
    if (at_ >= text_.size()) ok_ = false;
    return ok_ ? text_[at_++] : '\0';
  }
  bool Eat(char c) {
    const bool there = ok_ && Peek() == c;
    if (there) ++at_;
    return there;
  }

  void Print(std::string_view text) {
    if (silent_ > 0 || !ok_) return;
    if (out_.size() + text.size() > kMaxNameBytes) {
      ok_ = false;
    } else {
      out_ += text;
    }
  }

  // "_" is 0, "0_" is 1, "Z_" is 62. Larger ones, the hashes of crates, are not shown: all are
  // kMost.
  uint64_t Base62() {
    constexpr uint64_t kMost = uint64_t{1} << 40;
    if (Eat('_')) return 0;
    uint64_t number = 0;
    for (char c = Next(); ok_ && c != '_'; c = Next()) {
      const int digit = IsDigit(c) ? c - '0' : IsLower(c) ? c - 'a' + 10 : c - 'A' + 36;
      if (!IsDigit(c) && !IsLower(c) && !IsUpper(c)) ok_ = false;
      number = number * 62 + static_cast<uint64_t>(digit);
      number = std::min(number, kMost);
    }
    return number + 1;
  }

  uint64_t Disambiguator() { return Eat('s') ? Base62() + 1 : 0; }

  std::string Identifier() {
    const bool punycode = Eat('u');
    size_t length = 0;
    if (!IsDigit(Peek())) ok_ = false;
    const bool is_empty = Eat('0');  // the next digit begins something else
    while (ok_ && !is_empty && IsDigit(Peek())) {
      length = length * 10 + static_cast<size_t>(Next() - '0');
      if (length > text_.size()) ok_ = false;
    }
    Eat('_');  // stands before a name that begins with a digit or '_'
    if (!ok_ || length > text_.size() - at_) {
      ok_ = false;
      return {};
    }
    std::string name(text_.substr(at_, length));
    at_ += length;
    std::string decoded;
    return punycode && DecodeRustPunycode(name, &decoded) ? decoded : name;
  }

  // Behind 'B': reads what stands at the earlier place. Not for text that is not printed, so that
  // such text costs its length only.
  void Backref(void (V0Reader::*read)()) {
    const size_t here = at_ - 1;
    const uint64_t place = Base62();
    if (place >= here) ok_ = false;
    if (!ok_ || silent_ > 0) return;
    const size_t behind = at_;
    at_ = place;
    (this->*read)();
    at_ = behind;
  }

  // Reads `read` until 'E'; prints `between` two of them. Returns their number.
  int ListOf(void (V0Reader::*read)(), std::string_view between) {
    int count = 0;
    for (; ok_ && !Eat('E'); ++count) {
      if (count > 0) Print(between);
      (this->*read)();
    }
    return count;
  }

  // NOLINTBEGIN(misc-no-recursion): Step bounds the depth
  void Path() {
    const Step step(this);
    switch (Next()) {
      case 'C':
        Disambiguator();
        return Print(Identifier());
      case 'N':
        return NestedPath();
      case 'M':
        ImplPath();
        Print("<");
        Type();
        return Print(">");
      case 'X':
        ImplPath();
        return TraitPath();
      case 'Y':
        return TraitPath();
      case 'I':
        return GenericPath();
      case 'B':
        return Backref(&V0Reader::Path);
      default:
        ok_ = false;
    }
  }

  void ImplPath() {
    const Silence where_it_is_written(this);
    Disambiguator();
    Path();
  }

  void TraitPath() {
    Print("<");
    Type();
    Print(" as ");
    Path();
    Print(">");
  }

  void GenericPath() {
    Path();
    const Silence arguments(this);
    ListOf(&V0Reader::GenericArgument, {});
  }

  // "::name" or, with an upper-case namespace, "::{closure#0}".
  void NestedPath() {
    const char space = Next();
    Path();
    const uint64_t number = Disambiguator();
    const std::string name = Identifier();
    if (!IsUpper(space)) {
      if (!IsLower(space)) ok_ = false;
      if (!name.empty()) Print("::" + name);
      return;
    }
    Print("::{");
    Print(space == 'C' ? "closure" : space == 'S' ? "shim" : std::string_view(&space, 1));
    if (!name.empty()) Print(":" + name);
    Print("#" + std::to_string(number) + "}");
  }

  void GenericArgument() {
    if (Eat('L')) {
      Base62();  // a lifetime
    } else if (Eat('K')) {
      Const();
    } else {
      Type();
    }
  }

  void Type() {
    const Step step(this);
    const char tag = Next();
    if (IsLower(tag)) {
      const std::string_view basic = kBasicTypes[tag - 'a'];
      if (basic.empty()) ok_ = false;
      return Print(basic);
    }
    switch (tag) {
      case 'R':
      case 'Q':
        if (Eat('L')) Base62();
        Print(tag == 'R' ? "&" : "&mut ");
        return Type();
      case 'P':
        Print("*const ");
        return Type();
      case 'O':
        Print("*mut ");
        return Type();
      case 'A':
      case 'S':
        return Array(tag == 'A');
      case 'T':
        Print("(");
        return Print(ListOf(&V0Reader::Type, ", ") == 1 ? ",)" : ")");
      case 'F':
        return FunctionType();
      case 'D':
        return DynType();
      case 'B':
        return Backref(&V0Reader::Type);
      default:
        if (ok_) --at_;
        Path();
    }
  }

  void Array(bool has_length) {
    Print("[");
    Type();
    if (has_length) {
      Print("; ");
      Const();
    }
    Print("]");
  }

  void Binder() {
    if (Eat('G')) Base62();
  }

  void FunctionType() {
    Binder();
    if (Eat('U')) Print("unsafe ");
    if (Eat('K')) Print(Eat('C') ? "extern \"C\" " : "extern \"" + Identifier() + "\" ");
    Print("fn(");
    ListOf(&V0Reader::Type, ", ");
    Print(")");
    if (Eat('u')) return;
    Print(" -> ");
    Type();
  }

  void DynType() {
    Print("dyn ");
    Binder();
    ListOf(&V0Reader::DynTrait, " + ");
    if (!Eat('L')) ok_ = false;
    Base62();
  }

  // A trait, and its associated types "p4Itemu", which are arguments.
  void DynTrait() {
    Path();
    const Silence associated(this);
    while (ok_ && Eat('p')) {
      Identifier();
      Type();
    }
  }

  // A number in hexadecimal digits behind the letter of its type.
  void Const() {
    const Step step(this);
    if (Eat('p')) return Print("_");
    if (Eat('B')) return Backref(&V0Reader::Const);
    if (!IsLower(Next())) ok_ = false;  // texts and structures: not in stable Rust
    if (Eat('n')) Print("-");
    uint64_t number = 0;
    size_t digits = 0;
    for (char c = Next(); ok_ && c != '_'; c = Next(), ++digits) {
      if (!IsDigit(c) && (c < 'a' || c > 'f')) ok_ = false;
      number = number * 16 + static_cast<uint64_t>(IsDigit(c) ? c - '0' : c - 'a' + 10);
    }
    Print(digits <= 16 ? std::to_string(number) : "_");
  }

  const std::string_view text_;
  std::string& out_;
  size_t at_ = 0;
  int silent_ = 0;
  int depth_ = 0;
  int steps_ = 0;
  bool ok_ = true;
  // NOLINTEND(misc-no-recursion)
};

}  // namespace

bool DemangleRustV0(std::string_view symbol, std::string* name) {
  name->clear();
  return symbol.substr(0, 2) == "_R" && V0Reader(symbol.substr(2), name).Run();
}

}  // namespace pprof::symbolize
