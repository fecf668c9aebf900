// Writes small ELF files for tests: sections, and one code segment over the whole file.
#pragma once

#include <elf.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/unit/symbolize/byte_writer.h"

namespace pprof::symbolize {

class ElfWriter {
 public:
  // `address`: address of the file's first byte.
  explicit ElfWriter(uint64_t address = 0x400000) : address_(address) {}

  void AddSection(std::string name, uint32_t type, uint64_t flags, ByteWriter contents) {
    sections_.push_back({std::move(name), type, flags, std::move(contents)});
  }

  ByteWriter Finish() const {
    ByteWriter names;
    names.U8(0);
    ByteWriter headers;
    ByteWriter body;
    for (int i = 0; i < 64; ++i) headers.U8(0);  // section 0
    const uint64_t begin = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
    for (const Section& section : sections_) {
      AddHeader(&headers, names.size(), section.type, section.flags, begin + body.size(),
                section.contents.size());
      names.Text(section.name);
      body.Append(section.contents);
    }
    AddHeader(&headers, names.size(), 3, 0, begin + body.size(), names.size() + 6);
    names.Text("names");
    body.Append(names);
    ByteWriter file;
    for (size_t i = 0; i < SELFMAG; ++i) file.U8(static_cast<uint8_t>(ELFMAG[i]));
    file.U8(ELFCLASS64).U8(ELFDATA2LSB).U8(1).U8(0).U64(0).U16(3).U16(62).U32(1).U64(0);
    file.U64(sizeof(Elf64_Ehdr)).U64(begin + body.size()).U32(0).U16(sizeof(Elf64_Ehdr));
    file.U16(sizeof(Elf64_Phdr)).U16(1).U16(sizeof(Elf64_Shdr));
    file.U16(sections_.size() + 2).U16(sections_.size() + 1);
    const uint64_t size = begin + body.size() + headers.size();
    file.U32(PT_LOAD).U32(5).U64(0).U64(address_).U64(address_).U64(size).U64(size);
    return file.U64(4096).Append(body).Append(headers);
  }

 private:
  struct Section {
    std::string name;
    uint32_t type;
    uint64_t flags;
    ByteWriter contents;
  };

  static void AddHeader(ByteWriter* headers, uint64_t name, uint32_t type, uint64_t flags,
                        uint64_t offset, uint64_t size) {
    headers->U32(name).U32(type).U64(flags).U64(0).U64(offset).U64(size);
    headers->U32(0).U32(0).U64(1).U64(0);
  }

  uint64_t address_;
  std::vector<Section> sections_;
};

}  // namespace pprof::symbolize
