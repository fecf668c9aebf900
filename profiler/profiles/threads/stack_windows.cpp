#include "profiler/profiles/threads/stack_windows.h"

#include <cstring>

namespace pprof::profiles {

bool StackWindows::Begin(uintptr_t sp, const CopyMemory& copy) {
  copy_ = &copy;
  used_ = 0;
  is_exhausted_ = false;
  return ReadFrom(sp, sp) != nullptr;
}

signal_safe::MemoryReader StackWindows::Reader() {
  return {[](void* self, uintptr_t address, uintptr_t* value) {
            return static_cast<StackWindows*>(self)->Load(address, value);
          },
          this};
}

bool StackWindows::Load(uintptr_t address, uintptr_t* value) {
  const Window* window = Find(address);
  if (window == nullptr) window = Read(address);
  if (window == nullptr) return false;
  std::memcpy(value, window->bytes.data() + (address - window->begin), sizeof *value);
  return true;
}

const StackWindows::Window* StackWindows::Find(uintptr_t address) const {
  for (size_t i = used_; i-- > 0;) {
    const Window& window = windows_[i];
    if (address >= window.begin && address - window.begin + sizeof address <= window.size) {
      return &window;
    }
  }
  return nullptr;
}

// A little before the address, too: the registers that a frame saved are below its return address.
const StackWindows::Window* StackWindows::Read(uintptr_t address) {
  constexpr uintptr_t kBefore = 1024;
  const Window* window = ReadFrom(address - kBefore, address);
  return window != nullptr ? window : ReadFrom(address, address);
}

// A window from `begin` on; nullptr if it does not reach the word at `address`.
const StackWindows::Window* StackWindows::ReadFrom(uintptr_t begin, uintptr_t address) {
  if (used_ == kMostWindows) {
    is_exhausted_ = true;
    return nullptr;
  }
  if (used_ == windows_.size()) windows_.push_back({0, 0, std::vector<char>(kWindowBytes)});
  Window& window = windows_[used_];
  window.begin = begin;
  window.size = (*copy_)(begin, window.bytes.data(), kWindowBytes);
  if (window.size < address - begin + sizeof address) return nullptr;
  ++used_;
  return &window;
}

}  // namespace pprof::profiles
