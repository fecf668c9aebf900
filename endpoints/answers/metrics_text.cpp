#include "endpoints/answers/metrics_text.h"

#include <algorithm>
#include <charconv>

namespace pprof::http {
namespace {

using monitoring::Metric;

constexpr std::string_view kTotal = "_total";

// Not printf: its decimal point is that of the program's locale.
std::string NumberText(double number) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, number);
  return {text, error == std::errc() ? end : text};
}

// Escapes what ends a label's value or a line.
std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\n') {
      escaped += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string LabelsText(const Metric::Value& value) {
  if (value.labels.empty()) return "";
  std::string text;
  for (const auto& [name, label] : value.labels) {
    text += (text.empty() ? "{" : ",") + name + "=\"" + Escaped(label) + "\"";
  }
  return text + "}";
}

// In OpenMetrics the family of a counter has the name without _total.
std::string_view FamilyOf(const Metric& metric, MetricsForm form) {
  std::string_view name = metric.name;
  if (form == MetricsForm::kOpenMetrics && metric.type == Metric::Type::kCounter) {
    name.remove_suffix(kTotal.size());
  }
  return name;
}

std::string_view Trimmed(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

// Takes the part before `separator`, without blanks.
std::string_view TakePart(std::string_view* text, char separator) {
  const std::string_view part = text->substr(0, text->find(separator));
  text->remove_prefix(std::min(text->size(), part.size() + 1));
  return Trimmed(part);
}

// RFC 9110, 12.4.2: "0.5" is 500; malformed text is 0.
int Thousandths(std::string_view text) {
  constexpr size_t kDigits = 3;
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return 0;
  std::string digits(1, text[0]);
  if (text.size() > 1 && text[1] == '.') digits += text.substr(2, kDigits);
  digits.resize(kDigits + 1, '0');
  int number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

// How much an element of an Accept header is wanted, in thousandths.
int Weight(std::string_view parameters) {
  int weight = 1000;
  while (!parameters.empty()) {
    const std::string_view parameter = TakePart(&parameters, ';');
    if (parameter.substr(0, 2) == "q=") weight = Thousandths(parameter.substr(2));
  }
  return weight;
}

}  // namespace

MetricsForm FormFor(const std::string* accept) {
  int open_metrics = 0;
  int text = 0;
  std::string_view rest = accept == nullptr ? std::string_view() : *accept;
  while (!rest.empty()) {
    std::string_view element = TakePart(&rest, ',');
    const std::string_view type = TakePart(&element, ';');
    const int weight = Weight(element);
    if (type == "application/openmetrics-text") open_metrics = std::max(open_metrics, weight);
    if (type == "text/plain") text = std::max(text, weight);
  }
  return open_metrics > 0 && open_metrics >= text ? MetricsForm::kOpenMetrics
                                                  : MetricsForm::kPrometheus;
}

std::string_view ContentTypeOf(MetricsForm form) {
  return form == MetricsForm::kOpenMetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

std::string MetricsText(const std::vector<Metric>& metrics, MetricsForm form) {
  std::string text;
  for (const Metric& metric : metrics) {
    const std::string family(FamilyOf(metric, form));
    const bool counts = metric.type == Metric::Type::kCounter;
    text += "# HELP " + family + " " + Escaped(metric.help) + "\n";
    text += "# TYPE " + family + (counts ? " counter\n" : " gauge\n");
    for (const Metric::Value& value : metric.values) {
      text += metric.name + LabelsText(value) + " " + NumberText(value.number) + "\n";
    }
  }
  return form == MetricsForm::kOpenMetrics ? text + "# EOF\n" : text;
}

}  // namespace pprof::http
