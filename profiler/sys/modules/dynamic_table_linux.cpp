#include <type_traits>

#include "profiler/sys/modules/dynamic_table.h"

namespace pprof::sys {
namespace {

uint32_t GnuHash(const char* name) {
  uint32_t hash = 5381;
  for (; *name != '\0'; ++name) hash = hash * 33 + static_cast<unsigned char>(*name);
  return hash;
}

uint32_t SysvHash(const char* name) {
  uint32_t hash = 0;
  for (; *name != '\0'; ++name) {
    hash = (hash << 4) + static_cast<unsigned char>(*name);
    hash ^= hash >> 24 & 0xf0;
  }
  return hash & 0x0fffffff;
}

// Relocations whose word is the address of a function.
bool IsOfFunction(const ElfW(Rela) & relocation) {
  const auto type = ELF64_R_TYPE(relocation.r_info);
  return type == R_X86_64_GLOB_DAT || type == R_X86_64_JUMP_SLOT || type == R_X86_64_64;
}

}  // namespace

bool BeginsWith(const char* text, const char* beginning) {
  while (*beginning != '\0' && *text == *beginning) ++text, ++beginning;
  return *beginning == '\0';
}

bool IsSameText(const char* one, const char* other) {
  while (*one != '\0' && *one == *other) ++one, ++other;
  return *one == *other;
}

DynamicTable::DynamicTable(uintptr_t base, const ElfW(Dyn) * dynamic) : base_(base) {
  const auto value = [dynamic](ElfW(Sxword) tag) {
    const ElfW(Dyn)* entry = dynamic;
    while (entry != nullptr && entry->d_tag != DT_NULL && entry->d_tag != tag) ++entry;
    return entry == nullptr || entry->d_tag != tag ? uintptr_t{0} : entry->d_un.d_val;
  };
  const auto set = [&](auto& pointer, ElfW(Sxword) tag) {
    uintptr_t address = value(tag);
    if (address == 0) return;
    if (address < base_) address += base_;  // glibc has relocated most tables, but not the vdso's
    pointer = reinterpret_cast<std::remove_reference_t<decltype(pointer)>>(address);
  };
  set(symbols_, DT_SYMTAB);
  set(names_, DT_STRTAB);
  set(versions_, DT_VERSYM);
  set(gnu_hash_, DT_GNU_HASH);
  set(sysv_hash_, DT_HASH);
  set(relocations_, DT_RELA);
  set(plt_relocations_, DT_JMPREL);
  relocation_bytes_ = value(DT_RELASZ);
  relative_count_ = value(DT_RELACOUNT);
  plt_relocation_bytes_ = value(DT_PLTRELSZ);
}

// Bit 15 of a version marks one that only programs linked long ago ask for.
bool DynamicTable::Defines(uint32_t index, const char* name) const {
  const ElfW(Sym)& symbol = symbols_[index];
  const auto visibility = ELF64_ST_VISIBILITY(symbol.st_other);
  if (symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0) return false;
  if (visibility == STV_HIDDEN || visibility == STV_INTERNAL) return false;
  if (ELF64_ST_BIND(symbol.st_info) == STB_LOCAL) return false;
  if (versions_ != nullptr && (versions_[index] & 0x8000) != 0) return false;
  return IsSameText(names_ + symbol.st_name, name);
}

// Layout: bucket count, index of the first hashed symbol, words in the Bloom filter, its shift; the
// filter; the buckets; a hash for each symbol, whose lowest bit ends a chain.
const ElfW(Sym) * DynamicTable::FindByGnuHash(const char* name) const {
  const uint32_t bucket_count = gnu_hash_[0];
  const uint32_t first = gnu_hash_[1];
  if (bucket_count == 0) return nullptr;
  const auto* buckets = gnu_hash_ + 4 + gnu_hash_[2] * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
  const uint32_t* hashes = buckets + bucket_count;
  const uint32_t hash = GnuHash(name);
  uint32_t index = buckets[hash % bucket_count];
  if (index < first) return nullptr;
  for (;; ++index) {
    const uint32_t other = hashes[index - first];
    if ((other | 1) == (hash | 1) && Defines(index, name)) return &symbols_[index];
    if ((other & 1) != 0) return nullptr;
  }
}

// Layout: bucket count, symbol count, the buckets, the next index for each symbol.
const ElfW(Sym) * DynamicTable::FindBySysvHash(const char* name) const {
  const uint32_t bucket_count = sysv_hash_[0];
  if (bucket_count == 0) return nullptr;
  const uint32_t* chain = sysv_hash_ + 2 + bucket_count;
  uint32_t index = sysv_hash_[2 + SysvHash(name) % bucket_count];
  for (; index != STN_UNDEF; index = chain[index]) {
    if (Defines(index, name)) return &symbols_[index];
  }
  return nullptr;
}

const ElfW(Sym) * DynamicTable::Find(const char* name) const {
  if (symbols_ == nullptr || names_ == nullptr) return nullptr;
  if (gnu_hash_ != nullptr) return FindByGnuHash(name);
  return sysv_hash_ == nullptr ? nullptr : FindBySysvHash(name);
}

uintptr_t DynamicTable::Exported(const char* name) const {
  const ElfW(Sym)* symbol = Find(name);
  if (symbol == nullptr) return 0;
  const uintptr_t address = base_ + symbol->st_value;
  if (ELF64_ST_TYPE(symbol->st_info) != STT_GNU_IFUNC) return address;
  return reinterpret_cast<uintptr_t (*)()>(address)();
}

const uintptr_t* DynamicTable::SlotIn(const ElfW(Rela) * relocations, size_t bytes,
                                      const char* name) const {
  for (size_t i = 0; i < bytes / sizeof *relocations; ++i) {
    const uint32_t index = ELF64_R_SYM(relocations[i].r_info);
    if (index == STN_UNDEF || !IsOfFunction(relocations[i])) continue;
    if (!IsSameText(names_ + symbols_[index].st_name, name)) continue;
    return reinterpret_cast<const uintptr_t*>(base_ + relocations[i].r_offset);
  }
  return nullptr;
}

uintptr_t DynamicTable::Slot(const char* name) const {
  if (symbols_ == nullptr || names_ == nullptr) return 0;
  const size_t relative_bytes = relative_count_ * sizeof *relocations_;
  const uintptr_t* slot = nullptr;
  if (relocations_ != nullptr && relative_bytes <= relocation_bytes_) {
    slot = SlotIn(relocations_ + relative_count_, relocation_bytes_ - relative_bytes, name);
  }
  if (slot == nullptr && plt_relocations_ != nullptr) {
    slot = SlotIn(plt_relocations_, plt_relocation_bytes_, name);
  }
  return slot == nullptr ? 0 : *slot;
}

}  // namespace pprof::sys
