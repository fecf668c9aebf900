#include "profiler/signal_safe/unwind/code/code_reader.h"

#include <cstring>

#include "profiler/sys/memory/own_memory.h"

namespace pprof::signal_safe {

bool CodeReader::At(uintptr_t address, Instruction* instruction) {
  if (!Fill(address)) return false;
  return Decode(window_ + (address - begin_), size_ - (address - begin_), instruction);
}

bool CodeReader::Bytes(uintptr_t address, uint8_t* out, size_t size) {
  if (!Fill(address) || size_ - (address - begin_) < size) return false;
  std::memcpy(out, window_ + (address - begin_), size);
  return true;
}

// The window then holds the longest instruction, or what is mapped of it.
bool CodeReader::Fill(uintptr_t address) {
  const bool holds = address >= begin_ && address - begin_ + Instruction::kLongest <= size_;
  if (holds) return true;
  begin_ = address;
  size_ = sys::CopyOwnMemory(address, window_, kWindow);
  return size_ > 0;
}

}  // namespace pprof::signal_safe
