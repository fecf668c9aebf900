// The dynamic symbols and relocations of a loaded ELF module. Only for files of this folder.
#pragma once

#include <elf.h>
#include <link.h>

#include <cstddef>
#include <cstdint>

namespace pprof::sys {

// strcmp and its like are intercepted by sanitizers, whose set-up the first malloc may precede.
// Async-signal-safe.
bool BeginsWith(const char* text, const char* beginning);
bool IsSameText(const char* one, const char* other);

// Trusts the tables, as the loader did. Async-signal-safe.
class DynamicTable {
 public:
  // `base`: load address; `dynamic`: the module's dynamic section, or nullptr.
  DynamicTable(uintptr_t base, const ElfW(Dyn) * dynamic);

  // Address of the exported function; 0: none. Calls the resolver of an indirect function.
  uintptr_t Exported(const char* name) const;

  // The word that the first relocation of a call of `name` writes; 0: no such relocation.
  uintptr_t Slot(const char* name) const;

 private:
  const ElfW(Sym) * Find(const char* name) const;
  const ElfW(Sym) * FindByGnuHash(const char* name) const;
  const ElfW(Sym) * FindBySysvHash(const char* name) const;
  bool Defines(uint32_t index, const char* name) const;
  const uintptr_t* SlotIn(const ElfW(Rela) * relocations, size_t bytes, const char* name) const;

  uintptr_t base_;
  const ElfW(Sym) * symbols_ = nullptr;
  const char* names_ = nullptr;
  const uint16_t* versions_ = nullptr;
  const uint32_t* gnu_hash_ = nullptr;
  const uint32_t* sysv_hash_ = nullptr;
  const ElfW(Rela) * relocations_ = nullptr;
  size_t relocation_bytes_ = 0;
  size_t relative_count_ = 0;  // of relocations without a symbol, which come first
  const ElfW(Rela) * plt_relocations_ = nullptr;
  size_t plt_relocation_bytes_ = 0;
};

}  // namespace pprof::sys
