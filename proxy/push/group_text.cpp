// SPDX-License-Identifier: Apache-2.0
#include "push/group_text.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "base/text/metric_name.hpp"
#include "exposition/text_reader.hpp"
#include "exposition/text_writer.hpp"
#include "push/json_families.hpp"
#include "push/kept_lines.hpp"

namespace weir::push {
namespace {

constexpr std::size_t gathered_at_once = 256;
constexpr std::size_t piece_bytes = std::size_t{32} << 10;

/// A family that weir has of its groups.
struct family_of_times {
  std::string_view name;
  std::string_view help;
  wall_time group::*which;
};
constexpr std::array times{
    family_of_times{failure_time_name,
                    "Last Unix time when changing this group in the Pushgateway failed.",
                    &group::failed},
    family_of_times{push_time_name,
                    "Last Unix time when changing this group in the Pushgateway succeeded.",
                    &group::pushed}};

void take(std::size_t& left, std::size_t bytes) noexcept {
  left -= std::min(left, bytes);
}

/// A name in quotes stands behind one of these. In a value both may be, too: then the line is
/// written anew, and stays what it is.
bool may_have_quoted_name(std::string_view line) noexcept {
  return line.find("{\"") != std::string_view::npos || line.find(",\"") != std::string_view::npos;
}

/// The sample of a line, with underscores in its names. Of labels that become the same, all but the
/// first are escaped.
std::string with_plain_names(std::string_view line) {
  exposition::document all;
  if (exposition::read_text(line, all) || all.samples().size() != 1) {
    return std::string(line);  // what weir wrote itself is read back
  }
  const exposition::sample& one = all.samples().front();
  std::map<std::string, std::string_view> labels;
  for (const exposition::label& each : all.labels_of(one)) {
    if (!labels.emplace(underscored_name(each.name, name_kind::of_label), each.value).second) {
      labels.emplace(escaped_name(each.name, name_kind::of_label), each.value);
    }
  }
  std::vector<exposition::label> views;
  views.reserve(labels.size());
  for (const auto& [name, value] : labels) {
    views.push_back({.name = name, .value = value});
  }
  std::string made;
  exposition::append_sample(underscored_name(one.name, name_kind::of_series), views, one.value,
                            made);
  return made;
}

}  // namespace

group_exposition::group_exposition(group_list groups, known_names names)
    : groups_(std::move(groups)), names_(names) {
  std::sort(groups_.begin(), groups_.end(), [](const auto& one, const auto& other) {
    return one->pushed.ns != other->pushed.ns ? one->pushed.ns > other->pushed.ns
                                              : one->labels < other->labels;
  });
}

void group_exposition::gather() {
  constexpr std::size_t node = 96;
  const std::size_t last = std::min(groups_.size(), gathered_ + gathered_at_once);
  for (; gathered_ < last; ++gathered_) {
    for (const auto& [name, each] : groups_[gathered_]->families) {
      std::string written;
      if (names_ == known_names::plain && !exposition::is_plain_metric_name(name)) {
        written = underscored_name(name, name_kind::of_series);
      }
      const std::string_view key = written.empty() ? name : written;
      auto at = families_.find(key);
      if (at == families_.end()) {
        at = families_.try_emplace(std::string(key)).first;
        family_bytes_ += node + key.size();
      }
      at->second.push_back(each.get());
      family_bytes_ += 2 * sizeof(each.get());
    }
  }
}

bool group_exposition::next(std::string& out) {
  if (gathered_ < groups_.size()) {
    gather();
    return true;
  }
  if (groups_.empty()) {
    return false;
  }
  std::size_t left = piece_bytes;
  while (left > 0 && !families_.empty()) {
    write_family(left, out);
  }
  while (left > 0 && times_written_ < times.size()) {
    write_times(left, out);
  }
  return times_written_ < times.size();
}

void group_exposition::write_family(std::size_t& left, std::string& out) {
  const auto at = families_.begin();
  const std::vector<const kept_family*>& parts = at->second;
  if (begun_ == 0) {
    const pushed_family& newest = parts.front()->is;
    exposition::append_family_head(at->first, newest.type, newest.help, out);
  }
  while (left > 0) {
    if (rest_.empty()) {
      if (begun_ == parts.size()) {
        families_.erase(at);
        end_family();
        return;
      }
      rest_ = parts[begun_++]->is.text;
    }
    const std::string_view line = take_line(rest_);
    take(left, line.size());
    write_line(line, out);
  }
}

void group_exposition::write_times(std::size_t& left, std::string& out) {
  const family_of_times& family = times.at(times_written_);
  if (begun_ == 0) {
    exposition::append_family_head(family.name, exposition::metric_type::gauge, family.help, out);
  }
  while (left > 0) {
    if (begun_ == groups_.size()) {
      ++times_written_;
      end_family();
      return;
    }
    const group& one = *groups_[begun_++];
    std::string line = std::string(family.name) + key_of(one.series) + ' ' +
                       seconds_text(one.*family.which) + '\n';
    take(left, line.size());
    write_made_line(std::move(line), out);
  }
}

void group_exposition::write_line(std::string_view line, std::string& out) {
  if (names_ == known_names::plain && may_have_quoted_name(line)) {
    write_made_line(with_plain_names(line), out);
  } else if (seen_.insert(series_of(line)).second) {
    out.append(line);
  }
}

void group_exposition::write_made_line(std::string line, std::string& out) {
  made_.push_back(std::move(line));
  made_bytes_ += sizeof(std::string) + made_.back().capacity();
  if (seen_.insert(series_of(made_.back())).second) {
    out.append(made_.back());
  }
}

void group_exposition::end_family() {
  begun_ = 0;
  seen_ = {};
  made_ = {};
  made_bytes_ = 0;
}

std::size_t group_exposition::held_bytes() const noexcept {
  constexpr std::size_t seen_bytes = 64;
  return groups_.capacity() * sizeof(groups_.front()) + family_bytes_ + made_bytes_ +
         seen_.size() * seen_bytes;
}

group_json::group_json(group_list groups) : groups_(std::move(groups)) {
  std::sort(groups_.begin(), groups_.end(),
            [](const auto& one, const auto& other) { return one->labels < other->labels; });
}

bool group_json::next(std::string& out) {
  if (written_ == 0) {
    out.append(R"({"status":"success","data":[)");
  }
  const std::size_t before = out.size();
  for (; written_ < groups_.size() && out.size() - before < piece_bytes; ++written_) {
    out.append(written_ == 0 ? "" : ",");
    append_group_json(*groups_[written_], out);
  }
  if (written_ < groups_.size()) {
    return true;
  }
  out.append("]}");
  return false;
}

std::size_t group_json::held_bytes() const noexcept {
  return groups_.capacity() * sizeof(groups_.front());
}

}  // namespace weir::push
