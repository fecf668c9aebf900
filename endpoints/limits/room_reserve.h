// Address space for one profile, set aside at the start: at the limit of its address space a
// process can map nothing more, and this is when somebody asks what it is full of.
#pragma once

#include <atomic>
#include <cstddef>

#include "endpoints/limits/memory_reserve.h"
#include "profiler/sys/thread/own_thread.h"

namespace pprof::http {

// Mapped and never touched, so it is no resident memory. Thread safety: safe.
class RoomReserve {
 public:
  // The bound of a profile, and a stack with its guard for the thread that reads files.
  static constexpr size_t kBytes =
      MemoryReserve::kBytes + sys::OwnThread::kStackBytes + (size_t{64} << 10);

  RoomReserve();
  ~RoomReserve();
  RoomReserve(const RoomReserve&) = delete;
  RoomReserve& operator=(const RoomReserve&) = delete;

  // While it lives, the room is free for whoever maps memory; one loan at a time. Other threads of
  // the process can take it, too: the borrower must still be ready to fail.
  class Loan {
   public:
    explicit Loan(RoomReserve& reserve);
    ~Loan();
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;

    // False: another loan lives, or the room was not given back so far.
    bool granted() const { return granted_; }

   private:
    RoomReserve& reserve_;
    const bool first_;
    bool granted_ = false;
  };

 private:
  void Map();
  bool Unmap();

  std::atomic<bool> lent_{false};
  void* pages_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace pprof::http
