// SPDX-License-Identifier: Apache-2.0
#include "exposition/open_metrics.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>

#include "exposition/line_scanner.hpp"
#include "exposition/numbers.hpp"
#include "exposition/text_reader.hpp"

namespace weir::exposition {
namespace {

// Of a name, in a set of them.
constexpr std::size_t name_bytes = 64;
// What an exemplar's labels may have together, as OpenMetrics says.
constexpr std::size_t exemplar_bytes_max = 128;
constexpr double ms_per_second = 1000.0;
constexpr double time_ms_max = 9.2e18;

/// A sample of a family: its suffix, the suffix of the classic family that it is in, and that one's
/// type.
struct sample_kind {
  std::string_view suffix;
  std::string_view family_suffix;
  metric_type type;
  bool has_exemplars = false;
  /// A count is neither negative nor NaN; a flag is 0 or 1; of what is only said, the value is 1.
  enum class range : std::uint8_t { any, count, flag, one } values = range::any;
};

struct open_type {
  std::string_view name;
  std::span<const sample_kind> samples;
};

using enum metric_type;
using enum sample_kind::range;
constexpr std::array counter_samples{sample_kind{"_total", "_total", counter, true, count},
                                     sample_kind{"_created", "_created", gauge}};
constexpr std::array plain_gauge{sample_kind{"", "", gauge}};
constexpr std::array unknown_samples{sample_kind{"", "", untyped}};
constexpr std::array flag_samples{sample_kind{"", "", gauge, false, flag}};
constexpr std::array info_samples{
    sample_kind{"_info", "_info", gauge, false, sample_kind::range::one}};
constexpr std::array summary_samples{
    sample_kind{"", "", summary}, sample_kind{"_count", "", summary, false, count},
    sample_kind{"_sum", "", summary}, sample_kind{"_created", "_created", gauge}};
constexpr std::array histogram_samples{sample_kind{"_bucket", "", histogram, true, count},
                                       sample_kind{"_count", "", histogram, false, count},
                                       sample_kind{"_sum", "", histogram},
                                       sample_kind{"_created", "_created", gauge}};
// The classic format has no such histograms: their parts are gauges.
constexpr std::array gauge_histogram_samples{sample_kind{"_bucket", "_bucket", gauge, true, count},
                                             sample_kind{"_gcount", "_gcount", gauge, false, count},
                                             sample_kind{"_gsum", "_gsum", gauge}};

constexpr std::array<open_type, 8> types{{{"counter", counter_samples},
                                          {"gauge", plain_gauge},
                                          {"histogram", histogram_samples},
                                          {"gaugehistogram", gauge_histogram_samples},
                                          {"stateset", flag_samples},
                                          {"info", info_samples},
                                          {"summary", summary_samples},
                                          {"unknown", unknown_samples}}};
const open_type& unknown = types.back();

const char* out_of_range(const sample_kind& kind, double value) noexcept {
  switch (kind.values) {
    case any:
      break;
    case count:
      return value >= 0 ? nullptr : "a count is neither negative nor NaN";
    case flag:
      return value == 0 || value == 1 ? nullptr : "the value of a state is 0 or 1";
    case sample_kind::range::one:
      return value == 1 ? nullptr : "the value of an info is 1";
  }
  return nullptr;
}

class open_metrics_reader {
 public:
  explicit open_metrics_reader(document& into)
      : into_(into), scan_(into, fault_, dialect::open_metrics) {}

  [[nodiscard]] std::optional<mistake> read(std::string_view body);

 private:
  /// The family whose lines are being read.
  struct open_family {
    std::string_view name;
    const open_type* type = nullptr;
    bool has_help = false;
    bool has_unit = false;
    bool has_samples = false;
    std::string_view help{};
  };

  [[nodiscard]] bool read_line(std::string_view line);
  [[nodiscard]] bool read_comment();
  [[nodiscard]] bool read_metadata(std::string_view keyword, std::size_t place);
  [[nodiscard]] bool begin_family(std::string_view name, std::size_t place);
  [[nodiscard]] bool claim_names(const open_type& type, std::size_t place);
  [[nodiscard]] bool read_sample();
  [[nodiscard]] const sample_kind* kind_of(std::string_view sample_name, std::size_t place);
  [[nodiscard]] bool check_bound(const sample& one, const sample_kind& kind);
  [[nodiscard]] bool read_value(sample& one, const sample_kind& kind);
  [[nodiscard]] bool read_time(std::optional<std::int64_t>& time_ms);
  [[nodiscard]] bool read_exemplar(const sample_kind& kind);
  [[nodiscard]] std::uint32_t classic_family(std::string_view sample_name, const sample_kind& kind);

  document& into_;
  mistake fault_;
  line_scanner scan_;
  std::uint64_t line_ = 0;
  bool ended_ = false;
  open_family now_;
  /// Families that were begun; none comes again.
  std::unordered_set<std::string_view> names_;
  /// Names that samples of these families may have: they are no other family's.
  std::unordered_set<std::string_view> claimed_;
};

std::optional<mistake> open_metrics_reader::read(std::string_view body) {
  while (!body.empty()) {
    ++line_;
    const std::size_t feed = body.find('\n');
    const std::string_view line = body.substr(0, feed);
    if (ended_) {
      return mistake{.line = line_, .column = 1, .message = "nothing may follow \"# EOF\""};
    }
    if (!read_line(line)) {
      return fault_;
    }
    if (feed == std::string_view::npos) {
      if (ended_) {
        return std::nullopt;  // the last line feed may be missing
      }
      break;
    }
    body.remove_prefix(feed + 1);
  }
  if (ended_) {
    return std::nullopt;
  }
  return mistake{.line = line_ + 1,
                 .column = 1,
                 .message =
                     "the end is missing: an exposition of OpenMetrics ends with the line "
                     "\"# EOF\""};
}

bool open_metrics_reader::read_line(std::string_view line) {
  scan_.begin(line, line_);
  if (line.ends_with('\r')) {
    return scan_.fail_at(line.size() - 1,
                         "the line ends with a carriage return: lines end with a line feed alone");
  }
  if (line.empty()) {
    return scan_.fail("OpenMetrics has no empty lines: take it out");
  }
  if (line == "# EOF") {
    ended_ = true;
    return true;
  }
  return scan_.take('#') ? read_comment() : read_sample();
}

bool open_metrics_reader::read_comment() {
  if (!scan_.separator()) {
    return scan_.fail("one space follows '#'");
  }
  const std::size_t place = scan_.at();
  const std::string_view keyword = scan_.token();
  if (keyword != "HELP" && keyword != "TYPE" && keyword != "UNIT") {
    return scan_.fail_at(place,
                         "OpenMetrics has no comments: '#' is followed by TYPE, HELP, UNIT "
                         "or EOF, not " +
                             shown(keyword));
  }
  return read_metadata(keyword, place);
}

bool open_metrics_reader::read_metadata(std::string_view keyword, std::size_t place) {
  if (!scan_.separator()) {
    return scan_.fail("the name of a metric is missing behind " + std::string(keyword));
  }
  const auto name = scan_.metric_name();
  if (!name) {
    return false;
  }
  if (*name != now_.name && !begin_family(*name, place)) {
    return false;
  }
  if (now_.has_samples) {
    return scan_.fail_at(place, std::string(keyword) + " of " + shown(*name) +
                                    " stands behind its samples: it stands before them");
  }
  if (!scan_.separator()) {
    return scan_.fail("one space follows the name of the metric");
  }
  const auto twice = [&] {
    return scan_.fail_at(place, "a second " + std::string(keyword) + " of " + shown(*name));
  };
  if (keyword == "HELP") {
    const auto text = scan_.help();
    now_.help = text.value_or("");
    return text && (!std::exchange(now_.has_help, true) || twice());
  }
  const std::size_t word_place = scan_.at();
  const std::string_view word = scan_.rest();
  if (keyword == "UNIT") {
    if (!word.empty() && !(name->size() > word.size() + 1 && name->ends_with(word) &&
                           (*name)[name->size() - word.size() - 1] == '_')) {
      return scan_.fail_at(word_place, "the name of the metric does not end with its unit, as in " +
                                           shown("x_" + std::string(word)));
    }
    return !std::exchange(now_.has_unit, true) || twice();
  }
  for (const open_type& each : types) {
    if (each.name == word) {
      return std::exchange(now_.type, &each) != nullptr ? twice() : claim_names(each, place);
    }
  }
  return scan_.fail_at(word_place, "unknown type " + shown(word) +
                                       ": it is one of counter, gauge, histogram, gaugehistogram, "
                                       "stateset, info, summary and unknown");
}

bool open_metrics_reader::begin_family(std::string_view name, std::size_t place) {
  if (!names_.insert(name).second) {
    return scan_.fail_at(
        place, "the lines of " + shown(name) + " do not stand together: others are between them");
  }
  now_ = {.name = name};
  into_.count_of_reader(name_bytes);
  return !into_.is_full() || scan_.fail_at(0, std::string(too_many_samples));
}

bool open_metrics_reader::claim_names(const open_type& type, std::size_t place) {
  for (const sample_kind& each : type.samples) {
    std::string name(now_.name);
    name.append(each.suffix);
    if (claimed_.contains(name)) {
      return scan_.fail_at(place, "samples called " + shown(name) + " are those of another metric");
    }
    claimed_.insert(into_.keep(name));
    into_.count_of_reader(name_bytes);
  }
  return true;
}

/// Where a name is none of the family's, it begins a family without a type.
const sample_kind* open_metrics_reader::kind_of(std::string_view sample_name, std::size_t place) {
  const auto find = [&]() -> const sample_kind* {
    if (now_.name.empty() || !sample_name.starts_with(now_.name)) {
      return nullptr;
    }
    for (const sample_kind& each : (now_.type == nullptr ? unknown : *now_.type).samples) {
      if (sample_name.substr(now_.name.size()) == each.suffix) {
        return &each;
      }
    }
    return nullptr;
  };
  if (const sample_kind* known = find()) {
    return known;
  }
  if (sample_name == now_.name) {
    scan_.fail_at(
        place, "a " + std::string(now_.type->name) + " called " + shown(now_.name) +
                   " has no sample of that name: " +
                   shown(std::string(now_.name) + std::string(now_.type->samples.front().suffix)) +
                   " is one");
    return nullptr;
  }
  return begin_family(sample_name, place) ? find() : nullptr;
}

std::uint32_t open_metrics_reader::classic_family(std::string_view sample_name,
                                                  const sample_kind& kind) {
  // The name of the classic family is the beginning of the sample's.
  const std::string_view name =
      sample_name.substr(0, sample_name.size() - kind.suffix.size() + kind.family_suffix.size());
  if (const auto known = into_.find_family(name)) {
    return *known;
  }
  const std::uint32_t index = into_.add_family(name);
  into_.family_at(index).type = kind.type;
  into_.family_at(index).help = now_.help;
  return index;
}

bool open_metrics_reader::read_sample() {
  sample one{.line = line_};
  one.first_label = static_cast<std::uint32_t>(into_.labels().size());
  if (scan_.rest().front() != '{') {
    const auto name = scan_.metric_name();
    if (!name) {
      return false;
    }
    one.name = *name;
  }
  if (scan_.take('{') && !scan_.labels(one.name)) {
    return false;
  }
  if (one.name.empty()) {
    return scan_.fail_at(0, "the name of the metric is missing before its labels");
  }
  one.label_count = static_cast<std::uint32_t>(into_.labels().size()) - one.first_label;
  const sample_kind* const kind = kind_of(one.name, 0);
  if (kind == nullptr || !check_bound(one, *kind) || !read_value(one, *kind)) {
    return false;
  }
  if (now_.type == nullptr) {
    now_.type = &unknown;
    if (!claim_names(unknown, 0)) {
      return false;
    }
  }
  now_.has_samples = true;
  one.family = classic_family(one.name, *kind);
  into_.samples().push_back(one);
  return !into_.is_full() || scan_.fail_at(0, std::string(too_many_samples));
}

/// A bucket has its bound, a summary's value its quantile, and both are numbers.
bool open_metrics_reader::check_bound(const sample& one, const sample_kind& kind) {
  const bool is_bucket = kind.suffix == "_bucket";
  if (!is_bucket && !(kind.suffix.empty() && kind.type == summary)) {
    return true;
  }
  const std::string_view wanted = is_bucket ? "le" : "quantile";
  for (const label& each : into_.labels_of(one)) {
    const auto bound = each.name == wanted ? read_number(each.value) : std::nullopt;
    if (bound && (is_bucket || (*bound >= 0 && *bound <= 1))) {
      return true;
    }
  }
  return scan_.fail_at(0, "the label '" + std::string(wanted) + "' is missing or no " +
                              (is_bucket ? "number" : "number from 0 to 1"));
}

bool open_metrics_reader::read_value(sample& one, const sample_kind& kind) {
  if (!scan_.separator()) {
    return scan_.fail("one space and the value follow the name and its labels");
  }
  const std::size_t place = scan_.at();
  const std::string_view word = scan_.token();
  const auto value = read_number(word);
  if (!value) {
    return scan_.fail_at(place, "expected float as value, got " + shown(word));
  }
  if (const char* wrong = out_of_range(kind, *value); wrong != nullptr) {
    return scan_.fail_at(place, wrong);
  }
  one.value = *value;
  if (scan_.at_end()) {
    return true;
  }
  if (!scan_.rest().starts_with(" #") && !read_time(one.time_ms)) {
    return false;
  }
  return scan_.at_end() || read_exemplar(kind);
}

bool open_metrics_reader::read_time(std::optional<std::int64_t>& time_ms) {
  if (!scan_.separator()) {
    return scan_.fail("one space stands between value and timestamp");
  }
  const std::size_t place = scan_.at();
  const std::string_view word = scan_.token();
  const auto seconds = read_number(word);
  if (!seconds || !std::isfinite(*seconds) || std::abs(*seconds * ms_per_second) > time_ms_max) {
    return scan_.fail_at(place, "expected a timestamp in seconds, got " + shown(word));
  }
  time_ms = static_cast<std::int64_t>(std::llround(*seconds * ms_per_second));
  return true;
}

bool open_metrics_reader::read_exemplar(const sample_kind& kind) {
  if (!scan_.separator() || !scan_.take('#') || !scan_.separator() || !scan_.take('{')) {
    return scan_.fail("only an exemplar may follow here, as in ` # {trace_id=\"a\"} 0.5`");
  }
  if (!kind.has_exemplars) {
    return scan_.fail("only counters and buckets have exemplars");
  }
  const std::size_t before = into_.labels().size();
  std::string_view name = "exemplar";  // takes none in quotes
  if (!scan_.labels(name)) {
    return false;
  }
  std::size_t bytes = 0;
  for (const label& each : std::span(into_.labels()).subspan(before)) {
    bytes += each.name.size() + each.value.size();
  }
  into_.labels().resize(before);
  if (bytes > exemplar_bytes_max) {
    return scan_.fail("the labels of an exemplar are longer than 128 bytes");
  }
  if (!scan_.separator() || !read_number(scan_.token())) {
    return scan_.fail("the value of the exemplar is missing");
  }
  std::optional<std::int64_t> time_ms;
  if (!scan_.at_end() && !read_time(time_ms)) {
    return false;
  }
  return scan_.at_end() || scan_.fail("nothing may follow an exemplar");
}

}  // namespace

std::optional<mistake> read_open_metrics(std::string_view body, document& into) {
  if (auto bad = find_bad_utf8(body)) {
    return bad;
  }
  return open_metrics_reader(into).read(body);
}

}  // namespace weir::exposition
