#include "tests/unit/sample_profile.h"

#include <utility>

#include "profiler/model/profile_builder.h"

namespace pprof::test {
namespace {

constexpr uintptr_t kExe = 0x555500001000;
constexpr uintptr_t kLib = 0x7f0000010000;
constexpr uintptr_t kBare = 0x7f0000100000;
constexpr uintptr_t kJit = 0x7f1000000000;

void AddMappings(model::ProfileBuilder& builder) {
  model::Mapping exe{kExe, kExe + 0x9000, 0x1000, "/srv/app/server", "c4cc01"};
  exe.main_executable = true;
  builder.AddMapping(exe);
  builder.AddMapping({kLib, kLib + 0x8000, 0x10000, "/usr/lib/libnames.so.1", "beef02"});
  builder.AddMapping({kBare, kBare + 0x8000, 0, "/usr/lib/libbare.so.2", ""});
}

void AddStack(model::ProfileBuilder& builder, std::vector<uintptr_t> pcs,
              std::vector<int64_t> values, const std::vector<Label>& labels = {}) {
  values.resize(builder.head().values.size());
  builder.Add({pcs.data(), pcs.size()}, values.data(), labels);
}

// Addresses are return addresses: the location is one below.
model::Profile Build(const char* name, std::vector<ValueType> values) {
  model::ProfileBuilder builder(name, std::move(values));
  AddMappings(builder);
  AddStack(builder, {kExe + 0x101, kExe + 0x201, kExe + 0x301}, {10, 4096, 7, 2048});
  AddStack(builder, {kLib + 0x11, kExe + 0x301}, {3, 300, 3, 300},
           {{"worker", "0", 0, ""}, {"bytes", "", 100, "bytes"}, {"kind", "blocked \"q\"", 0, ""}});
  AddStack(builder, {kLib + 0x91, kBare + 0x21, kJit + 5, kExe + 0x301}, {1, 64, 0, 0});
  std::vector<int64_t> lost{2, 20, 1, 10};
  lost.resize(builder.head().values.size());
  builder.AddNamed("pprof::LostSamples", lost.data());
  builder.head().time_nanos = 1'700'000'000'000'000'000;
  return *builder.Finish();
}

std::shared_ptr<const model::Function> Function(const char* name, const char* system_name,
                                                const char* file, uint32_t start_line) {
  return std::make_shared<model::Function>(model::Function{name, system_name, file, start_line});
}

std::vector<model::Line> LinesAt(uint64_t address) {
  switch (address) {
    case kExe + 0x100:
      return {{0, 11}, {1, 25}};  // inlined into RequestContext::Set
    case kExe + 0x200:
      return {{2, 40}};
    case kExe + 0x300:
      return {{3, 99}};
    case kLib + 0x10:
      return {{4, 0}};
    default:
      return {};
  }
}

model::Symbols SymbolsOf(const model::Profile& profile) {
  model::Symbols symbols;
  symbols.functions = {
      Function("Map::insert", "_ZN3Map6insertEi", "/src/map.h", 9),
      Function("RequestContext::Set", "_ZN14RequestContext3SetEi", "/src/context.cpp", 20),
      Function("Handle", "_Z6Handlev", "/src/handle.cpp", 38),
      Function("main", "main", "/src/main.cpp", 90), Function("names_wait", "names_wait", "", 0)};
  for (const model::Location& location : profile.locations) {
    symbols.first_line.push_back(static_cast<uint32_t>(symbols.lines.size()));
    const std::vector<model::Line> lines = LinesAt(location.address);
    symbols.lines.insert(symbols.lines.end(), lines.begin(), lines.end());
  }
  symbols.first_line.push_back(static_cast<uint32_t>(symbols.lines.size()));
  symbols.has_names = {true, true, false};
  return symbols;
}

}  // namespace

SampleInput SampleAs(const char* name, TextForm form, std::vector<ValueType> values) {
  SampleInput input;
  input.profile = Build(name, std::move(values));
  input.profile.text_form = form;
  input.symbols = SymbolsOf(input.profile);
  return input;
}

SampleInput HeapSample() {
  SampleInput input = SampleAs("heap", TextForm::kHeap,
                               {{"alloc_objects", "count"},
                                {"alloc_space", "bytes"},
                                {"inuse_objects", "count", ValueType::Delta::kAtEnd},
                                {"inuse_space", "bytes", ValueType::Delta::kAtEnd}});
  input.profile.period_type = {"space", "bytes"};
  input.profile.period = 524288;
  return input;
}

model::Symbols NoSymbols(const model::Profile& profile) {
  model::Symbols symbols;
  symbols.first_line.assign(profile.locations.size() + 1, 0);
  return symbols;
}

}  // namespace pprof::test
