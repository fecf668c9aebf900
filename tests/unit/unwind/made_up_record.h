// The record of a function in .eh_frame, with instructions that a test chooses.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "profiler/signal_safe/unwind/cfi/unwind_table.h"
#include "profiler/signal_safe/unwind/row_of_rules.h"

namespace pprof::signal_safe {

using Code = std::vector<uint8_t>;

// CFA = rsp + 8, return address at CFA - 8: the state at every function's entry.
inline Code UsualInitial() { return {0x0C, 7, 8, 0x90, 1}; }

// What precedes the instructions of a CIE.
struct CieHead {
  uint8_t version = 1;
  std::string augmentation = "zR";
  Code factors = {1, 0x78, 16};  // of code, of data (-8), and the column of the return address
  Code data = {1, 0x00};         // length and contents of the augmentation: absolute pointers
};

class MadeUpRecord {
 public:
  static constexpr uint64_t kStart = 0x400000;
  static constexpr uint64_t kLength = 0x100;

  explicit MadeUpRecord(const Code& instructions, const Code& initial = UsualInitial(),
                        const CieHead& head = {}) {
    Code common = {0, 0, 0, 0, head.version};
    for (const char letter : head.augmentation) common.push_back(static_cast<uint8_t>(letter));
    common.push_back(0);
    for (const Code& part : {head.factors, head.data, initial}) Append(part, &common);
    AppendRecord(common);
    fde_ = bytes_.size();
    Code function(4 + 16);
    const auto to_cie = static_cast<uint32_t>(fde_ + 4);
    const uint64_t range[] = {kStart, kLength};
    std::memcpy(function.data(), &to_cie, sizeof to_cie);
    std::memcpy(function.data() + 4, range, sizeof range);
    if (!head.data.empty()) function.push_back(0);  // no augmentation
    Append(instructions, &function);
    AppendRecord(function);
  }

  const uint8_t* fde() const { return bytes_.data() + fde_; }

  NoRules RulesAt(uint64_t offset, FrameRules* rules, uint64_t* next) const {
    return ComputeRules(kStart + offset, fde(), rules, next);
  }
  UnwindRow RowAt(uint64_t offset) const {
    FrameRules rules;
    uint64_t next = 0;
    return RulesAt(offset, &rules, &next) == NoRules::kNone ? RowOfRules(rules, kStart + offset)
                                                            : UnwindRow{};
  }

 private:
  static void Append(const Code& part, Code* whole) {
    whole->insert(whole->end(), part.begin(), part.end());
  }
  void AppendRecord(const Code& body) {
    const auto length = static_cast<uint32_t>(body.size());
    uint8_t bytes[sizeof length];
    std::memcpy(bytes, &length, sizeof length);
    bytes_.insert(bytes_.end(), bytes, bytes + sizeof bytes);
    Append(body, &bytes_);
  }

  Code bytes_;
  size_t fde_ = 0;
};

}  // namespace pprof::signal_safe
