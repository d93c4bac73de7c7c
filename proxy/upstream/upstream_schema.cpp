// SPDX-License-Identifier: Apache-2.0
#include "upstream/upstream_schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "upstream/kept_words.hpp"

namespace weir {
namespace {

// First line of the text; then a line for each policy: database, policy, default, nanoseconds; then
// one for each bucket whose id is known: @id, name. Names are `kept_name`s.
constexpr std::string_view text_head = "weir learnt 1\n";

}  // namespace

bool upstream_schema::replace(const std::string& database, std::vector<upstream_policy> policies) {
  const auto known = databases_.find(database);
  const std::size_t before = known == databases_.end() ? 0 : known->second.size();
  policies.resize(std::min(policies.size(), policies_max - (policies_ - before)));
  if (policies.empty()) {
    policies_ -= before;
    return databases_.erase(database) > 0;
  }
  if (known != databases_.end() && known->second == policies) {
    return false;
  }
  policies_ += policies.size() - before;
  databases_[database] = std::move(policies);
  return true;
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): its parts are moved from
bool upstream_schema::replace_all(std::map<std::string, std::vector<upstream_policy>> listed) {
  upstream_schema merged;
  for (auto& [database, policies] : listed) {
    merged.replace(database, std::move(policies));
  }
  const bool is_changed = merged.databases_ != databases_;
  *this = std::move(merged);
  return is_changed;
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): its parts are moved from
bool upstream_schema::merge(std::map<std::string, std::vector<upstream_policy>> listed,
                            std::map<std::string, std::string> names_by_id) {
  upstream_schema merged;
  for (auto& [database, policies] : listed) {
    merged.replace(database, std::move(policies));
  }
  for (const auto& [database, policies] : databases_) {
    if (!merged.knows(database)) {
      merged.replace(database, policies);
    }
  }
  merged.names_by_id_ = std::move(names_by_id);
  for (const auto& [id, name] : names_by_id_) {
    if (merged.names_by_id_.size() < policies_max) {
      merged.names_by_id_.emplace(id, name);
    }
  }
  const bool is_changed = merged.databases_ != databases_ || merged.names_by_id_ != names_by_id_;
  *this = std::move(merged);
  return is_changed;
}

std::vector<std::string> upstream_schema::names() const {
  std::vector<std::string> out;
  out.reserve(databases_.size());
  for (const auto& [name, policies] : databases_) {
    out.push_back(name);
  }
  return out;
}

std::string upstream_schema::name_of(const std::string& id) const {
  const auto known = names_by_id_.find(id);
  return known == names_by_id_.end() ? std::string{} : known->second;
}

std::optional<std::chrono::nanoseconds> upstream_schema::retention_of(
    const std::string& database, std::string_view policy) const {
  const auto known = databases_.find(database);
  if (known == databases_.end()) {
    return std::nullopt;
  }
  for (const upstream_policy& one : known->second) {
    if (policy.empty() ? one.is_default : one.name == policy) {
      return one.duration.count() > 0 ? std::optional(one.duration) : std::nullopt;
    }
  }
  return std::nullopt;
}

std::string upstream_schema::text() const {
  std::string out(text_head);
  for (const auto& [database, policies] : databases_) {
    for (const upstream_policy& one : policies) {
      out += fmt::format("{} {} {} {}\n", kept_name(database), kept_name(one.name),
                         one.is_default ? 1 : 0, one.duration.count());
    }
  }
  for (const auto& [id, name] : names_by_id_) {
    out += fmt::format("@{} {}\n", id, kept_name(name));
  }
  return out;
}

std::optional<upstream_schema> upstream_schema::read(std::string_view text) {
  if (!text.starts_with(text_head)) {
    return std::nullopt;
  }
  text.remove_prefix(text_head.size());
  std::map<std::string, std::vector<upstream_policy>> listed;
  std::map<std::string, std::string> names_by_id;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.starts_with('@')) {
      const std::string_view id = take_word(line).substr(1);
      const auto name = name_of_kept(line);
      if (!is_bucket_id(id) || !name) {
        return std::nullopt;
      }
      names_by_id.emplace(id, *name);
      continue;
    }
    const auto database = name_of_kept(take_word(line));
    const auto policy = name_of_kept(take_word(line));
    const std::string_view is_default = take_word(line);
    std::int64_t duration = 0;
    const auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), duration);
    if (!database || !policy || (is_default != "0" && is_default != "1") || error != std::errc{} ||
        rest != line.data() + line.size() || duration < 0) {
      return std::nullopt;
    }
    listed[*database].push_back({*policy, is_default == "1", std::chrono::nanoseconds(duration)});
  }
  upstream_schema merged;
  merged.merge(std::move(listed), std::move(names_by_id));
  return merged;
}

}  // namespace weir
