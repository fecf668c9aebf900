// The table of profiles: the built-in ones and those that users register.
#include <algorithm>
#include <atomic>
#include <utility>

#include "pprof/pprof.h"
#include "profiler/model/snapshot_access.h"
#include "profiler/parameters.h"
#include "profiler/profiles/builtin.h"
#include "profiler/sys/process/made_once.h"

namespace pprof {
namespace {

bool GoodName(std::string_view name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  };
  const bool only_dots = name.find_first_not_of('.') == std::string_view::npos;  // "" and ".."
  return !only_dots && std::all_of(name.begin(), name.end(), good);
}

// Describes the first error in a type; empty if valid.
std::string FlawOf(const ProfileType& type) {
  if (!GoodName(type.name)) {
    return "profile name \"" + type.name + "\" may have only a-z, 0-9, '_' and '.'";
  }
  if ((type.collect == nullptr) == (type.record == nullptr)) {
    return "profile \"" + type.name + "\" must have exactly one of collect and record";
  }
  if (type.values.empty()) return "profile \"" + type.name + "\" has no value types";
  const auto shown = [&](const ValueType& value) { return value.type == type.shown_first; };
  if (!type.shown_first.empty() && std::none_of(type.values.begin(), type.values.end(), shown)) {
    return "profile \"" + type.name + "\" has no value type \"" + type.shown_first + "\"";
  }
  return {};
}

struct RegistryEntry {
  const ProfileType type;
  RegistryEntry* next;
};

// A list that only grows at its head. Lock-free: a forked child must find it consistent.
class Registry {
 public:
  Registry() {
    for (ProfileType& type : profiles::BuiltinTypes()) Add(std::move(type));
  }

  // Only runs if another thread made the registry first; see MadeOnce.
  ~Registry() {
    RegistryEntry* entry = head_.load();
    while (entry != nullptr) delete std::exchange(entry, entry->next);
  }
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  bool Add(ProfileType type) {
    auto* entry = new RegistryEntry{std::move(type), head_.load(std::memory_order_acquire)};
    do {
      if (Find(entry->next, entry->type.name) != nullptr) {
        delete entry;
        return false;
      }
    } while (!head_.compare_exchange_weak(entry->next, entry, std::memory_order_acq_rel));
    return true;
  }

  const ProfileType* Find(std::string_view name) const {
    const RegistryEntry* found = Find(head_.load(std::memory_order_acquire), name);
    return found == nullptr ? nullptr : &found->type;
  }

  // Sorted by name.
  std::vector<const ProfileType*> All() const {
    std::vector<const ProfileType*> all;
    const RegistryEntry* entry = head_.load(std::memory_order_acquire);
    for (; entry != nullptr; entry = entry->next) all.push_back(&entry->type);
    std::sort(all.begin(), all.end(),
              [](const ProfileType* a, const ProfileType* b) { return a->name < b->name; });
    return all;
  }

 private:
  static const RegistryEntry* Find(const RegistryEntry* entry, std::string_view name) {
    while (entry != nullptr && entry->type.name != name) entry = entry->next;
    return entry;
  }

  std::atomic<RegistryEntry*> head_{nullptr};
};

// Never freed: profiles may be requested while the process exits.
Registry& TheRegistry() {
  static sys::MadeOnce<Registry> registry;
  return registry.Get([] { return new Registry; });
}

}  // namespace

Status CheckParameters(const ProfileType& type, const Parameters& parameters) {
  for (const auto& [name, text] : parameters) {
    const auto& known = type.parameters;
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return {StatusCode::kInvalidArgument,
              "profile \"" + type.name + "\" has no parameter \"" + name + "\""};
    }
  }
  return {};
}

Status Register(ProfileType type) {
  const std::string flaw = FlawOf(type);
  if (!flaw.empty()) return {StatusCode::kInvalidArgument, flaw};
  const std::string name = type.name;
  if (TheRegistry().Add(std::move(type))) return {};
  return {StatusCode::kInvalidArgument, "a profile named \"" + name + "\" is registered already"};
}

std::vector<const ProfileType*> ProfileTypes() { return TheRegistry().All(); }

const ProfileType* FindProfileType(std::string_view name) { return TheRegistry().Find(name); }

Result<Snapshot> Collect(std::string_view name, const Parameters& parameters,
                         std::function<bool()> cancelled) {
  const ProfileType* type = FindProfileType(name);
  if (type == nullptr) {
    return Status(StatusCode::kNotFound, "there is no profile named \"" + std::string(name) + "\"");
  }
  if (Status status = CheckParameters(*type, parameters); !status.ok()) return status;
  if (type->collect == nullptr) {
    return Status(StatusCode::kInvalidArgument,
                  "profile \"" + type->name + "\" is recorded, not collected; use Recording");
  }
  SnapshotBuilder builder(*type, parameters, std::move(cancelled));
  if (Status status = type->collect(builder); !status.ok()) return status;
  return model::SnapshotAccess::Finish(builder);
}

}  // namespace pprof
