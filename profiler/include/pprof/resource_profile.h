// The stacks that acquired the resources held now, e.g. open connections: Go's pprof.NewProfile.
//
//   static pprof::ResourceProfile connections("connections", "Open connections");
//   struct Connection { pprof::ResourceProfile::Entry held = connections.Add(); };
#pragma once

#include <string>
#include <utility>

#include "pprof/status.h"

namespace pprof {

// A profile "NAME" with the stacks of what is held now, served as all others. At most 65,536
// distinct stacks, each with its labels, in the life of the process; further ones count under
// "pprof::StackTableFull".
// Thread safety: safe. A forked child inherits what its parent held. Not signal-safe: the
// constructor allocates.
class ResourceProfile {
 public:
  // Registers the profile for the life of the process; see status() for a name that is taken. Maps
  // 0.5 MiB, touched as stacks come, and about 130 bytes + 8 a frame for each stack.
  ResourceProfile(std::string name, std::string description);

  // Why the profile is not served: kInvalidArgument, or kUnavailable when there is no memory. Add()
  // then notes nothing.
  const Status& status() const { return status_; }

  // One held resource. It is given back when the entry is destroyed; entries may outlive the
  // profile object.
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

  // Notes the calling stack, without its innermost `skip_frames` frames. About 1 us; neither
  // allocates nor locks.
  Entry Add(int skip_frames = 0);

 private:
  void* stacks_ = nullptr;  // never freed
  Status status_;
};

}  // namespace pprof
