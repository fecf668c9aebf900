#include "profiler/symbolize/service/shared_state.h"

#include "profiler/sys/process/process_id.h"

namespace pprof::symbolize {
namespace {

struct OwnedState {
  explicit OwnedState(int32_t id) : process(id) {}

  const int32_t process;
  SharedState state;
};
// Not a function's static: a fork in the middle of making one would leave its guard locked.
std::atomic<OwnedState*> current{nullptr};

}  // namespace

SharedState& SharedState::OfThisProcess() {
  const int32_t process = sys::ProcessId();
  OwnedState* owned = current.load(std::memory_order_acquire);
  while (owned == nullptr || owned->process != process) {
    auto* fresh = new OwnedState(process);
    if (current.compare_exchange_strong(owned, fresh)) return fresh->state;
    delete fresh;
  }
  return owned->state;
}

SharedState* SharedState::IfMade() {
  OwnedState* owned = current.load(std::memory_order_acquire);
  const bool ours = owned != nullptr && owned->process == sys::ProcessId();
  return ours ? &owned->state : nullptr;
}

void EngineAnswers::OnAddress(size_t index, const RawFrame* frames, size_t count) {
  if (index >= lines_.size()) return;
  const std::lock_guard<std::mutex> lock(shared_.mutex);
  lines_[index] = shared_.cache.Intern(frames, count);
}

void EngineAnswers::Remember(const ModuleRef& module, const std::vector<uint64_t>& offsets) {
  const std::lock_guard<std::mutex> lock(shared_.mutex);
  const uint32_t number = shared_.cache.ModuleNumber(IdentityOf(module));
  for (size_t i = 0; i < offsets.size(); ++i) {
    shared_.cache.Remember(number, offsets[i], lines_[i]);
  }
}

}  // namespace pprof::symbolize
