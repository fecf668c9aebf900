#include "profiler/encode/dump_encoder.h"
#include "profiler/encode/profile_symbols.h"
#include "profiler/encode/proto_encoder.h"
#include "profiler/encode/text_encoder.h"
#include "profiler/model/delta.h"
#include "profiler/model/grouped.h"
#include "profiler/model/profile.h"
#include "profiler/model/sample_key.h"

namespace pprof {

namespace {

using Clock = std::chrono::steady_clock;

symbolize::Detail DetailOf(SymbolDetail detail) {
  switch (detail) {
    case SymbolDetail::kFull:
      return symbolize::Detail::kFull;
    case SymbolDetail::kFunctions:
      return symbolize::Detail::kFunctions;
    case SymbolDetail::kNone:
      break;
  }
  return symbolize::Detail::kNone;
}

symbolize::BatchLimits LimitsOf(const WriteOptions& options) {
  symbolize::BatchLimits limits;
  limits.detail = DetailOf(options.symbols);
  const Clock::time_point now = Clock::now();
  const bool bounded = options.symbols_within < Clock::time_point::max() - now;
  if (bounded) limits.deadline = now + options.symbols_within;
  limits.cancelled = options.cancelled;
  return limits;
}

}  // namespace

Status Snapshot::WriteTo(std::ostream& out, Format format) const {
  WriteOptions options;
  options.format = format;
  return WriteTo(out, options);
}

Status Snapshot::WriteTo(std::ostream& out, const WriteOptions& options) const {
  const symbolize::Symbols symbols = encode::SymbolsOf(*data_, LimitsOf(options));
  if (options.cancelled && options.cancelled()) {
    return Status(StatusCode::kCancelled, "nobody waits for the profile any more");
  }
  switch (options.format) {
    case Format::kProto:
      return encode::WriteProto(*data_, symbols, out);
    case Format::kDump:
      return encode::WriteDump(*data_, symbols, out);
    case Format::kText:
      break;
  }
  if (data_->labels_not_in_text.empty()) return encode::WriteText(*data_, symbols, out);
  return encode::WriteText(model::GroupedForText(*data_), symbols, out);
}

Result<Snapshot> Snapshot::Since(const Snapshot& earlier) const {
  if (!model::SameKind(*data_, *earlier.data_)) {
    return Status(StatusCode::kInvalidArgument,
                  "a snapshot of \"" + data_->name + "\" has no difference to one of \"" +
                      earlier.data_->name + "\": other profile or other value types");
  }
  return Snapshot(
      std::make_shared<const model::Profile>(model::Difference(*data_, *earlier.data_)));
}

uint64_t Snapshot::lost_samples() const { return data_->lost_samples; }

size_t Snapshot::sample_count() const { return data_->samples.size(); }

int64_t Snapshot::total(size_t value_index) const {
  if (value_index >= data_->values.size()) return 0;
  int64_t sum = 0;
  for (size_t i = 0; i < data_->samples.size(); ++i) {
    sum = model::WrappingAdd(sum, data_->ValuesOf(i)[value_index]);
  }
  return sum;
}

}  // namespace pprof
