// SPDX-License-Identifier: Apache-2.0
#include "facts/refusals/finding_book.hpp"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

void add_sender(finding_group& group, const finding_sender& from, std::string_view database,
                std::uint64_t count, std::int64_t now_ns) {
  auto known = std::find_if(group.senders.begin(), group.senders.end(), [&](const auto& each) {
    return each.from == from && each.database == database;
  });
  if (known == group.senders.end()) {
    if (group.senders.size() == finding_group::senders_max) {
      // One that sends little gives way: senders of a single line come and go.
      known = std::min_element(group.senders.begin(), group.senders.end(),
                               [](const group_sender& one, const group_sender& other) {
                                 return std::pair(one.count, one.last_ns) <
                                        std::pair(other.count, other.last_ns);
                               });
      *known = {from, std::string(database), 0, 0};
    } else {
      known = group.senders.insert(known, {from, std::string(database), 0, 0});
    }
  }
  known->count += count;
  known->last_ns = now_ns;
}

database_finding* find_reason(std::vector<database_finding>& among, finding_kind kind,
                              finding_code code) {
  const auto known = std::find_if(among.begin(), among.end(), [&](const auto& each) {
    return each.kind == kind && each.code == code;
  });
  return known == among.end() ? nullptr : &*known;
}

}  // namespace

finding_group& finding_book::group_of(finding_kind kind, finding_code code) {
  std::unique_ptr<finding_group>& group = groups_[place_of(kind, code)];
  if (group == nullptr) {
    group = std::make_unique<finding_group>();
    group->kind = kind;
    group->code = code;
  }
  return *group;
}

finding_book::database_findings& finding_book::findings_of(std::string_view database) {
  const auto known = databases_.find(database);
  if (known != databases_.end()) {
    return known->second;
  }
  if (databases_.size() == databases_max) {
    databases_.erase(std::min_element(databases_.begin(), databases_.end(),
                                      [](const auto& one, const auto& other) {
                                        return one.second.last_ns < other.second.last_ns;
                                      }));
  }
  return databases_[std::string(database)];
}

void finding_book::add(request_findings& found, std::string_view database,
                       std::string_view retention_policy, std::int64_t now_ns) {
  const std::string_view name = database.substr(0, name_bytes_max);
  const std::lock_guard lock(mutex_);
  database_findings& own = findings_of(name);
  own.last_ns = now_ns;
  for (const request_findings::entry& each : found.entries()) {
    const finding_sender& from = found.senders()[each.sender];
    finding_group& group = group_of(each.kind, each.code);
    group.count += each.count;
    group.last_ns = now_ns;
    add_sender(group, from, name, each.count, now_ns);
    database_finding* reason = find_reason(own.reasons, each.kind, each.code);
    if (reason == nullptr && own.reasons.size() < database_finding::count_max) {
      reason = &own.reasons.emplace_back();
      reason->kind = each.kind;
      reason->code = each.code;
    }
    if (reason != nullptr) {
      reason->count += each.count;
      reason->last_ns = now_ns;
      reason->from = from;
    }
  }
  for (request_findings::example& each : found.examples()) {
    if (database_finding* reason = find_reason(own.reasons, each.kind, each.code)) {
      reason->message = each.line.title.empty() ? each.line.message : std::string(each.line.title);
      reason->remedy =
          each.line.remedy.empty() ? std::string(each.code.remedy()) : each.line.remedy;
    }
    example_at_ns_[place_of(each.kind, each.code)].store(now_ns, std::memory_order_relaxed);
    group_of(each.kind, each.code).example = {
        std::move(each.line), found.senders()[each.sender], std::string(name),
        std::string(retention_policy.substr(0, name_bytes_max))};
  }
}

std::vector<finding_group> finding_book::groups(std::size_t count_max) const {
  std::vector<const finding_group*> newest;
  std::vector<finding_group> out;
  const std::lock_guard lock(mutex_);
  for (const std::unique_ptr<finding_group>& each : groups_) {
    if (each != nullptr) {
      newest.push_back(each.get());
    }
  }
  std::stable_sort(newest.begin(), newest.end(), [](const auto* one, const auto* other) {
    return one->last_ns > other->last_ns;
  });
  newest.resize(std::min(newest.size(), count_max));
  for (const finding_group* each : newest) {
    out.push_back(*each);
    std::stable_sort(out.back().senders.begin(), out.back().senders.end(),
                     [](const auto& one, const auto& other) { return one.count > other.count; });
  }
  return out;
}

std::vector<database_finding> finding_book::of_database(std::string_view database) const {
  std::vector<database_finding> out;
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = databases_.find(database.substr(0, name_bytes_max));
        known != databases_.end()) {
      out = known->second.reasons;
    }
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& one, const auto& other) { return one.count > other.count; });
  return out;
}

}  // namespace weir
