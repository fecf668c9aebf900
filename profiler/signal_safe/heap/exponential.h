// The two functions of a Poisson sampler, without libm: the first call into a lazily bound library
// would run the dynamic linker inside malloc. Relative error below 1e-7, tested against <cmath>.
#pragma once

#include <cstdint>
#include <cstring>

namespace pprof::signal_safe {

// ln(x) for x > 0, normal. x = 2^e * m with m in [sqrt(1/2), sqrt(2)); ln m = 2 atanh((m-1)/(m+1)).
// Async-signal-safe.
inline double Log(double x) {
  constexpr double kLn2 = 0.69314718055994530942;
  constexpr double kSqrt2 = 1.41421356237309504880;
  uint64_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  bits = (bits & ((uint64_t{1} << 52) - 1)) | (uint64_t{1023} << 52);
  double m;
  std::memcpy(&m, &bits, sizeof m);
  if (m > kSqrt2) {
    m /= 2;
    ++exponent;
  }
  const double s = (m - 1) / (m + 1);
  const double q = s * s;
  return exponent * kLn2 +
         2 * s * (1 + q * (1.0 / 3 + q * (1.0 / 5 + q * (1.0 / 7 + q * (1.0 / 9 + q / 11)))));
}

// 1 - exp(-x) for x >= 0: the probability of at least one sampling point in x intervals.
// Async-signal-safe.
inline double HitProbability(double x) {
  if (x > 40) return 1;
  // Halve until the series is short, then double back: p(2y) = p(y) * (2 - p(y)).
  int doublings = 0;
  while (x > 0.125) {
    x /= 2;
    ++doublings;
  }
  double p = x * (1 - x / 2 * (1 - x / 3 * (1 - x / 4 * (1 - x / 5 * (1 - x / 6)))));
  for (; doublings > 0; --doublings) p *= 2 - p;
  return p;
}

}  // namespace pprof::signal_safe
