// Makes one unit of DWARF 4 for tests, and opens it as the symbolizer does.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "profiler/symbolize/dwarf/format/constants.h"
#include "profiler/symbolize/dwarf/format/unit.h"
#include "tests/unit/symbolize/byte_writer.h"
#include "tests/unit/symbolize/elf_writer.h"

namespace pprof::symbolize {

class UnitWriter {
 public:
  using Attributes = std::vector<std::pair<uint16_t, uint16_t>>;  // name and form

  // Declares a kind of DIE; answers its code.
  uint64_t Abbreviation(uint16_t tag, bool has_children, const Attributes& attributes) {
    abbrevs_.Uleb(++codes_).Uleb(tag).U8(has_children ? 1 : 0);
    for (const auto& [name, form] : attributes) abbrevs_.Uleb(name).Uleb(form);
    abbrevs_.Uleb(0).Uleb(0);
    return codes_;
  }

  // Begins a DIE; its attributes' values follow. Answers its offset from the unit's beginning.
  uint64_t Die(uint64_t code) {
    const uint64_t offset = kHeaderBytes + dies_.size();
    dies_.Uleb(code);
    return offset;
  }
  ByteWriter& values() { return dies_; }
  void EndChildren() { dies_.U8(0); }

  const ByteWriter& dies() const { return dies_; }
  uint64_t size() const { return kHeaderBytes + dies_.size(); }

  ByteWriter Info() const {
    ByteWriter info;
    info.U32(kHeaderBytes - 4 + dies_.size()).U16(4).U32(0).U8(8);
    return info.Append(dies_);
  }
  ByteWriter Abbreviations() const {
    ByteWriter abbrevs = abbrevs_;
    return abbrevs.U8(0);
  }

 private:
  static constexpr uint64_t kHeaderBytes = 11;

  ByteWriter abbrevs_, dies_;
  uint64_t codes_ = 0;
};

// The unit, opened from the bytes of an ELF file. `before`: bytes in front of it, in the section.
class OpenedUnit {
 public:
  explicit OpenedUnit(const UnitWriter& writer, FileRole role = FileRole::kMain,
                      const ByteWriter& before = {}) {
    const std::string suffix = role == FileRole::kSplit ? ".dwo" : "";
    ByteWriter info = before;
    info.Append(writer.Info());
    ElfWriter elf;
    elf.AddSection(".debug_info" + suffix, 1, 0, info);
    elf.AddSection(".debug_abbrev" + suffix, 1, 0, writer.Abbreviations());
    bytes_ = elf.Finish();
    file_ = ElfFile::FromBytes(bytes_.view());
    sections_ = std::make_unique<DwarfSections>(*file_, role, &budget_);
    unit_ = std::make_unique<DwarfUnit>(*sections_, abbrevs_, nullptr);
    UnitExtent extent;
    EXPECT_TRUE(ReadUnitExtent(sections_->info, before.size(), &extent));
    EXPECT_TRUE(unit_->Open(extent));
    EXPECT_TRUE(unit_->LoadDies({}));
  }

  const DwarfUnit& operator*() const { return *unit_; }
  const DwarfUnit* operator->() const { return unit_.get(); }

 private:
  ByteWriter bytes_;
  TimeBudget budget_{TimeBudget::Clock::time_point::max()};
  AbbrevTable abbrevs_{std::pmr::get_default_resource()};
  std::unique_ptr<ElfFile> file_;
  std::unique_ptr<DwarfSections> sections_;
  std::unique_ptr<DwarfUnit> unit_;
};

}  // namespace pprof::symbolize
