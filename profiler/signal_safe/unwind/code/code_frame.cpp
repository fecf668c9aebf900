#include "profiler/signal_safe/unwind/code/code_frame.h"

#include <cstring>

#include "profiler/signal_safe/unwind/cfi/unwind_table.h"
#include "profiler/signal_safe/unwind/code/code_reader.h"
#include "profiler/signal_safe/unwind/code/stack_effect.h"

namespace pprof::signal_safe {
namespace {

using Kind = SymbolicValue::Kind;

constexpr int kMostInstructions = 1024;  // over all paths
constexpr int kMostOfAPath = 400;        // an endless loop must not use up what others need
constexpr int kMostPaths = 8;

// A place to go on, with the effects until there.
struct Path {
  uintptr_t address = 0;
  StackEffect effect;
};

// Straight on at conditional jumps first: backward ones close loops, and forward ones mostly go to
// rare cases. Their targets are tried when the path ends in no return.
class PathSearch {
 public:
  PathSearch(uintptr_t address, const FdeTable& table) : start_(address), table_(table) {
    path_.address = address;
  }

  bool Run() {
    do {
      if (FollowPath()) return true;
    } while (left_ > 0 && NextPath());
    if (has_tail_jump_) path_ = tail_jump_;
    return has_tail_jump_;
  }

  // After Run: the registers at the function's end, where the return address is at the stack
  // pointer.
  const StackEffect& end() const { return path_.effect; }

 private:
  enum class Outcome : uint8_t { kGoOn, kEnd, kDead };

  bool FollowPath() {
    pushed_from_table_ = IsPushFromTable(start_) && path_.address == start_;
    for (int i = 0; i < kMostOfAPath && left_ > 0; ++i, --left_) {
      Instruction in;
      if (!code_.At(path_.address, &in)) return false;
      switch (Follow(in)) {
        case Outcome::kEnd:
          return true;
        case Outcome::kDead:
          return false;
        case Outcome::kGoOn:
          break;
      }
    }
    return false;
  }

  // NOLINTNEXTLINE(readability-function-cognitive-complexity): a list of kinds
  Outcome Follow(const Instruction& in) {
    const uintptr_t next = path_.address + in.length;
    if (in.map == Instruction::kOneByte) {
      const uint8_t code = in.code;
      if (code == 0xC3 || code == 0xC2) return Outcome::kEnd;
      if (code == 0xE9 || code == 0xEB) return Jump(next + static_cast<uintptr_t>(in.immediate));
      if (code == 0xE8) return Call(in, next);
      if (code == 0xFF && in.extension() == 2) return GoTo(next, true);
      if (code == 0xFF && in.extension() == 4) return IndirectJump(in);
      if ((code & 0xF0) == 0x70 || (code & 0xFC) == 0xE0) Branch(in, next);
      if (code == 0xCC || code == 0xF4 || code == 0xCF || code == 0xCB) return Outcome::kDead;
    } else if (in.map == Instruction::k0F) {
      if (in.code == 0x0B || in.code == 0xB9 || in.code == 0xFF) return Outcome::kDead;
      if ((in.code & 0xF0) == 0x80) Branch(in, next);
    }
    pushed_from_table_ = in.map == Instruction::kOneByte && in.code == 0xFF &&
                         in.extension() == 6 && in.rm_is_rip_relative();
    path_.effect.Apply(in);
    return GoTo(next, false);
  }

  // A call that does not return is the last instruction of its function, maybe.
  Outcome GoTo(uintptr_t next, bool after_call) {
    path_.address = next;
    return after_call && (IsCovered(next) || IsEntryMark(next)) ? Outcome::kDead : Outcome::kGoOn;
  }

  Outcome Call(const Instruction& in, uintptr_t next) {
    if (in.immediate == 0) path_.effect.PushReturnAddress();  // reads its own address
    return GoTo(next, in.immediate != 0);
  }

  Outcome Jump(uintptr_t target) {
    if (IsCovered(target)) return Outcome::kEnd;  // a tail call
    path_.address = target;
    return Outcome::kGoOn;
  }

  // Through the global offset table: a linkage table's stub, or a tail call. The table's first stub
  // passes two words on the stack to the loader, above the return address. Other indirect jumps are
  // those of a switch, or tail calls through a pointer, which are believed if nothing else is
  // found.
  Outcome IndirectJump(const Instruction& in) {
    if (in.rm_is_rip_relative()) {
      if (pushed_from_table_) path_.effect.DropWords(2);
      return Outcome::kEnd;
    }
    const bool is_switch = in.notrack || (!in.rm_is_register() && in.MemoryBase() < 0);
    if (!is_switch && !has_tail_jump_) {
      has_tail_jump_ = true;
      tail_jump_ = path_;
    }
    return Outcome::kDead;
  }

  void Branch(const Instruction& in, uintptr_t next) {
    if (paths_ == kMostPaths) return;
    pending_[paths_] = path_;
    pending_[paths_++].address = next + static_cast<uintptr_t>(in.immediate);
  }

  bool NextPath() {
    if (paths_ == 0) return false;
    path_ = pending_[--paths_];
    return true;
  }

  bool IsCovered(uintptr_t address) const { return FunctionBegin(address, table_) != 0; }

  bool IsEntryMark(uintptr_t address) {
    constexpr uint8_t kEndbr64[] = {0xF3, 0x0F, 0x1E, 0xFA};
    uint8_t bytes[sizeof kEndbr64];
    return code_.Bytes(address, bytes, sizeof bytes) &&
           std::memcmp(bytes, kEndbr64, sizeof bytes) == 0;
  }

  // Whether the instruction before `address` is `push slot(%rip)`.
  bool IsPushFromTable(uintptr_t address) {
    constexpr size_t kLength = 6;
    uint8_t bytes[kLength];
    return code_.Bytes(address - kLength, bytes, kLength) && bytes[0] == 0xFF && bytes[1] == 0x35;
  }

  const uintptr_t start_;
  const FdeTable& table_;
  CodeReader code_;
  Path path_;
  Path tail_jump_;
  Path pending_[kMostPaths];
  int paths_ = 0;
  int left_ = kMostInstructions;
  bool has_tail_jump_ = false;
  bool pushed_from_table_ = false;
};

// Where the caller's rbp or rbx is, seen from the frame `cfa`.
SavedRegister SavedAt(SymbolicValue value, Kind untouched, const SymbolicValue& cfa) {
  if (value == SymbolicValue{untouched, 0}) return {};
  const bool same_base = (value.kind == Kind::kInMemory && cfa.kind == Kind::kRsp) ||
                         (value.kind == Kind::kAtRbp && cfa.kind == Kind::kRbp);
  if (same_base) return {Saved::kAtCfa, value.offset - cfa.offset};
  if (value.kind == Kind::kAtRbp) return {Saved::kAtRbp, value.offset};
  return {Saved::kLost, 0};
}

}  // namespace

UnwindRow RowOfCode(uintptr_t address, const FdeTable& table) {
  UnwindRow row;
  row.cfa = CfaRule::kNoEntry;
  PathSearch search(address, table);
  if (!search.Run()) return row;
  SymbolicValue cfa = search.end().rsp();
  if (!cfa.is_address() || cfa.offset < 0) return row;
  cfa.offset += 8;
  row.offset = cfa.offset;
  row.base = cfa.kind == Kind::kRsp ? dwarf_register::kRsp : dwarf_register::kRbp;
  row.rbp = SavedAt(search.end().rbp(), Kind::kRbp, cfa);
  row.rbx = SavedAt(search.end().rbx(), Kind::kRbx, cfa);
  row.cfa = CfaRule::kCode;
  if (FitsPacked(row)) return row;
  UnwindRow nothing;
  nothing.cfa = CfaRule::kNoEntry;
  return nothing;
}

}  // namespace pprof::signal_safe
