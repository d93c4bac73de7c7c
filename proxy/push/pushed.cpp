// SPDX-License-Identifier: Apache-2.0
#include "push/pushed.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "exposition/numbers.hpp"
#include "exposition/text_writer.hpp"

namespace weir::push {
namespace {

using exposition::label;
using exposition::sample;

constexpr std::string_view instance_name = "instance";
// Of a series that was seen, in the map of them.
constexpr std::size_t seen_bytes = 64;
// Of a value and a time, with what stands around them, in the text and in the line.
constexpr std::size_t numbers_bytes = 128;

/// The sample's labels with those of its group over them, in the order of their names.
void merge_labels(std::span<const label> own, const grouping& over, bool keeps_instance,
                  std::vector<label>& out) {
  out.clear();
  bool has_instance = false;
  for (const label& each : own) {
    const bool is_kept = keeps_instance && each.name == instance_name;
    if (is_kept || !over.contains(each.name)) {
      out.push_back(each);
      has_instance = has_instance || is_kept;
    }
  }
  for (const auto& [name, value] : over) {
    if (!has_instance || name != instance_name) {
      out.push_back({.name = name, .value = value});
    }
  }
  std::sort(out.begin(), out.end(),
            [](const label& one, const label& other) { return one.name < other.name; });
}

std::string place_of(const sample& one) {
  return one.line > 0 ? "in line " + std::to_string(one.line) : "of " + exposition::shown(one.name);
}

class family_writer {
 public:
  family_writer(const exposition::document& all, const grouping& over, const read_options& options)
      : all_(all), over_(over), options_(options) {
    made_.families.reserve(all.families().size());
    for (const exposition::family& each : all.families()) {
      made_.families.push_back(
          {.name = std::string(each.name), .type = each.type, .help = std::string(each.help)});
      fixed_bytes_ += sizeof(pushed_family) + each.name.size() + each.help.size();
    }
  }

  /// Empty, or why not.
  [[nodiscard]] std::string add(const sample& one);
  [[nodiscard]] pushed take() {
    made_.bytes = bytes_with(0);
    std::erase_if(made_.families, [](const pushed_family& each) { return each.samples == 0; });
    return std::move(made_);
  }

 private:
  /// With so much more text. Text that grows has, at times, twice the bytes that it needs.
  [[nodiscard]] std::size_t bytes_with(std::size_t more) const noexcept {
    return fixed_bytes_ + 2 * (text_bytes_ + made_.lines.size() + more) + seen_.size() * seen_bytes;
  }
  /// Why a sample cannot be one of its histogram or summary in this group; or empty.
  [[nodiscard]] std::string group_hides_part(const sample& one) const;
  /// Whether the sample whose series was made may be added.
  [[nodiscard]] bool has_room() const {
    // The series itself, and as a line, where each of its bytes may need an escape.
    const std::size_t more = 3 * series_.size() + numbers_bytes;
    return options_.room == nullptr || options_.room->holds(bytes_with(more) + seen_bytes);
  }

  const exposition::document& all_;
  const grouping& over_;
  const read_options options_;
  pushed made_;
  std::size_t fixed_bytes_ = 0;
  std::size_t text_bytes_ = 0;
  /// Series by their hash, with the sample that had it first.
  std::unordered_multimap<std::size_t, const sample*> seen_;
  std::vector<label> labels_;
  std::vector<label> other_labels_;
  std::string series_;
  std::string other_;
};

std::string family_writer::group_hides_part(const sample& one) const {
  const exposition::family& of = all_.families()[one.family];
  const std::string_view part = exposition::part_label(of.type);
  if (part.empty() || !over_.contains(part)) {
    return {};
  }
  return "the group has a label " + exposition::shown(part) +
         ", which belongs to the parts of the " + std::string(name_of(of.type)) + " " +
         exposition::shown(of.name);
}

std::string family_writer::add(const sample& one) {
  if (one.time_ms && options_.times == push_time_mode::reject) {
    return "pushed metrics must not have timestamps, and the sample " + place_of(one) +
           " has one (push.timestamps = \"keep\" takes them)";
  }
  if (std::string wrong = group_hides_part(one); !wrong.empty()) {
    return wrong;
  }
  merge_labels(all_.labels_of(one), over_, options_.keeps_instance, labels_);
  if (labels_.size() > exposition::labels_max) {
    return std::string(exposition::too_many_labels) + ", and the sample " + place_of(one) +
           " has more with those of its group";
  }
  series_.clear();
  exposition::append_series(one.name, labels_, series_);
  if (!has_room()) {
    return std::string(exposition::too_many_samples);
  }
  const std::size_t hash = std::hash<std::string_view>{}(series_);
  const auto [first, last] = seen_.equal_range(hash);
  for (auto at = first; at != last; ++at) {
    merge_labels(all_.labels_of(*at->second), over_, options_.keeps_instance, other_labels_);
    other_.clear();
    exposition::append_series(at->second->name, other_labels_, other_);
    if (other_ == series_) {
      return "the sample " + place_of(one) + " was collected before with the same name and label " +
             "values, " + place_of(*at->second) +
             " (the labels of the group, in the path, take the place of those in the body)";
    }
  }
  seen_.emplace(hash, &one);
  pushed_family& into = made_.families[one.family];
  if (into.name == push_time_name || into.name == failure_time_name) {
    return {};
  }
  const std::size_t before = into.text.size();
  into.text.append(series_).push_back(' ');
  exposition::append_number(one.value, into.text);
  into.text.push_back('\n');
  text_bytes_ += into.text.size() - before;
  ++into.samples;
  append_line(one.name, labels_, one.value,
              one.time_ms ? nanoseconds_of(*one.time_ms) : options_.now_ns, made_.lines,
              made_.counts);
  return {};
}

}  // namespace

grouping series_labels(const grouping& group, job_suffix_mode suffix) {
  grouping labels = group;
  std::string& job = labels.at("job");
  if (suffix != job_suffix_mode::keep && has_random_suffix(job)) {
    if (suffix == job_suffix_mode::to_label) {
      labels.emplace("flink_process", job.substr(job.size() - random_suffix_bytes));
    }
    job.resize(job.size() - random_suffix_bytes);
  }
  labels.emplace("instance", "");
  return labels;
}

result<pushed> read_pushed(const exposition::document& all, const grouping& series_labels,
                           const read_options& options) {
  family_writer writer(all, series_labels, options);
  for (const sample& each : all.samples()) {
    if (std::string wrong = writer.add(each); !wrong.empty()) {
      return failure{"pushed metrics are invalid: " + wrong};
    }
  }
  return writer.take();
}

}  // namespace weir::push
