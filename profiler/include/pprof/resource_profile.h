// The stacks that acquired the resources held now, e.g. open connections; Go's pprof.NewProfile.
//
//   static pprof::ResourceProfile connections("connections", "Open connections");
//   struct Connection { pprof::ResourceProfile::Entry held = connections.Add(); };
#pragma once

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
    Entry(Entry&& other) noexcept : stack_(std::exchange(other.stack_, nullptr)) {}
    Entry& operator=(Entry&& other) noexcept {
      std::swap(stack_, other.stack_);
      return *this;
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry();

   private:
    friend class ResourceProfile;
    void* stack_ = nullptr;
  };

  // Records the calling stack without its innermost `skip_frames` frames. Takes about 1 us;
  // lock-free, no heap allocation.
  Entry Add(int skip_frames = 0);

 private:
  void* stacks_ = nullptr;  // never freed
  Status status_;
};

}  // namespace pprof
