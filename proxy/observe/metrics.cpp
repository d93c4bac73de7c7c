// SPDX-License-Identifier: Apache-2.0
//
// Prometheus' text format. Each label's text is held once, however many numbers have it: a scrape
// that waits for a slow reader should be small.
#include "observe/metrics.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <unordered_map>
#include <vector>

#include "base/assert.hpp"

namespace weir {
namespace {

using text_id = std::uint32_t;

// Names and values of labels in turn, as far as `label_count` goes.
struct row {
  std::array<text_id, 2 * metrics_text::labels_max> labels{};
  std::uint32_t label_count = 0;
  double value = 0;
};

struct family {
  std::string help;
  std::string_view type;
  std::vector<row> rows;
  std::vector<std::pair<row, histogram_counts>> histograms;
};

void append_escaped(std::string_view text, bool quotes, std::string& out) {
  for (const char c : text) {
    if (c == '\n') {
      out.append("\\n");
      continue;
    }
    if (c == '\\' || (quotes && c == '"')) {
      out.push_back('\\');
    }
    out.push_back(c);
  }
}

void append_value(double value, std::string& out) {
  if (std::isnan(value)) {
    out.append("NaN");
    return;
  }
  if (std::isinf(value)) {
    out.append(value > 0 ? "+Inf" : "-Inf");
    return;
  }
  // Shortest as read back; without an exponent where people would write none (0.0001, not 1e-04).
  const double size = std::abs(value);
  const bool usual = value == 0 || (size >= 1e-6 && size < 1e15);
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                 usual ? std::chars_format::fixed : std::chars_format::general)
                       .ptr;
  out.append(digits.data(), end);
}

}  // namespace

struct metrics_text::state {
  std::map<std::string, family, std::less<>> families;
  std::deque<std::string> texts;  // by id; never moved, because `ids` points to them
  std::unordered_map<std::string_view, text_id> ids;
  std::size_t held = 0;
  // While it is written: texts in their order, and the place in the first family.
  std::vector<std::uint32_t> ranks;
  std::size_t row_at = 0;
  bool writing = false;
  std::string whole;

  text_id id_of(std::string_view text) {
    const auto found = ids.find(text);
    if (found != ids.end()) {
      return found->second;
    }
    const auto id = static_cast<text_id>(texts.size());
    held += text.size() + sizeof(std::string) + 4 * sizeof(void*);
    ids.emplace(texts.emplace_back(text), id);
    return id;
  }
  family& of(std::string_view name, std::string_view help, std::string_view type);
  row labelled(std::initializer_list<label> labels);
  void add(std::string_view name, std::string_view help, std::string_view type, double value,
           std::initializer_list<label> labels);
  void begin_writing();
  void write_row(std::string_view name, const row& of, std::string& out) const;
  void write_histogram(const std::string& name, const row& of, const histogram_counts& value,
                       std::string& out) const;
  void write_labels(std::string_view name, const row& of, std::string& out,
                    std::string_view last = {}) const;
  [[nodiscard]] bool less(const row& left, const row& right) const noexcept;
};

family& metrics_text::state::of(std::string_view name, std::string_view help,
                                std::string_view type) {
  WEIR_ASSERT(!writing);
  auto found = families.find(name);
  if (found == families.end()) {
    found = families.emplace(std::string(name), family{std::string(help), type, {}, {}}).first;
    held += name.size() + help.size() + sizeof(family);
  }
  return found->second;
}

row metrics_text::state::labelled(std::initializer_list<label> labels) {
  WEIR_ASSERT(labels.size() <= labels_max);
  std::array<label, labels_max> sorted;
  std::copy(labels.begin(), labels.end(), sorted.begin());
  std::sort(sorted.begin(), sorted.begin() + labels.size());
  row made{.label_count = static_cast<std::uint32_t>(labels.size())};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    made.labels[2 * i] = id_of(sorted[i].first);
    made.labels[2 * i + 1] = id_of(sorted[i].second);
  }
  return made;
}

void metrics_text::state::add(std::string_view name, std::string_view help, std::string_view type,
                              double value, std::initializer_list<label> labels) {
  std::vector<row>& rows = of(name, help, type).rows;
  row made = labelled(labels);
  made.value = value;
  // What is added up comes in runs: many databases in one row, or many loops.
  const auto same = [&made](const row& each) { return each.labels == made.labels; };
  constexpr std::size_t looked_at_max = 96;
  const auto from = rows.end() - static_cast<std::ptrdiff_t>(std::min(looked_at_max, rows.size()));
  if (const auto before = std::find_if(from, rows.end(), same); before != rows.end()) {
    before->value += value;
    return;
  }
  held -= rows.capacity() * sizeof(row);
  rows.push_back(made);
  held += rows.capacity() * sizeof(row);
}

bool metrics_text::state::less(const row& left, const row& right) const noexcept {
  for (std::size_t i = 0; i < std::size_t{2} * std::min(left.label_count, right.label_count); ++i) {
    if (left.labels[i] != right.labels[i]) {
      return ranks[left.labels[i]] < ranks[right.labels[i]];
    }
  }
  return left.label_count < right.label_count;
}

void metrics_text::state::begin_writing() {
  writing = true;
  std::vector<text_id> order(texts.size());
  for (text_id i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  std::sort(order.begin(), order.end(),
            [this](text_id left, text_id right) { return texts[left] < texts[right]; });
  ranks.resize(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    ranks[order[i]] = i;
  }
  held += ranks.size() * sizeof(std::uint32_t);
}

// `last`: a label that no row has of itself, such as a bucket's bound.
void metrics_text::state::write_labels(std::string_view name, const row& of, std::string& out,
                                       std::string_view last) const {
  out.append(name);
  std::string_view before = "{";
  for (std::size_t i = 0; i < of.label_count; ++i) {
    out.append(before).append(texts[of.labels[2 * i]]).append("=\"");
    append_escaped(texts[of.labels[2 * i + 1]], true, out);
    out.append("\"");
    before = ",";
  }
  if (!last.empty()) {
    out.append(before).append(last);
    before = ",";
  }
  out.append(before == "," ? "} " : " ");
}

void metrics_text::state::write_row(std::string_view name, const row& of, std::string& out) const {
  write_labels(name, of, out);
  append_value(of.value, out);
  out.append("\n");
}

void metrics_text::state::write_histogram(const std::string& name, const row& of,
                                          const histogram_counts& value, std::string& out) const {
  std::uint64_t count = 0;
  std::string buckets;
  for (std::size_t i = 0; i < value.counts.size(); ++i) {
    count += value.counts[i];
    std::string bound = "le=\"";
    append_value(
        i < value.bounds.size() ? value.bounds[i] : std::numeric_limits<double>::infinity(), bound);
    write_labels(name + "_bucket", of, buckets, bound + '"');
    append_value(static_cast<double>(count), buckets);
    buckets.append("\n");
  }
  write_labels(name + "_count", of, out);
  append_value(static_cast<double>(count), out);
  out.append("\n");
  write_labels(name + "_sum", of, out);
  append_value(value.sum, out);
  out.append("\n").append(buckets);
}

metrics_text::metrics_text() : state_(std::make_unique<state>()) {}
metrics_text::~metrics_text() = default;

void metrics_text::counter_value(std::string_view name, std::string_view help, double value,
                                 std::initializer_list<label> labels) {
  state_->add(name, help, "counter", value, labels);
}

void metrics_text::gauge_value(std::string_view name, std::string_view help, double value,
                               std::initializer_list<label> labels) {
  state_->add(name, help, "gauge", value, labels);
}

void metrics_text::histogram_value(std::string_view name, std::string_view help,
                                   const histogram_counts& value,
                                   std::initializer_list<label> labels) {
  family& of = state_->of(name, help, "histogram");
  const row labelled = state_->labelled(labels);
  for (auto& [before, sum] : of.histograms) {
    if (before.labels == labelled.labels) {
      WEIR_ASSERT(sum.bounds == value.bounds);
      std::transform(sum.counts.begin(), sum.counts.end(), value.counts.begin(), sum.counts.begin(),
                     std::plus<>{});
      sum.sum += value.sum;
      return;
    }
  }
  of.histograms.emplace_back(labelled, value);
  state_->held += sizeof(of.histograms.back()) + value.counts.size() * 2 * sizeof(double);
}

void seconds_histogram::observe(double seconds) noexcept {
  const auto* const at = std::lower_bound(bounds.begin(), bounds.end(), seconds);
  counts_[static_cast<std::size_t>(at - bounds.begin())].add();
  sum_us_.add(static_cast<std::uint64_t>(std::clamp(seconds, 0.0, 1e9) * 1e6));
}

histogram_counts seconds_histogram::now() const {
  histogram_counts out;
  out.bounds.assign(bounds.begin(), bounds.end());
  for (const counter& one : counts_) {
    out.counts.push_back(one.value());
  }
  out.sum = static_cast<double>(sum_us_.value()) / 1e6;
  return out;
}

bool metrics_text::write_some(std::string& out) {
  state& now = *state_;
  if (!now.writing) {
    now.begin_writing();
  }
  const std::size_t begin = out.size();
  while (!now.families.empty() && out.size() - begin < piece_bytes) {
    const std::string& name = now.families.begin()->first;
    family& first = now.families.begin()->second;
    if (now.row_at == 0) {
      std::stable_sort(first.rows.begin(), first.rows.end(),
                       [&now](const row& left, const row& right) { return now.less(left, right); });
      out.append("# HELP ").append(name).append(" ");
      append_escaped(first.help, false, out);
      out.append("\n# TYPE ").append(name).append(" ").append(first.type).append("\n");
    }
    // At least one, also where the header filled the piece: at row 0 the header would be written
    // again.
    while (now.row_at < first.rows.size() &&
           (now.row_at == 0 || out.size() - begin < piece_bytes)) {
      row sum = first.rows[now.row_at++];
      while (now.row_at < first.rows.size() && first.rows[now.row_at].labels == sum.labels) {
        sum.value += first.rows[now.row_at++].value;
      }
      now.write_row(name, sum, out);
    }
    if (now.row_at == first.rows.size()) {
      for (const auto& [labels, value] : first.histograms) {
        now.write_histogram(name, labels, value, out);
      }
      now.held -= first.rows.capacity() * sizeof(row);
      now.row_at = 0;
      now.families.erase(now.families.begin());
    }
  }
  return !now.families.empty();
}

const std::string& metrics_text::text() {
  while (write_some(state_->whole)) {
  }
  return state_->whole;
}

std::size_t metrics_text::held_bytes() const noexcept {
  return state_->held;
}

}  // namespace weir
