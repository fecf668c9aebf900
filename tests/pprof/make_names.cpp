// Reads mangled names from stdin, one per line; writes DIR/names.pb.gz, which readers must demangle
// themselves, and DIR/names.txt with our short form of each.
#include <fstream>
#include <iostream>
#include <string>

#include "profiler/encode/encoders.h"
#include "profiler/symbolize/names/demangle.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  pprof::model::Profile profile;
  pprof::model::Symbols symbols;
  profile.values = {{"samples", "count"}};
  std::ofstream shortened(folder + "/names.txt");
  for (std::string name; std::getline(std::cin, name);) {
    const auto index = static_cast<uint32_t>(symbols.functions.size());
    shortened << name << '\t' << pprof::symbolize::ShortName(name) << '\n';
    symbols.functions.push_back(
        std::make_shared<pprof::model::Function>(pprof::model::Function{name, name, "", 0}));
    symbols.first_line.push_back(index);
    symbols.lines.push_back({index, 1});
    profile.locations.push_back({uint64_t{index} + 1, pprof::model::kNoMapping, 0});
    profile.samples.push_back({index, 1, 0});
    profile.frames.push_back(index);
    profile.sample_values.push_back(1);
  }
  symbols.first_line.push_back(static_cast<uint32_t>(symbols.lines.size()));
  std::ofstream out(folder + "/names.pb.gz", std::ios::binary);
  return pprof::encode::WriteProto(profile, symbols, out).ok() && shortened.flush() ? 0 : 1;
}
