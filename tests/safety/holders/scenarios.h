// Memory with known holders, each kind under a label of its own.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace pprof::holders_test {

// What "holders" must say of the blocks of one scenario. Its label is "scenario".
struct Expectation {
  // kTagged: held, and shown by "leak" as weakly reached.
  enum class Verdict { kHeld, kShared, kTagged, kWeak, kLost };
  std::string scenario;
  Verdict verdict;
  std::string holder;  // a part of its name; for the last verdict empty
};

// Builds all of them, in an order and of sizes that depend on the seed, and returns what to expect.
// They live until the process ends.
std::vector<Expectation> BuildScenarios(uint32_t seed);

// Blocks of a scenario, of about `bytes`, written to: a fresh block holds the allocator's link to
// the next free one.
char* Buffer(size_t bytes);

// The parts; each builds its scenarios.
using Build = void (*)(std::mt19937& random);
struct Scenario {
  Expectation expected;
  Build build;
};
std::vector<Scenario> ContainerScenarios();
std::vector<Scenario> PointerScenarios();
std::vector<Scenario> LostScenarios();
std::vector<Scenario> ThreadScenarios();

}  // namespace pprof::holders_test
