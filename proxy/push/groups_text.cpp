// SPDX-License-Identifier: Apache-2.0
#include "push/groups_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "base/fnv1a.hpp"
#include "base/percent_escape.hpp"
#include "exposition/text_reader.hpp"
#include "exposition/text_writer.hpp"
#include "push/kept_lines.hpp"

namespace weir::push {
namespace {

constexpr std::string_view mark = "group ";
/// The first two lines: metrics whose labels are the group's, and those of its series.
constexpr std::string_view labels_name = "weir_group";
constexpr std::string_view series_name = "weir_series";
constexpr std::int64_t for_ever = -1;

void append_labels(std::string_view name, const grouping& labels, std::string& out) {
  std::vector<exposition::label> views;
  for (const auto& [key, value] : labels) {
    views.push_back({.name = key, .value = value});
  }
  exposition::append_sample(name, views, 1, out);
}

std::string body_of(const group& one) {
  std::string body;
  append_labels(labels_name, one.labels, body);
  append_labels(series_name, one.series, body);
  for (const auto& [name, each] : one.families) {
    exposition::append_family_head(name, each->is.type, each->is.help, body);
    body.append(each->is.text);
  }
  return body;
}

template <class T>
bool take_number(std::string_view& from, T& into, int base = 10) {
  const auto read = std::from_chars(from.data(), from.data() + from.size(), into, base);
  if (read.ec != std::errc{} || read.ptr == from.data()) {
    return false;
  }
  from.remove_prefix(static_cast<std::size_t>(read.ptr - from.data()));
  if (from.starts_with(' ')) {
    from.remove_prefix(1);
  }
  return true;
}

struct record_head {
  std::size_t bytes = 0;
  std::uint64_t sum = 0;
  std::int64_t pushed_ns = 0;
  std::int64_t failed_ns = 0;
  std::int64_t interval_ns = 0;
  std::int64_t ttl_ns = for_ever;
  std::string database;
  std::string retention_policy;
};

std::optional<record_head> read_head(std::string_view line) {
  record_head head;
  if (!line.starts_with(mark)) {
    return std::nullopt;
  }
  line.remove_prefix(mark.size());
  if (!take_number(line, head.bytes) || !take_number(line, head.sum, 16) ||
      !take_number(line, head.pushed_ns) || !take_number(line, head.failed_ns) ||
      !take_number(line, head.interval_ns) || !take_number(line, head.ttl_ns)) {
    return std::nullopt;
  }
  const std::size_t slash = line.find('/');
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  const auto database = percent_unescape(line.substr(0, slash));
  const auto policy = percent_unescape(line.substr(slash + 1));
  if (!database || !policy) {
    return std::nullopt;
  }
  head.database = *database;
  head.retention_policy = *policy;
  return head;
}

std::optional<grouping> read_labels(std::string_view line) {
  exposition::document one;
  if (exposition::read_text(line, one) || one.samples().size() != 1) {
    return std::nullopt;
  }
  grouping labels;
  for (const exposition::label& each : one.labels_of(one.samples().front())) {
    labels.emplace(each.name, each.value);
  }
  return labels;
}

void add_sample(const exposition::document& all, const exposition::sample& one, const group& to,
                std::vector<std::shared_ptr<kept_family>>& families) {
  auto& into = families[one.family];
  if (into == nullptr) {
    const exposition::family& of = all.families()[one.family];
    into = std::make_shared<kept_family>(kept_family{
        .is = {.name = std::string(of.name), .type = of.type, .help = std::string(of.help)},
        .pushed = to.pushed});
  }
  exposition::append_sample(one.name, all.labels_of(one), one.value, into->is.text);
  ++into->is.samples;
}

/// Where the record behind a damaged one begins: where its head says, else where a line looks so.
std::size_t next_record(std::string_view file, std::size_t told) noexcept {
  if (told == file.size() || file.substr(told).starts_with(mark)) {
    return told;
  }
  const std::size_t found = file.find("\ngroup ", 1);
  return found == std::string_view::npos ? file.size() : found + 1;
}

std::optional<group> read_group(const record_head& head, std::string_view body) {
  group made;
  made.database = head.database;
  made.retention_policy = head.retention_policy;
  made.pushed.ns = head.pushed_ns;
  made.failed.ns = head.failed_ns;
  made.interval_ns = head.interval_ns;
  made.ttl = head.ttl_ns == for_ever ? time_to_live() : time_to_live(head.ttl_ns);
  // Read apart from the families, one of which may be called as these are.
  auto labels = read_labels(take_line(body));
  auto series = read_labels(take_line(body));
  exposition::document all;
  if (!labels || !labels->contains("job") || !series || exposition::read_text(body, all)) {
    return std::nullopt;
  }
  made.labels = std::move(*labels);
  made.series = std::move(*series);
  std::vector<std::shared_ptr<kept_family>> families(all.families().size());
  for (const exposition::sample& each : all.samples()) {
    add_sample(all, each, made, families);
  }
  for (const auto& each : families) {
    if (each != nullptr) {
      made.families.emplace(each->is.name, each);
    }
  }
  return made;
}

}  // namespace

void append_record(const group& one, std::string& out) {
  const std::string body = body_of(one);
  fmt::format_to(std::back_inserter(out), "{}{} {:016x} {} {} {} {} {}/{}\n", mark, body.size(),
                 fnv1a(body), one.pushed.ns, one.failed.ns, one.interval_ns,
                 one.ttl.value_or(for_ever), percent_escape(one.database),
                 percent_escape(one.retention_policy));
  out.append(body);
}

std::optional<read_groups> read_records(std::string_view file) {
  if (!file.starts_with(groups_file_head)) {
    return std::nullopt;
  }
  file.remove_prefix(groups_file_head.size());
  read_groups all;
  while (!file.empty()) {
    const std::size_t feed = file.find('\n');
    const auto head = read_head(file.substr(0, feed));
    const std::size_t begin = feed == std::string_view::npos ? file.size() : feed + 1;
    const std::string_view body = head ? file.substr(begin, head->bytes) : std::string_view{};
    auto kept = head && body.size() == head->bytes && fnv1a(body) == head->sum
                    ? read_group(*head, body)
                    : std::nullopt;
    if (kept) {
      all.groups.push_back(std::move(*kept));
      file.remove_prefix(begin + body.size());
      continue;
    }
    ++all.damaged;
    file.remove_prefix(next_record(file, begin + body.size()));
  }
  return all;
}

time_to_live ttl_left(const group& kept, wall_time now, std::int64_t grace_ns) {
  if (!kept.ttl) {
    return std::nullopt;
  }
  // A clock that was set back does not make it live longer.
  const std::int64_t age = std::max<std::int64_t>(0, now.ns - kept.pushed.ns);
  return std::max(std::min(*kept.ttl, grace_ns), *kept.ttl - std::min(*kept.ttl, age));
}

}  // namespace weir::push
