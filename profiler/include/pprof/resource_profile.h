// The stacks that acquired the resources held now, e.g. open connections; Go's pprof.NewProfile.
//
//   static pprof::ResourceProfile connections("connections", "Open connections");
//   struct Connection { pprof::ResourceProfile::Entry held = connections.Add(); };
//
// With Add(bytes) the profile also shows the bytes held: `pprof -sample_index=space`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "pprof/status.h"

namespace pprof {

// A profile "NAME" of the stacks that acquired what is held now, served like the others. At most
// 65,536 distinct stacks with labels per process; further ones count under "pprof::StackTableFull".
// A forked child inherits the parent's counts.
// Thread safety: safe. Not async-signal-safe: the constructor allocates.
class ResourceProfile {
 public:
  // Registers the profile for the life of the process; status() has the error, if any. Maps 0.5
  // MiB, touched as stacks are added, and about 130 bytes + 8 per frame for each stack.
  ResourceProfile(std::string name, std::string description);

  // Why the profile is not served: kInvalidArgument, or kUnavailable when out of memory. Add() then
  // records nothing.
  const Status& status() const { return status_; }

  // One held resource, released by the destructor. Entries may outlive the profile object.
  class [[nodiscard]] Entry {
   public:
    Entry() = default;  // holds nothing
    Entry(Entry&& other) noexcept : held_(std::exchange(other.held_, 0)) {}
    Entry& operator=(Entry&& other) noexcept {
      std::swap(held_, other.held_);
      return *this;
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry();

   private:
    friend class ResourceProfile;
    uint64_t held_ = 0;  // the stack and the bytes; 0: nothing
  };

  // Records that the calling stack, without its innermost `skip_frames` frames, acquires one
  // resource of `bytes` bytes; 0 for what has no size. An entry has 8 bytes, so that sizes above 32
  // KiB are rounded, by at most 0.01 %. Takes about 1 us; lock-free, no heap
  // allocation.
  Entry Add(size_t bytes = 0, int skip_frames = 0);

 private:
  void* stacks_ = nullptr;  // never freed
  Status status_;
};

}  // namespace pprof
