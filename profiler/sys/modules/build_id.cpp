#include "profiler/sys/modules/build_id.h"

#include <elf.h>
#include <link.h>

#include <cstring>

namespace pprof::sys {
namespace {

BuildId HexOf(const unsigned char* bytes, size_t size) {
  BuildId id;
  if (size > BuildId::kMaxBytes) return id;
  for (size_t i = 0; i < size; ++i) {
    id.hex[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
    id.hex[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
  }
  id.hex[2 * size] = '\0';
  return id;
}

}  // namespace

// elf.h, Elf64_Nhdr: name size, description size, type; name and description are padded to 4 bytes,
// in segments aligned to 8 the description begins and ends at multiples of 8.
BuildId BuildIdOfNotes(const unsigned char* notes, size_t size, size_t align) {
  const size_t step = align == 8 ? 8 : 4;
  const auto padded = [step](size_t n) { return (n + step - 1) / step * step; };
  size_t at = 0;
  while (at < size && size - at >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) header;
    std::memcpy(&header, notes + at, sizeof header);
    const size_t description = at + padded(sizeof header + header.n_namesz);
    if (description > size || header.n_descsz > size - description) return {};
    if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == 4 &&
        std::memcmp(notes + at + sizeof header, "GNU", 4) == 0) {
      return HexOf(notes + description, header.n_descsz);
    }
    at = description + padded(header.n_descsz);
  }
  return {};
}

}  // namespace pprof::sys
