// The stacks that acquired the resources held now, e.g. open connections: Go's pprof.NewProfile.
//
//   static pprof::ResourceProfile connections("connections", "Open connections");
//   struct Connection { pprof::ResourceProfile::Entry held = connections.Add(); };
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "pprof/status.h"

namespace pprof {

// A profile "NAME" with one sample for each resource held, served as all others.
// Thread safety: safe. Not signal-safe: allocates and locks.
class ResourceProfile {
 public:
  // Registers the profile for the life of the process; see status() for a name that is taken.
  ResourceProfile(std::string name, std::string description);

  // Why the profile is not served: kInvalidArgument. Add() works all the same.
  const Status& status() const { return status_; }

  // One held resource. It is given back when the entry is destroyed; entries may outlive the
  // profile object.
  class [[nodiscard]] Entry {
   public:
    Entry() = default;  // holds nothing
    Entry(Entry&& other) noexcept;
    Entry& operator=(Entry&& other) noexcept;
    ~Entry();

   private:
    friend class ResourceProfile;
    struct Holder;
    std::shared_ptr<Holder> holder_;
    uint64_t number_ = 0;
  };

  // Notes the calling stack, without its innermost `skip_frames` frames. About 1 us.
  Entry Add(int skip_frames = 0);

 private:
  std::shared_ptr<Entry::Holder> holder_;
  Status status_;
};

}  // namespace pprof
