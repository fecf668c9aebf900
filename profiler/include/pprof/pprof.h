// pprof-cpp: profiles of the running program in the format the `pprof` tool reads.
//
//   #include <pprof/http.h>
//   auto server = pprof::http::Server::Start();   // curl http://127.0.0.1:6060/debug/pprof/heap
//
// Without HTTP:
//
//   auto heap = pprof::Collect("heap");
//   if (heap.ok()) heap.value().WriteTo(file);
//
// Errors: Status and Result, never exceptions. No function here is async-signal-safe: they allocate
// and lock.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pprof/report_alloc.h"
#include "pprof/snapshot_builder.h"
#include "pprof/status.h"

namespace pprof {

// Output formats of a Snapshot.
enum class Format {
  kProto,  // gzipped profile.proto, symbolized (Go's debug=0): for `pprof` and scrapers
  kText,   // Go's text (debug=1) followed by the memory map: for pprof and google-pprof
  kDump,   // Go's goroutine dump (debug=2); only profiles with ProfileType::has_dump
};

// How much symbol information to look up for the addresses of a profile.
enum class SymbolDetail {
  kFull,       // functions, including inlined ones, files and lines
  kFunctions,  // names from symbol tables only, without debug information
  kNone,       // addresses, mappings and build ids: for readers that have the binaries
};

// How to symbolize the addresses of a Snapshot.
struct SymbolOptions {
  SymbolDetail detail = SymbolDetail::kFull;
  // Time limit. Addresses not looked up by then keep the name from the symbol table; the profile
  // says so in a comment, and a low-priority thread finishes them for the next snapshot.
  std::chrono::nanoseconds within = std::chrono::nanoseconds::max();
  // Returns true to abandon the symbolization. Called about every 20 ms by the thread that
  // symbolizes. May be empty.
  std::function<bool()> cancelled;
};

// A Snapshot with symbols, ready to be written. Immutable; copying copies two pointers.
// Thread safety: safe. Ownership: shared, nothing to free. Not async-signal-safe: allocates.
class SymbolizedSnapshot {
 public:
  // Writes the whole profile. Errors: kInternal when a write to `out` or the final flush fails;
  // kUnsupported for kDump of a profile without has_dump.
  Status WriteTo(std::ostream& out, Format format = Format::kProto) const;

 private:
  friend struct model::SnapshotAccess;
  SymbolizedSnapshot() = default;

  std::shared_ptr<const model::Profile> profile_;
  std::shared_ptr<const model::Symbols> symbols_;
};

// The samples of one profile at one moment. Immutable; copying copies a pointer.
// Thread safety: safe. Ownership: shared, nothing to free. Not async-signal-safe: allocates.
class Snapshot {
 public:
  // Symbolizes all addresses: milliseconds to seconds. Errors: none; an address without a symbol
  // stays an address.
  SymbolizedSnapshot Symbolize(const SymbolOptions& options = {}) const;

  // Symbolize().WriteTo(out, format): all symbols, however long that takes. Errors: as there.
  Status WriteTo(std::ostream& out, Format format = Format::kProto) const;

  // The change since `earlier`: kDifference values are subtracted, kAtEnd values are kept.
  // Errors: kInvalidArgument when `earlier` is of another profile or has other value types.
  // The second form reuses the memory of a snapshot that nobody else has.
  Result<Snapshot> Since(const Snapshot& earlier) const&;
  Result<Snapshot> Since(const Snapshot& earlier) &&;

  // At most `samples` (at least 1): those with the largest values, and the sum of all others as one
  // with the frame "[smaller stacks]". For readers that accept only so many.
  Snapshot Largest(size_t samples) const;

  uint64_t lost_samples() const;  // samples that occurred but were dropped
  size_t sample_count() const;    // distinct stacks
  // Sum of one value over all samples; 0 for an index without a value type.
  int64_t total(size_t value_index) const;

 private:
  friend struct model::SnapshotAccess;
  Snapshot() = default;

  std::shared_ptr<const model::Profile> profile_;
};

// A recording in progress, e.g. a CPU profile. The destructor ends it.
class Recorder {
 public:
  virtual ~Recorder() = default;
  // Ends the recording and adds its samples to `builder`. Called at most once.
  virtual Status Stop(SnapshotBuilder& builder) = 0;
};

// Layout of a profile's text form (debug=1).
enum class TextForm { kCount, kHeap, kContention };

// A POST action of a profile, e.g. "reset" at /debug/pprof/peak/reset.
struct ProfileAction {
  std::string name;  // last path element; empty: the profile's own path
  std::string description;
  std::vector<std::string> parameters;
  std::function<Status(const Parameters&)> run;
};

// A profile. Its route, index line, `seconds=` delta and text form are derived from it. Exactly one
// of `collect` and `record` is set. Functions are called from any thread, also concurrently.
struct ProfileType {
  std::string name;         // path element, e.g. "heap"; [a-z0-9_.]
  std::string description;  // one sentence for the index page
  std::vector<ValueType> values;
  std::string shown_first;  // value type that readers select by default; empty: the last
  TextForm text_form = TextForm::kCount;
  bool has_dump = false;                // supports Format::kDump (debug=2)
  std::vector<std::string> parameters;  // query parameters besides Go's
  std::vector<ProfileAction> actions;
  std::function<int64_t()> count;  // number on the index page; must be cheap; empty: 0
  // Called before the first `collect` of a request with `seconds`; the returned object lives until
  // the last one has returned, e.g. to keep sampling on. Optional; may return nullptr.
  std::function<Result<std::shared_ptr<void>>(const Parameters&)> prepare;
  std::function<Status(SnapshotBuilder&)> collect;
  std::function<Result<std::unique_ptr<Recorder>>(int hz)> record;  // `hz`: samples per second
};

// Adds a profile to the registry for the life of the process.
// Errors: kInvalidArgument when the name is taken, empty or has characters other than [a-z0-9_.],
// when not exactly one of collect and record is set, or without value types. Thread safety: safe.
Status Register(ProfileType type);

// All registered profiles, sorted by name; the pointers never become invalid. Thread safety: safe.
std::vector<const ProfileType*> ProfileTypes();

// The profile with this name, or nullptr. Thread safety: safe.
const ProfileType* FindProfileType(std::string_view name);

// Collects the profile with this name now. `cancelled` returns true to abandon a collection that
// takes long ("holders", "leak"); it is called from a thread of the profiler, and may be empty.
// Errors: kNotFound; kInvalidArgument for an undeclared parameter or a profile that is recorded;
// those of its `collect`. Thread safety: safe.
Result<Snapshot> Collect(std::string_view name, const Parameters& parameters = {},
                         std::function<bool()> cancelled = {});

// Sampling rates. Changes take effect at once in all threads (heap: within 256 KiB allocated per
// thread).
struct Sampling {
  // Mean bytes between two heap samples; 0 switches heap sampling off, 1 samples everything.
  size_t heap_interval = size_t{512} * 1024;
  // The block profile keeps waits of at least this long, and shorter ones in proportion; 0 is off.
  std::chrono::nanoseconds block_interval{0};
  // The mutex profile keeps one of this many contended unlocks on average; 0: off.
  int mutex_fraction = 0;
};

// Applies to later samples; blocks already sampled keep their weight, so in-use numbers stay right.
// Errors: kInvalidArgument for a value out of range; nothing is changed then.
// Thread safety: safe; the last call wins.
Status SetSampling(const Sampling& sampling);
// The program's own rates; those that running requests ask for are not included.
Sampling GetSampling();

}  // namespace pprof
