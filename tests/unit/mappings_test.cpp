#include "profiler/sys/modules/mappings.h"

#include <dlfcn.h>
#include <elf.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <climits>
#include <cstring>

#include "profiler/sys/memory/maps_file.h"
#include "profiler/sys/modules/build_id.h"

namespace pprof::sys {
namespace {

TEST(Mappings, TheExecutableComesFirstWithItsBuildId) {
  const std::vector<ExecutableMapping> mappings = ListExecutableMappings().list;
  ASSERT_FALSE(mappings.empty());
  char path[PATH_MAX] = {};
  ASSERT_GT(readlink("/proc/self/exe", path, sizeof path - 1), 0);
  EXPECT_EQ(mappings[0].path, path);
  EXPECT_TRUE(mappings[0].main_executable);
  EXPECT_EQ(mappings[0].build_id.size(), 40U);
}

TEST(Mappings, HoldOurCodeAndTheLibraries) {
  const auto mapping_of = [mappings = ListExecutableMappings().list](auto* function) {
    const auto address = reinterpret_cast<uint64_t>(function);
    for (const ExecutableMapping& m : mappings) {
      if (m.start <= address && address < m.limit) return m;
    }
    return ExecutableMapping();
  };
  EXPECT_TRUE(mapping_of(&ListExecutableMappings).main_executable);
  const ExecutableMapping libc = mapping_of(dlsym(RTLD_DEFAULT, "getppid"));
  EXPECT_NE(libc.path.find("libc.so"), std::string::npos);
  EXPECT_EQ(libc.build_id.size(), 40U);
  EXPECT_FALSE(libc.main_executable);
}

TEST(Mappings, KeepTheVdso) {
  for (const ExecutableMapping& mapping : ListExecutableMappings().list) {
    EXPECT_NE(mapping.path, "[vsyscall]");
    EXPECT_TRUE(mapping.path != "[vdso]" || mapping.build_id.size() == 40);
  }
}

TEST(ParseMaps, ReadsExecutableLinesOfFiles) {
  const auto mappings = ParseMaps(
      "55d0c0000000-55d0c0001000 r--p 00000000 08:01 1234     /usr/bin/cat\n"
      "55d0c0001000-55d0c0005000 r-xp 00001000 08:01 1234     /usr/bin/cat\n"
      "55d0c1000000-55d0c1021000 rwxp 00000000 00:00 0        [heap]\n"
      "7f0000000000-7f0000001000 r-xp 00000000 00:00 0 \n"
      "7f0000002000-7f0000003000 r-xp 00003000 08:01 99       /opt/my lib/x.so (deleted)\n"
      "7f0000004000-7f0000005000 r-xp 00000000 00:01 5        /memfd:jit (deleted)\n"
      "7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0        [vdso]\n"
      "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\n");
  ASSERT_EQ(mappings.size(), 4U);
  EXPECT_EQ(mappings[0].path, "/usr/bin/cat");
  EXPECT_EQ(mappings[0].start, 0x55d0c0001000U);
  EXPECT_EQ(mappings[0].limit, 0x55d0c0005000U);
  EXPECT_EQ(mappings[0].offset, 0x1000U);
  EXPECT_EQ(mappings[1].path, "/opt/my lib/x.so");
  EXPECT_TRUE(mappings[1].deleted);
  EXPECT_EQ(mappings[2].path, "/memfd:jit");
  EXPECT_EQ(mappings[3].path, "[vdso]");
}

TEST(ParseMaps, SkipsWhatItCannotRead) {
  for (const char* line :
       {"", "\n", "x", "12-", "12-13", "12-13 r-xp", "12-13 r-xp 0 0:0 0", "zz-13 r-xp 0 0:0 0 /x",
        "13-12 r-xp 0 0:0 0 /x", "12-13 r-- 0 0:0 0 /x", "12-13 r 0 0:0 0 /x",
        "12-13 r-xp 0x 0:0 0 /x", "-12-13 r-xp 0 0:0 0 /x",
        "11111111111111111-22222222222222222 r-xp 0 0:0 0 /x", "12-13 r-xp 0 0:0 0          ",
        "12-13 r-xp 0 0:0 0 (deleted)", "12-13 r-xp 0 0:0 0 //anon"}) {
    EXPECT_TRUE(ParseMaps(line).empty()) << line;
  }
  EXPECT_EQ(ParseMaps("12-13 r-xp 0 0:0 0 /no_newline").size(), 1U);
}

std::string Note(uint32_t type, const std::string& name, const std::string& description,
                 size_t align) {
  const Elf64_Nhdr header{static_cast<uint32_t>(name.size()),
                          static_cast<uint32_t>(description.size()), type};
  std::string note(sizeof header, '\0');
  std::memcpy(note.data(), &header, sizeof header);
  note += name;
  note.resize((note.size() + align - 1) / align * align);
  note += description;
  note.resize((note.size() + align - 1) / align * align);
  return note;
}

std::string IdOf(const std::string& notes, size_t align) {
  return BuildIdOfNotes(reinterpret_cast<const unsigned char*>(notes.data()), notes.size(), align)
      .hex;
}

const std::string kGnu("GNU\0", 4);

TEST(BuildIdOfNotes, FindsItBehindOtherNotes) {
  for (const size_t align : {4, 8}) {
    const std::string notes = Note(NT_GNU_PROPERTY_TYPE_0, kGnu, "0123456", align) +
                              Note(NT_GNU_BUILD_ID, std::string("other\0", 6), "no", align) +
                              Note(NT_GNU_BUILD_ID, kGnu, "\x01\xab\xff", align);
    EXPECT_EQ(IdOf(notes, align), "01abff") << align;
  }
}

TEST(BuildIdOfNotes, DamagedNotesGiveNone) {
  const std::string good = Note(NT_GNU_BUILD_ID, kGnu, std::string(20, 'x'), 4);
  EXPECT_EQ(IdOf(good, 4).size(), 40U);
  for (size_t cut = 0; cut < good.size(); ++cut) EXPECT_EQ(IdOf(good.substr(0, cut), 4), "");
  for (const size_t at : {0, 4}) {  // huge sizes of name and description
    std::string bad = good;
    std::memset(&bad[at], 0xff, 4);
    EXPECT_EQ(IdOf(bad, 4), "");
    EXPECT_EQ(IdOf(bad, 8), "");
  }
  EXPECT_EQ(IdOf(Note(NT_GNU_BUILD_ID, kGnu, std::string(65, 'x'), 4), 4), "") << "too long";
}

}  // namespace
}  // namespace pprof::sys
