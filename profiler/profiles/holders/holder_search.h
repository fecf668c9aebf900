// One search for the holders of the sampled blocks: from the program as it is to names.
//
//   HolderSearch search(options);
//   Status prepared = search.Prepare();   // tables, roots, spans
//   search.Mark();                        // what is reached at all
//   search.FindHolders();                 // ways, and the roots at their ends
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "pprof/status.h"
#include "profiler/profiles/holders/names/holder_names.h"
#include "profiler/profiles/holders/objects/object_table.h"
#include "profiler/profiles/holders/roots/program_roots.h"
#include "profiler/profiles/holders/search/exclusive.h"
#include "profiler/profiles/holders/search/ways.h"

namespace pprof::profiles::holders {

struct SearchOptions {
  uint64_t cpu_nanos = 0;
  uint64_t allocated_before_ms = UINT64_MAX;  // sys::CoarseMonotonicMillis
  std::function<bool()> cancelled;            // may be empty
};

// Whether tables of so many bytes may be made when so many are left below the memory limit: a
// quarter at most. Errors: kUnavailable with both numbers. Thread safety: safe.
Status CheckRoom(uint64_t table_bytes, uint64_t bytes_left);

// Runs on a profiler thread, whose stack is no root. Thread safety: none. Not async-signal-safe.
class HolderSearch {
 public:
  explicit HolderSearch(const SearchOptions& options);

  // Errors: kUnsupported where this process cannot copy its own memory or list it; kUnavailable
  // when the tables would take more than a quarter of the memory that is left.
  Status Prepare();

  // Marks what the roots reach, by strict and by loose rules. False: the budget did not suffice, or
  // the client left, and what is not reached may yet be.
  bool Mark();

  // Finds ways and holders. Checks the heaviest holders, as far as the budget goes.
  void FindHolders();

  // Leaves out the targets that were freed meanwhile: sets their object to kNoObject.
  void DropFreed();

  // Whether the allocator's library, which may be the preload library, allocated the block for
  // itself: its variables are no roots.
  bool IsOfAllocator(const Target& target) const;

  const Targets& targets() const { return targets_; }
  const Ways& ways() const { return ways_; }
  const ObjectTable& objects() const { return objects_; }
  const ProgramRoots& program() const { return program_; }
  const std::vector<Holder>& holders() const { return holders_; }
  size_t checked_holders() const { return checked_; }
  LiveMemory& live() { return live_; }
  // Pages that Mark could not look at.
  size_t unseen_pages() const { return unseen_pages_; }
  const Budget& budget() const { return budget_; }
  size_t table_bytes() const { return memory_.bytes(); }

 private:
  Status ReadTargets();
  Status MakeTables();
  void NameRoots(uint64_t Target::*root, uint32_t Target::*holder);
  void CheckHeaviest();
  void PreferUsual();

  const SearchOptions options_;
  Budget budget_;
  RequestMemory memory_;
  ProgramRoots program_;
  ObjectTable objects_;
  Targets targets_;
  LiveMemory live_;
  Extents extents_;
  SearchSpace space_{objects_, program_.roots, targets_, live_, extents_};
  Marker marker_{space_};
  WayFinder finder_{space_, &marker_.levels()};
  Ways ways_;
  Ways others_;
  std::vector<Holder> holders_;
  // By begin and name.
  std::map<std::pair<uint64_t, std::string>, uint32_t> known_holders_;
  size_t checked_ = 0;
  size_t unseen_pages_ = 0;
  uint64_t mark_nanos_ = 0;  // of marking by strict rules, and preparing it
};

}  // namespace pprof::profiles::holders
