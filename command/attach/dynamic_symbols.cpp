#include "command/attach/dynamic_symbols.h"

#include <elf.h>

#include <cstring>
#include <fstream>
#include <vector>

#include "command/processes/elf_table.h"

namespace pprof::command {
namespace {

std::vector<Elf64_Shdr> Sections(std::ifstream& file) {
  const std::vector<Elf64_Ehdr> header = ReadTable<Elf64_Ehdr>(file, 0, sizeof(Elf64_Ehdr));
  if (header.empty() || std::memcmp(header[0].e_ident, ELFMAG, SELFMAG) != 0) return {};
  if (header[0].e_ident[EI_CLASS] != ELFCLASS64) return {};
  return ReadTable<Elf64_Shdr>(file, header[0].e_shoff, header[0].e_shnum * sizeof(Elf64_Shdr));
}

}  // namespace

std::optional<uint64_t> FindDynamicSymbol(const std::string& path, const std::string& name) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<Elf64_Shdr> sections = Sections(file);
  for (const Elf64_Shdr& section : sections) {
    if (section.sh_type != SHT_DYNSYM || section.sh_link >= sections.size()) continue;
    const Elf64_Shdr& texts = sections[section.sh_link];
    std::vector<char> names = ReadTable<char>(file, texts.sh_offset, texts.sh_size);
    names.push_back('\0');
    for (const auto& symbol : ReadTable<Elf64_Sym>(file, section.sh_offset, section.sh_size)) {
      if (symbol.st_shndx == SHN_UNDEF || symbol.st_name >= names.size()) continue;
      if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && name == &names[symbol.st_name]) {
        return symbol.st_value;
      }
    }
  }
  return std::nullopt;
}

}  // namespace pprof::command
