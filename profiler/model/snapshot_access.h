// Internal access to the contents of the public Snapshot and SnapshotBuilder. Not installed.
#pragma once

#include <memory>
#include <utility>

#include "pprof/pprof.h"
#include "profiler/model/profile.h"
#include "profiler/model/profile_builder.h"
#include "profiler/model/symbols.h"

namespace pprof::model {

struct SnapshotAccess {
  static ProfileBuilder& BuilderOf(SnapshotBuilder& builder) { return *builder.builder_; }

  // Ends the collection and empties the builder.
  static Snapshot Finish(SnapshotBuilder& builder) { return Make(builder.builder_->Finish()); }

  // REQUIRES: profile is not null.
  static Snapshot Make(std::shared_ptr<const Profile> profile) {
    Snapshot snapshot;
    snapshot.profile_ = std::move(profile);
    return snapshot;
  }
  static SymbolizedSnapshot Make(std::shared_ptr<const Profile> profile, Symbols symbols) {
    SymbolizedSnapshot snapshot;
    snapshot.profile_ = std::move(profile);
    snapshot.symbols_ = std::make_shared<const Symbols>(std::move(symbols));
    return snapshot;
  }

  static const Profile& ProfileOf(const Snapshot& snapshot) { return *snapshot.profile_; }
  static const Symbols& SymbolsOf(const SymbolizedSnapshot& snapshot) { return *snapshot.symbols_; }
};

}  // namespace pprof::model
