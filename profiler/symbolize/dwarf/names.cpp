#include "profiler/symbolize/dwarf/names.h"

#include "profiler/symbolize/dwarf/format/constants.h"
#include "profiler/symbolize/names/demangle.h"

namespace pprof::symbolize {
namespace {

using namespace dwarf;  // NOLINT(google-build-using-namespace): the field's own names

// Real chains have three links; damaged ones can be cycles.
constexpr int kMaxDepth = 16;

// "operator()", "operator()<int>".
bool IsCallOperator(std::string_view name) { return name.substr(0, 10) == "operator()"; }

// DWARF does not have the numbers of "{lambda(int)#1}", but the line distinguishes lambdas of a
// function just as well: "{lambda:48}". GCC 8 and older name them "<lambda(int)>", newer ones do
// not.
std::string TypeText(std::string_view name, uint32_t line, std::string_view member) {
  const bool unnamed = name.empty() || name.front() == '<';
  if (!unnamed) return std::string(name);
  return (IsCallOperator(member) ? "{lambda:" : "{unnamed type:") + std::to_string(line) + "}";
}

}  // namespace

NameTable::NameTable(StringPool* strings, std::pmr::memory_resource* memory, size_t most_names)
    : strings_(strings),
      most_names_(most_names),
      entries_(1, memory),
      of_unit_(memory),
      of_others_(memory),
      scope_requests_(memory),
      far_references_(memory) {}

void NameTable::BeginUnit() {
  of_unit_.clear();
  scope_requests_.clear();
}

NameId NameTable::NameOf(const DwarfUnit& unit, uint64_t die) { return NameOf(unit, die, 0); }

NameId NameTable::NameAt(const DwarfUnit& unit, const FormValue& reference) {
  return NameAt(unit, reference, 0);
}

// NOLINTNEXTLINE(misc-no-recursion): kMaxDepth deep
NameId NameTable::NameAt(const DwarfUnit& unit, const FormValue& reference, int depth) {
  switch (reference.kind) {
    case FormValue::kUnitReference: {
      const uint64_t size = unit.end() - unit.offset();
      if (reference.value >= size) return kNoName;
      return NameOf(unit, unit.offset() + reference.value, depth);
    }
    case FormValue::kReference:
      if (unit.Holds(reference.value)) return NameOf(unit, reference.value, depth);
      return NameFar(unit.sections().role, reference.value);
    case FormValue::kAltReference:
      return NameFar(FileRole::kAlternate, reference.value);
    default:
      return kNoName;
  }
}

// NOLINTNEXTLINE(misc-no-recursion): kMaxDepth deep
NameId NameTable::NameOf(const DwarfUnit& unit, uint64_t die, int depth) {
  if (!unit.Holds(die) || depth > kMaxDepth) return kNoName;
  const auto known = of_unit_.find(die);
  if (known != of_unit_.end()) return known->second;
  Entry entry;
  const FormValue reference = ReadEntry(unit, die, &entry);
  if (reference.present() && !entry.is_linkage_name) {
    entry.target = NameAt(unit, reference, depth + 1);
  }
  const NameId id = Add(entry);
  of_unit_.emplace(die, id);
  // A DIE that only refers to another one has that one's scope, not the scope around it.
  if (!entry.is_linkage_name && entry.target == kNoName) scope_requests_.push_back({die, id});
  return id;
}

// Returns the reference to the DIE with the remaining attributes.
FormValue NameTable::ReadEntry(const DwarfUnit& unit, uint64_t die, Entry* entry) {
  FormValue reference;
  sys::ByteCursor cursor = unit.CursorAt(die);
  const Abbrev* abbrev = unit.ReadCode(cursor);
  if (abbrev == nullptr) return reference;
  if (abbrev->tag == kTagNamespace) {
    entry->kind = Kind::kNamespace;
  } else if (abbrev->tag != kTagSubprogram && abbrev->tag != kTagInlinedSubroutine) {
    entry->kind = Kind::kType;
  }
  const AttributeSpec* end = unit.abbrevs().end(*abbrev);
  for (const AttributeSpec* spec = unit.abbrevs().begin(*abbrev); spec != end; ++spec) {
    const FormValue value = unit.Read(cursor, *spec);
    switch (spec->name) {
      case kAtLinkageName:
      case kAtMipsLinkageName:
        // A type can have one, too, but function names use its plain name.
        if (entry->kind != Kind::kFunction) break;
        entry->text = unit.String(value, *strings_);
        entry->is_linkage_name = true;
        break;
      case kAtName:
        if (!entry->is_linkage_name) entry->text = unit.String(value, *strings_);
        break;
      case kAtDeclLine:
        entry->line = static_cast<uint32_t>(value.value);
        break;
      case kAtAbstractOrigin:
      case kAtSpecification:
        reference = value;
        break;
      default:
        break;
    }
  }
  return reference;
}

NameId NameTable::NameFar(FileRole role, uint64_t die) {
  // Split units have no outside references; files are far below 2^56 bytes.
  if (role == FileRole::kSplit || die >> 56 != 0) return kNoName;
  const uint64_t key = uint64_t{static_cast<uint8_t>(role)} << 56 | die;
  const auto [entry, added] = of_others_.try_emplace(key, kNoName);
  if (added) {
    entry->second = Add(Entry{});
    if (entry->second != kNoName) far_references_.push_back({role, die, entry->second});
  }
  return entry->second;
}

NameId NameTable::Add(const Entry& entry) {
  if (entries_.size() > most_names_) return kNoName;
  entries_.push_back(entry);
  return static_cast<NameId>(entries_.size() - 1);
}

NameTable::ScopeRequests NameTable::TakeScopeRequests() {
  ScopeRequests taken(scope_requests_.get_allocator());
  taken.swap(scope_requests_);
  return taken;
}

NameTable::FarReferences NameTable::TakeFarReferences() {
  FarReferences taken(far_references_.get_allocator());
  taken.swap(far_references_);
  return taken;
}

void NameTable::SetScope(NameId name, NameId scope) {
  if (name != kNoName && name != scope) entries_[name].scope = scope;
}

const NameTable::Entry& NameTable::Target(const Entry& entry) const {
  const Entry* at = &entry;
  for (int depth = 0; depth < kMaxDepth && at->target != kNoName; ++depth) {
    at = &entries_[at->target];
  }
  return *at;
}

bool NameTable::HasLinkageName(NameId name) const { return Target(entries_[name]).is_linkage_name; }

uint32_t NameTable::StartLine(NameId name) const {
  const Entry* at = &entries_[name];
  for (int depth = 0; depth < kMaxDepth && at->line == 0; ++depth) at = &entries_[at->target];
  return at->line;
}

std::string NameTable::Text(NameId name, int depth) const {
  if (depth > kMaxDepth) return {};
  const Entry& entry = Target(entries_[name]);
  const std::string_view text = strings_->Text(entry.text);
  if (entry.is_linkage_name || text.empty()) return std::string(text);
  return ScopeText(entry.scope, text, depth + 1) + std::string(text);
}

// With a trailing "::"; empty for the global scope.
// NOLINTNEXTLINE(misc-no-recursion): kMaxDepth deep
std::string NameTable::ScopeText(NameId scope, std::string_view member, int depth) const {
  if (scope == kNoName || depth > kMaxDepth) return {};
  const Entry& entry = Target(entries_[scope]);
  const std::string_view text = strings_->Text(entry.text);
  // Qualified names look like those that ShortName() makes for functions that are not inlined.
  if (entry.is_linkage_name) return ShortName(text) + "()::";
  const std::string outer = ScopeText(entry.scope, text, depth + 1);
  switch (entry.kind) {
    case Kind::kFunction:
      return text.empty() ? outer : outer + std::string(text) + "()::";
    case Kind::kNamespace:
      return outer + (text.empty() ? "(anonymous namespace)" : std::string(text)) + "::";
    default:
      return outer + TypeText(text, entry.line, member) + "::";
  }
}

}  // namespace pprof::symbolize
