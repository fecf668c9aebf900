// Names of functions and of their enclosing scopes, from DIEs.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "profiler/symbolize/dwarf/format/unit.h"
#include "profiler/symbolize/elf/string_pool.h"

namespace pprof::symbolize {

using NameId = uint32_t;
constexpr NameId kNoName = 0;  // its text is empty

// A function's DIE often only refers to others: inlined call -> abstract function -> declaration in
// its class, which may be in another unit (LTO) or another file (dwz). Compilers record no linkage
// name for local functions, so those are qualified with the scopes of their DIE. Names are
// collected while units are read; their texts are available once all strings have been fetched.
// Ownership: borrows the pool. Thread safety: none. Not async-signal-safe.
class NameTable {
 public:
  // A DIE in another unit whose name is needed.
  struct FarReference {
    FileRole role;
    uint64_t die;
    NameId name;
  };
  // A DIE in the current unit whose enclosing scope is needed.
  struct ScopeRequest {
    uint64_t die;
    NameId name;
  };

  // Per batch; further DIEs get kNoName.
  static constexpr size_t kMostNames = 1 << 22;

  NameTable(StringPool* strings, std::pmr::memory_resource* memory, size_t most_names = kMostNames);

  // Forgets the DIEs that have names: offsets refer to other DIEs from now on.
  void BeginUnit();
  // The name of a DIE of `unit`; `die` is untrusted.
  NameId NameOf(const DwarfUnit& unit, uint64_t die);
  // The name of the DIE that `reference`, an attribute of a DIE of `unit`, points to.
  NameId NameAt(const DwarfUnit& unit, const FormValue& reference);

  using ScopeRequests = std::pmr::vector<ScopeRequest>;
  ScopeRequests TakeScopeRequests();
  void SetScope(NameId name, NameId scope);
  bool HasScope(NameId name) const { return entries_[name].scope != kNoName; }
  using FarReferences = std::pmr::vector<FarReference>;
  FarReferences TakeFarReferences();
  void SetTarget(NameId name, NameId target) { entries_[name].target = target; }

  // The mangled name if recorded, else the qualified one, else empty.
  std::string Text(NameId name) const { return Text(name, 0); }
  bool HasLinkageName(NameId name) const;
  uint32_t StartLine(NameId name) const;

 private:
  enum class Kind : uint8_t { kFunction, kNamespace, kType };
  struct Entry {
    StringId text = kNoString;
    NameId target = kNoName;  // the DIE it refers to
    NameId scope = kNoName;   // the enclosing DIE
    uint32_t line = 0;
    Kind kind = Kind::kFunction;
    bool is_linkage_name = false;
  };

  NameId NameOf(const DwarfUnit& unit, uint64_t die, int depth);
  NameId NameAt(const DwarfUnit& unit, const FormValue& reference, int depth);
  FormValue ReadEntry(const DwarfUnit& unit, uint64_t die, Entry* entry);
  NameId NameFar(FileRole role, uint64_t die);
  NameId Add(const Entry& entry);
  const Entry& Target(const Entry& entry) const;
  std::string Text(NameId name, int depth) const;
  std::string ScopeText(NameId scope, std::string_view member, int depth) const;

  StringPool* strings_;
  const size_t most_names_;
  std::pmr::vector<Entry> entries_;                      // the first one is kNoName's
  std::pmr::unordered_map<uint64_t, NameId> of_unit_;    // DIE of the present unit -> name
  std::pmr::unordered_map<uint64_t, NameId> of_others_;  // role and DIE -> name
  ScopeRequests scope_requests_;
  FarReferences far_references_;
};

}  // namespace pprof::symbolize
