// SPDX-License-Identifier: Apache-2.0
#include "push/group_text.hpp"

#include <algorithm>

#include "exposition/text_reader.hpp"
#include "exposition/text_writer.hpp"
#include "push/json_families.hpp"

namespace weir::push {
namespace {

constexpr std::size_t gathered_at_once = 256;
constexpr std::size_t piece_bytes = std::size_t{32} << 10;

std::string_view series_of(std::string_view line) noexcept {
  return line.substr(0, line.rfind(' '));
}

}  // namespace

group_exposition::group_exposition(group_list groups) : groups_(std::move(groups)) {
  std::sort(groups_.begin(), groups_.end(), [](const auto& one, const auto& other) {
    return one->pushed.ns != other->pushed.ns ? one->pushed.ns > other->pushed.ns
                                              : one->labels < other->labels;
  });
}

void group_exposition::gather() {
  const std::size_t last = std::min(groups_.size(), gathered_ + gathered_at_once);
  for (; gathered_ < last; ++gathered_) {
    for (const auto& [name, each] : groups_[gathered_]->families) {
      families_[name].push_back(each.get());
    }
  }
}

bool group_exposition::next(std::string& out) {
  if (gathered_ < groups_.size()) {
    gather();
    return true;
  }
  const std::size_t before = out.size();
  while (!families_.empty() && out.size() - before < piece_bytes) {
    write_family(families_.begin()->second, out);
    families_.erase(families_.begin());
  }
  if (families_.empty() && !times_written_) {
    times_written_ = true;
    write_times(failure_time_name,
                "Last Unix time when changing this group in the Pushgateway failed.",
                &group::failed, out);
    write_times(push_time_name,
                "Last Unix time when changing this group in the Pushgateway succeeded.",
                &group::pushed, out);
  }
  return !families_.empty();
}

void group_exposition::write_times(std::string_view name, std::string_view help,
                                   wall_time group::*which, std::string& out) const {
  if (groups_.empty()) {
    return;
  }
  exposition::append_family_head(name, exposition::metric_type::gauge, help, out);
  std::unordered_set<std::string> seen;
  for (const auto& each : groups_) {
    if (const auto [series, is_new] = seen.insert(key_of(each->series)); is_new) {
      out.append(name).append(*series).push_back(' ');
      out.append(seconds_text((*each).*which)).push_back('\n');
    }
  }
}

void group_exposition::write_family(const std::vector<const kept_family*>& parts,
                                    std::string& out) {
  const pushed_family& newest = parts.front()->is;
  exposition::append_family_head(newest.name, newest.type, newest.help, out);
  if (parts.size() == 1) {
    out.append(newest.text);
    return;
  }
  std::unordered_set<std::string_view> seen;
  for (const kept_family* part : parts) {
    for (std::string_view rest = part->is.text; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n') + 1);
      rest.remove_prefix(line.size());
      if (seen.insert(series_of(line)).second) {
        out.append(line);
      }
    }
  }
}

std::size_t group_exposition::held_bytes() const noexcept {
  constexpr std::size_t node = 96;
  return groups_.capacity() * sizeof(groups_.front()) + families_.size() * node;
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
