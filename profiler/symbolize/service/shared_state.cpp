#include "profiler/symbolize/service/shared_state.h"

#include "profiler/sys/process/per_process.h"

namespace pprof::symbolize {
namespace {

sys::PerProcess<SharedState> state_of_process;

}  // namespace

SharedState& SharedState::OfThisProcess() { return state_of_process.Get(); }

SharedState* SharedState::IfMade() { return state_of_process.IfMade(); }

void EngineAnswers::OnAddress(size_t index, const RawFrame* frames, size_t count) {
  if (index >= lines_.size()) return;
  const sys::MutexLock lock(shared_.mutex);
  lines_[index] = shared_.cache.Intern(frames, count);
}

void EngineAnswers::Remember(const ModuleRef& module, const std::vector<uint64_t>& offsets,
                             bool has_names) {
  const sys::MutexLock lock(shared_.mutex);
  const uint32_t number = shared_.cache.ModuleNumber(IdentityOf(module));
  shared_.cache.NoteNames(number, has_names);
  for (size_t i = 0; i < offsets.size(); ++i) {
    shared_.cache.Remember(number, offsets[i], lines_[i]);
  }
}

}  // namespace pprof::symbolize
