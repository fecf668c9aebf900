#include "profiler/symbolize/module/engine.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "profiler/symbolize/names/demangle.h"
#include "profiler/sys/modules/mappings.h"

namespace pprof::symbolize {

// Stores the line where it starts.
__attribute__((noinline)) uint64_t HereInEngineTest(uint32_t* line) {
  *line = __LINE__ - 1;
  return reinterpret_cast<uint64_t>(__builtin_return_address(0));
}

namespace {

struct Frame {
  std::string name;
  std::string filename;
  uint32_t line;
  uint32_t start_line;
};

struct Answers : FrameSink {
  void OnAddress(size_t index, const RawFrame* frames, size_t count) override {
    std::vector<Frame>& answer = by_index[index];
    EXPECT_TRUE(answer.empty()) << "answered twice";
    for (size_t i = 0; i < count; ++i) {
      EXPECT_FALSE(frames[i].linkage_name.empty());
      answer.push_back({ShortName(frames[i].linkage_name), std::string(frames[i].filename),
                        frames[i].line, frames[i].start_line});
    }
  }
  std::string Outermost(size_t index) {
    return by_index[index].empty() ? "" : by_index[index].back().name;
  }
  std::map<size_t, std::vector<Frame>> by_index;
};

sys::ExecutableMapping MappingOf(uint64_t address) {
  for (const sys::ExecutableMapping& mapping : sys::ListExecutableMappings().list) {
    if (address >= mapping.start && address < mapping.limit) return mapping;
  }
  ADD_FAILURE() << "no mapping contains the address";
  return {};
}

ModuleRef ModuleOf(const sys::ExecutableMapping& mapping) {
  ModuleRef module;
  module.path = mapping.path;
  module.build_id = mapping.build_id;
  module.bias = mapping.start - mapping.offset;
  module.offset = mapping.offset;
  module.size = mapping.limit - mapping.start;
  module.is_main_executable = mapping.main_executable;
  return module;
}

// Resolves one address of this process.
class EngineTest : public testing::Test {
 protected:
  BatchOutcome Resolve(uint64_t address) { return Resolve(address, ModuleOf(MappingOf(address))); }
  BatchOutcome Resolve(uint64_t address, const ModuleRef& module) {
    answers_.by_index.clear();
    return ResolveBatch(module, {address - module.bias}, limits_, answers_);
  }

  BatchLimits limits_;
  Answers answers_;
};

template <typename Function>
uint64_t AddressOf(Function* function) {
  return reinterpret_cast<uint64_t>(function);
}

TEST_F(EngineTest, FindsItsOwnFunctionFileAndLine) {
  uint32_t line = 0;
  HereInEngineTest(&line);
  const BatchOutcome outcome = Resolve(AddressOf(&HereInEngineTest));
  EXPECT_TRUE(outcome.file_usable);
  EXPECT_FALSE(outcome.deadline_hit);
  ASSERT_EQ(answers_.by_index[0].size(), 1u);
  const Frame& frame = answers_.by_index[0][0];
  EXPECT_EQ(frame.name, "pprof::symbolize::HereInEngineTest");
  EXPECT_EQ(std::filesystem::path(frame.filename).filename(), "engine_test.cpp");
  EXPECT_EQ(frame.start_line, line);
  EXPECT_GE(frame.line, line);  // optimized code may start with its first statement
  EXPECT_LE(frame.line, line + 1);
}

TEST_F(EngineTest, OutsideOfEverythingHasNoAnswer) {
  ModuleRef module = ModuleOf(MappingOf(AddressOf(&HereInEngineTest)));
  ResolveBatch(module, {uint64_t{1} << 40, ~uint64_t{0}}, limits_, answers_);
  EXPECT_TRUE(answers_.by_index.empty());
}

TEST_F(EngineTest, NothingAskedNothingDone) {
  ResolveBatch(ModuleRef{}, {}, limits_, answers_);
  EXPECT_TRUE(answers_.by_index.empty());
}

TEST_F(EngineTest, FunctionsOnlyHaveNoLines) {
  limits_.detail = Detail::kFunctions;
  Resolve(AddressOf(&HereInEngineTest));
  ASSERT_EQ(answers_.by_index[0].size(), 1u);
  EXPECT_EQ(answers_.by_index[0][0].name, "pprof::symbolize::HereInEngineTest");
  EXPECT_EQ(answers_.by_index[0][0].line, 0u);
  limits_.detail = Detail::kNone;
  Resolve(AddressOf(&HereInEngineTest));
  EXPECT_TRUE(answers_.by_index.empty());
}

TEST_F(EngineTest, PastTheDeadlineTheSymbolTableStillAnswers) {
  limits_.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  const BatchOutcome outcome = Resolve(AddressOf(&HereInEngineTest));
  EXPECT_TRUE(outcome.deadline_hit);
  EXPECT_EQ(answers_.Outermost(0), "pprof::symbolize::HereInEngineTest");
}

TEST_F(EngineTest, DeletedExecutableIsReadThroughProc) {
  ModuleRef module = ModuleOf(MappingOf(AddressOf(&HereInEngineTest)));
  ASSERT_TRUE(module.is_main_executable);
  module.path = "/gone/engine_test (deleted)";
  EXPECT_TRUE(Resolve(AddressOf(&HereInEngineTest), module).file_usable);
  ASSERT_EQ(answers_.by_index[0].size(), 1u);
  EXPECT_NE(answers_.by_index[0][0].line, 0u);
}

TEST_F(EngineTest, AnotherBuildUnderThePathIsNotBelieved) {
  ModuleRef module = ModuleOf(MappingOf(AddressOf(&HereInEngineTest)));
  if (module.build_id.empty()) GTEST_SKIP() << "linked without a build id";
  module.is_main_executable = false;
  module.build_id[0] = module.build_id[0] == '0' ? '1' : '0';
  EXPECT_FALSE(Resolve(AddressOf(&HereInEngineTest), module).file_usable);
  EXPECT_TRUE(answers_.by_index.empty());
}

TEST_F(EngineTest, VdsoIsNamedFromMemory) {
  if (getauxval(AT_SYSINFO_EHDR) == 0) GTEST_SKIP() << "this kernel maps no vdso";
  for (const sys::ExecutableMapping& mapping : sys::ListExecutableMappings().list) {
    if (mapping.path != "[vdso]") continue;
    std::vector<uint64_t> offsets;
    for (uint64_t at = mapping.start; at < mapping.limit; at += 16) {
      offsets.push_back(at - mapping.start + mapping.offset);
    }
    EXPECT_TRUE(ResolveBatch(ModuleOf(mapping), offsets, limits_, answers_).file_usable);
    std::string names;
    for (const auto& [index, frames] : answers_.by_index) names += frames.back().name + " ";
    EXPECT_NE(names.find("clock_gettime"), std::string::npos) << names;
    return;
  }
  FAIL() << "no mapping of the vdso";
}

// A library loaded from a copy that can be deleted or changed.
class LoadedCopy {
 public:
  LoadedCopy() {
    Dl_info info{};
    if (dladdr(dlsym(RTLD_DEFAULT, "zlibVersion"), &info) == 0) return;
    path_ = testing::TempDir() + "libcopy" + std::to_string(getpid()) + ".so";
    std::filesystem::copy_file(info.dli_fname, path_,
                               std::filesystem::copy_options::overwrite_existing);
    handle_ = dlopen(path_.c_str(), RTLD_NOW | RTLD_LOCAL);
  }
  ~LoadedCopy() {
    if (handle_ != nullptr) dlclose(handle_);
    std::filesystem::remove(path_);
  }
  const std::string& path() const { return path_; }
  uint64_t AddressOf(const char* name) const {
    return handle_ == nullptr ? 0 : reinterpret_cast<uint64_t>(dlsym(handle_, name));
  }

 private:
  std::string path_;
  void* handle_ = nullptr;
};

TEST_F(EngineTest, FindsWhatWasLoadedLater) {
  const LoadedCopy copy;
  ASSERT_NE(copy.AddressOf("inflate"), 0u);
  EXPECT_TRUE(Resolve(copy.AddressOf("inflate")).file_usable);
  EXPECT_EQ(answers_.Outermost(0), "inflate");
}

// As programs do that want their code on huge pages: the kernel then shows anonymous memory, or a
// memfd with other offsets.
void MoveToOtherMemory(const sys::ExecutableMapping& code, int fd) {
  const size_t size = code.limit - code.start;
  void* moved = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                     fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0);
  ASSERT_NE(moved, MAP_FAILED);
  std::memcpy(moved, reinterpret_cast<void*>(code.start), size);
  ASSERT_EQ(mprotect(moved, size, PROT_READ | PROT_EXEC), 0);
  ASSERT_NE(
      mremap(moved, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, reinterpret_cast<void*>(code.start)),
      MAP_FAILED);
}

TEST_F(EngineTest, CodeThatWasMovedToAnonymousMemoryKeepsItsFileAndNames) {
  const LoadedCopy copy;
  const sys::ExecutableMapping before = MappingOf(copy.AddressOf("inflate"));
  MoveToOtherMemory(before, -1);
  const sys::ExecutableMapping after = MappingOf(copy.AddressOf("inflate"));
  EXPECT_EQ(after.offset, before.offset);
  EXPECT_EQ(after.build_id, before.build_id);
  EXPECT_TRUE(Resolve(copy.AddressOf("inflate"), ModuleOf(after)).file_usable);
  EXPECT_EQ(answers_.Outermost(0), "inflate");
}

TEST_F(EngineTest, CodeThatWasMovedToAMemfdKeepsItsFileAndNames) {
  const LoadedCopy copy;
  const sys::ExecutableMapping before = MappingOf(copy.AddressOf("inflate"));
  const int fd = memfd_create("text", 0);
  ASSERT_EQ(ftruncate(fd, static_cast<off_t>(before.limit - before.start)), 0);
  MoveToOtherMemory(before, fd);
  close(fd);
  const sys::ExecutableMapping after = MappingOf(copy.AddressOf("inflate"));
  EXPECT_EQ(after.path, before.path);
  EXPECT_EQ(after.offset, before.offset);
  EXPECT_TRUE(Resolve(copy.AddressOf("inflate"), ModuleOf(after)).file_usable);
  EXPECT_EQ(answers_.Outermost(0), "inflate");
}

TEST_F(EngineTest, WithoutABuildIdTheCodeItselfMustBeEqual) {
  const LoadedCopy copy;
  ModuleRef module = ModuleOf(MappingOf(copy.AddressOf("inflate")));
  module.build_id.clear();
  EXPECT_TRUE(Resolve(copy.AddressOf("inflate"), module).file_usable);
  std::filesystem::remove(copy.path());
  std::filesystem::copy_file("/proc/self/exe", copy.path());
  EXPECT_FALSE(Resolve(copy.AddressOf("inflate"), module).file_usable);
}

TEST_F(EngineTest, DeletedLibraryIsNamedFromMemory) {
  const LoadedCopy copy;
  ASSERT_NE(copy.AddressOf("inflate"), 0u);
  std::filesystem::remove(copy.path());
  EXPECT_FALSE(Resolve(copy.AddressOf("inflate")).file_usable);
  EXPECT_EQ(answers_.Outermost(0), "inflate");
}

TEST_F(EngineTest, ReplacedLibraryIsNamedFromMemory) {
  const LoadedCopy copy;
  ASSERT_NE(copy.AddressOf("inflate"), 0u);
  const ModuleRef module = ModuleOf(MappingOf(copy.AddressOf("inflate")));
  if (module.build_id.empty()) GTEST_SKIP() << "this zlib has no build id";
  std::filesystem::remove(copy.path());
  std::filesystem::copy_file("/proc/self/exe", copy.path());
  EXPECT_FALSE(Resolve(copy.AddressOf("inflate"), module).file_usable);
  EXPECT_EQ(answers_.Outermost(0), "inflate");
}

TEST_F(EngineTest, UnloadedLibraryHasNoMemoryToRead) {
  ModuleRef module;
  uint64_t address = 0;
  {
    const LoadedCopy copy;
    address = copy.AddressOf("inflate");
    ASSERT_NE(address, 0u);
    module = ModuleOf(MappingOf(address));
  }
  EXPECT_FALSE(Resolve(address, module).file_usable);
  EXPECT_TRUE(answers_.by_index.empty());
}

TEST_F(EngineTest, FifoIsNotWaitedFor) {
  ModuleRef module = ModuleOf(MappingOf(AddressOf(&HereInEngineTest)));
  module.is_main_executable = false;
  module.path = testing::TempDir() + "fifo" + std::to_string(getpid());
  ASSERT_EQ(mkfifo(module.path.c_str(), 0600), 0);
  EXPECT_FALSE(Resolve(AddressOf(&HereInEngineTest), module).file_usable);
  EXPECT_EQ(unlink(module.path.c_str()), 0);
}

long AnonymousKb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("RssAnon:", 0) == 0) return std::atol(line.c_str() + 8);
  }
  return 0;
}

TEST_F(EngineTest, GivesMemoryBack) {
  const sys::ExecutableMapping mapping = MappingOf(AddressOf(&HereInEngineTest));
  std::vector<uint64_t> offsets;
  for (uint64_t at = mapping.start; at < mapping.limit; at += 64) {
    offsets.push_back(at - mapping.start + mapping.offset);
  }
  struct Ignore : FrameSink {
    void OnAddress(size_t, const RawFrame*, size_t) override {}
  } ignore;
  // The first one fills the allocator's free lists, which are retained.
  ResolveBatch(ModuleOf(mapping), offsets, limits_, ignore);
  [[maybe_unused]] const long before = AnonymousKb();
  for (int i = 0; i < 5; ++i) ResolveBatch(ModuleOf(mapping), offsets, limits_, ignore);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(AnonymousKb() - before, 1024);
#endif
}

}  // namespace
}  // namespace pprof::symbolize
