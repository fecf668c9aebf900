#include "profiler/symbolize/dwarf/scopes.h"

#include <algorithm>
#include <vector>

#include "profiler/symbolize/dwarf/format/constants.h"

namespace pprof::symbolize {
namespace {

using namespace dwarf;  // NOLINT(google-build-using-namespace): the field's own names

constexpr size_t kMaxNesting = 1024;
// A scope may refer to a DIE whose scope must be found next, and so on.
constexpr int kMaxRounds = 8;

struct OpenDie {
  const uint8_t* position;
  uint16_t tag;
};

class ScopeWalk {
 public:
  ScopeWalk(const DwarfUnit& unit, NameTable& names, const NameTable::ScopeRequests& requests)
      : unit_(unit), names_(names), requests_(requests) {}

  void Run() {
    FindNext();
    sys::ByteCursor cursor = unit_.CursorAt(unit_.first_die());
    while (next_ < requests_.size() && cursor.ok() && !cursor.AtEnd()) {
      if (unit_.sections().budget->Spent()) return;
      if (!Step(cursor)) return;
    }
  }

 private:
  bool Step(sys::ByteCursor& cursor) {
    const uint8_t* position = cursor.position();
    Answer(position);
    const Abbrev* abbrev = unit_.ReadCode(cursor);
    if (abbrev == nullptr) {
      if (!cursor.ok() || open_.empty()) return false;
      open_.pop_back();
      return !open_.empty();
    }
    if (abbrev->has_children && abbrev->has_sibling && JumpOver(cursor, *abbrev)) return true;
    unit_.SkipAttributes(cursor, *abbrev);
    if (!abbrev->has_children) return !open_.empty();
    if (open_.size() >= kMaxNesting) return false;
    open_.push_back({position, abbrev->tag});
    return true;
  }

  void Answer(const uint8_t* position) {
    while (next_ < requests_.size() && wanted_ <= position) {
      // Offsets between two DIEs come from damage.
      if (wanted_ == position) names_.SetScope(requests_[next_].name, Innermost());
      ++next_;
      FindNext();
    }
  }

  void FindNext() {
    if (next_ < requests_.size()) wanted_ = unit_.CursorAt(requests_[next_].die).position();
  }

  NameId Innermost() {
    for (size_t i = open_.size(); i-- > 0;) {
      if (IsScope(open_[i].tag)) return names_.NameOf(unit_, unit_.OffsetOf(open_[i].position));
    }
    return kNoName;
  }

  // Moves to the end of the DIE's children if none of them is wanted.
  bool JumpOver(sys::ByteCursor& cursor, const Abbrev& abbrev) {
    if (next_ >= requests_.size() || unit_.is_compact()) return false;
    sys::ByteCursor look = cursor;
    const AttributeSpec* end = unit_.abbrevs().end(abbrev);
    for (const AttributeSpec* spec = unit_.abbrevs().begin(abbrev); spec != end; ++spec) {
      if (spec->name != kAtSibling) {
        SkipForm(look, *spec, unit_.encoding());
        continue;
      }
      const FormValue value = unit_.Read(look, *spec);
      const uint64_t sibling = unit_.offset() + value.value;
      if (value.kind != FormValue::kUnitReference || sibling > requests_[next_].die) return false;
      if (!unit_.Holds(sibling) || sibling <= unit_.OffsetOf(look.position())) return false;
      cursor = unit_.CursorAt(sibling);
      return true;
    }
    return false;
  }

  const DwarfUnit& unit_;
  NameTable& names_;
  const NameTable::ScopeRequests& requests_;
  std::vector<OpenDie> open_;
  size_t next_ = 0;
  const uint8_t* wanted_ = nullptr;  // start of the DIE of the next request
};

}  // namespace

void FindScopes(const DwarfUnit& unit, NameTable& names) {
  for (int round = 0; round < kMaxRounds; ++round) {
    NameTable::ScopeRequests requests = names.TakeScopeRequests();
    if (requests.empty()) return;
    std::sort(requests.begin(), requests.end(),
              [](const auto& a, const auto& b) { return a.die < b.die; });
    ScopeWalk(unit, names, requests).Run();
  }
}

}  // namespace pprof::symbolize
