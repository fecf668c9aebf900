#include "command/attach/dynamic_symbols.h"

#include <elf.h>

#include <cstring>
#include <fstream>
#include <vector>

namespace pprof::command {
namespace {

constexpr uint64_t kMostBytes = uint64_t{64} << 20;  // of a table; a damaged file says anything

std::vector<char> Part(std::ifstream& file, uint64_t offset, uint64_t bytes) {
  if (bytes > kMostBytes) return {};
  std::vector<char> part(bytes);
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(part.data(), static_cast<std::streamsize>(bytes));
  return file ? part : std::vector<char>();
}

template <class T>
std::vector<T> Table(std::ifstream& file, uint64_t offset, uint64_t bytes) {
  const std::vector<char> part = Part(file, offset, bytes);
  std::vector<T> table(part.size() / sizeof(T));
  if (!table.empty()) std::memcpy(table.data(), part.data(), table.size() * sizeof(T));
  return table;
}

std::vector<Elf64_Shdr> Sections(std::ifstream& file) {
  const std::vector<Elf64_Ehdr> header = Table<Elf64_Ehdr>(file, 0, sizeof(Elf64_Ehdr));
  if (header.empty() || std::memcmp(header[0].e_ident, ELFMAG, SELFMAG) != 0) return {};
  if (header[0].e_ident[EI_CLASS] != ELFCLASS64) return {};
  return Table<Elf64_Shdr>(file, header[0].e_shoff, header[0].e_shnum * sizeof(Elf64_Shdr));
}

}  // namespace

std::optional<uint64_t> FindDynamicSymbol(const std::string& path, const std::string& name) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<Elf64_Shdr> sections = Sections(file);
  for (const Elf64_Shdr& section : sections) {
    if (section.sh_type != SHT_DYNSYM || section.sh_link >= sections.size()) continue;
    const Elf64_Shdr& texts = sections[section.sh_link];
    std::vector<char> names = Part(file, texts.sh_offset, texts.sh_size);
    names.push_back('\0');
    for (const auto& symbol : Table<Elf64_Sym>(file, section.sh_offset, section.sh_size)) {
      if (symbol.st_shndx == SHN_UNDEF || symbol.st_name >= names.size()) continue;
      if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && name == &names[symbol.st_name]) {
        return symbol.st_value;
      }
    }
  }
  return std::nullopt;
}

}  // namespace pprof::command
