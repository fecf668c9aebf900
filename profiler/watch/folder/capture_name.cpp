#include "profiler/watch/folder/capture_name.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace pprof::watch {
namespace {

constexpr int64_t kSecondsOfDay = 86400;

// Days since 1970 to a date and back: the Gregorian calendar in years that begin in March.
struct Date {
  int64_t year;
  int64_t month;
  int64_t day;
};

constexpr int64_t kDaysOf400Years = 146097;
constexpr int64_t kDaysBefore1970 = 719468;  // since 0000-03-01

Date DateOf(int64_t days) {
  days += kDaysBefore1970;
  const int64_t era = days / kDaysOf400Years;
  const int64_t of_era = days % kDaysOf400Years;
  const int64_t year =
      (of_era - of_era / 1460 + of_era / 36524 - of_era / (kDaysOf400Years - 1)) / 365;
  const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const int64_t month = (5 * of_year + 2) / 153;  // from March
  const int64_t day = of_year - (153 * month + 2) / 5 + 1;
  const int64_t from_january = month < 10 ? month + 3 : month - 9;
  return {year + era * 400 + (from_january <= 2 ? 1 : 0), from_january, day};
}

int64_t DaysOf(Date date) {
  const int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const int64_t from_march = date.month > 2 ? date.month - 3 : date.month + 9;
  const int64_t of_era = year % 400;
  const int64_t of_year = (153 * from_march + 2) / 5 + date.day - 1;
  return year / 400 * kDaysOf400Years + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
         kDaysBefore1970;
}

// Exactly `digits` digits from the start of the text, which is cut.
bool TakeDigits(std::string_view* text, size_t digits, int64_t* number) {
  if (text->size() < digits) return false;
  *number = 0;
  for (const char c : text->substr(0, digits)) {
    if (c < '0' || c > '9') return false;
    *number = *number * 10 + (c - '0');
  }
  text->remove_prefix(digits);
  return true;
}

bool TakeChar(std::string_view* text, char c) {
  if (text->empty() || text->front() != c) return false;
  text->remove_prefix(1);
  return true;
}

bool TakeTime(std::string_view* text, int64_t* unix_seconds) {
  Date date{};
  int64_t hour = 0;
  int64_t minute = 0;
  int64_t second = 0;
  const bool well_formed = TakeDigits(text, 4, &date.year) && TakeDigits(text, 2, &date.month) &&
                           TakeDigits(text, 2, &date.day) && TakeChar(text, 'T') &&
                           TakeDigits(text, 2, &hour) && TakeDigits(text, 2, &minute) &&
                           TakeDigits(text, 2, &second) && TakeChar(text, 'Z');
  const bool is_date = date.month >= 1 && date.month <= 12 && date.day >= 1 && date.day <= 31;
  *unix_seconds = is_date ? DaysOf(date) * kSecondsOfDay + hour * 3600 + minute * 60 + second : 0;
  return well_formed && is_date;
}

}  // namespace

CaptureName NameOfCapture(int64_t unix_seconds, int64_t pid, std::string_view reason, int copy) {
  unix_seconds = std::max<int64_t>(unix_seconds, 0);
  const Date date = DateOf(unix_seconds / kSecondsOfDay);
  const int64_t second = unix_seconds % kSecondsOfDay;
  CaptureName name{};
  const int length = std::snprintf(
      name.text, sizeof name.text, "%04d%02d%02dT%02d%02d%02dZ.%lld.%.*s",
      static_cast<int>(date.year), static_cast<int>(date.month), static_cast<int>(date.day),
      static_cast<int>(second / 3600), static_cast<int>(second / 60 % 60),
      static_cast<int>(second % 60), static_cast<long long>(pid),
      static_cast<int>(std::min(reason.size(), kMaxReasonBytes)), reason.data());
  if (copy > 1) {
    std::snprintf(name.text + length, sizeof name.text - static_cast<size_t>(length), "-%d", copy);
  }
  return name;
}

bool IsReason(std::string_view text) {
  return !text.empty() && text.size() <= kMaxReasonBytes &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

bool ParseCaptureName(std::string_view name, CaptureNameParts* parts) {
  if (!TakeTime(&name, &parts->unix_seconds) || !TakeChar(&name, '.')) return false;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), parts->pid);
  if (error != std::errc() || parts->pid < 0) return false;
  name.remove_prefix(static_cast<size_t>(end - name.data()));
  if (!TakeChar(&name, '.')) return false;
  parts->reason = name;
  const size_t dash = name.find('-');
  if (dash == std::string_view::npos) return IsReason(name);
  const std::string_view copy = name.substr(dash + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return IsReason(name.substr(0, dash)) && !copy.empty() && copy.size() <= 4 &&
         std::all_of(copy.begin(), copy.end(), is_digit);
}

}  // namespace pprof::watch
