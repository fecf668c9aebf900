#include "endpoints/limits/room_reserve.h"

#include "profiler/sys/memory/pages.h"

namespace pprof::http {
namespace {

constexpr size_t kLeastBytes = size_t{1} << 20;

}  // namespace

RoomReserve::RoomReserve() { Map(); }

RoomReserve::~RoomReserve() { Unmap(); }

// REQUIRES: nothing is mapped. The allocator keeps some of the room that a profile used: the next
// reserve may be smaller.
void RoomReserve::Map() {
  for (bytes_ = kBytes; bytes_ >= kLeastBytes; bytes_ /= 2) {
    pages_ = sys::MapPages(bytes_);
    if (pages_ != nullptr) return;
  }
}

bool RoomReserve::Unmap() {
  if (pages_ == nullptr) return false;
  sys::UnmapPages(pages_, bytes_);
  pages_ = nullptr;
  return true;
}

RoomReserve::Loan::Loan(RoomReserve& reserve)
    : reserve_(reserve), first_(!reserve.lent_.exchange(true, std::memory_order_acquire)) {
  if (!first_) return;
  if (reserve_.pages_ == nullptr) reserve_.Map();
  granted_ = reserve_.Unmap();
}

RoomReserve::Loan::~Loan() {
  if (!first_) return;
  reserve_.Map();
  reserve_.lent_.store(false, std::memory_order_release);
}

}  // namespace pprof::http
