// SPDX-License-Identifier: Apache-2.0
//
// What becomes of the book when the sinks are others; assignment_text.cpp has its text.
#include "sinks/assignments/assignment_book.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "config/sinks/sink_per_address.hpp"

namespace weir {
namespace {

using names = std::vector<std::string>;

names sorted_names(const shard_settings& group) {
  names all;
  for (const shard_settings::address& each : group.all) {
    all.push_back(each.name);
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::string sink_name(const std::string& group, const std::string& address) {
  return fmt::format("{}@{}", group, address);
}

/// One sink of each group, the first that is there: a replay has a single one of them.
std::vector<const sink_settings*> groups_of(const std::vector<sink_settings>& sinks) {
  std::vector<const sink_settings*> all;
  std::set<std::string_view> seen;
  for (const sink_settings& one : sinks) {
    if (one.shard && seen.insert(one.shard->group).second) {
      all.push_back(&one);
    }
  }
  return all;
}

bool is_in_force(const assignment_book& book, const shard_settings& group) {
  const auto known = book.find(group.group);
  return known != book.end() &&
         known->second.history->entries().back().addresses == sorted_names(group);
}

/// One group's way from the book before to the next one.
class group_change {
 public:
  group_change(const assignment_book& book, const sink_settings& member,
               const assignment_facts& facts)
      : member_(member), group_(*member.shard), facts_(facts) {
    if (const auto known = book.find(group_.group); known != book.end()) {
      made_ = known->second;
    }
  }

  outcome assign(names& words);
  /// Those that owe something stay in the book.
  void keep_leaving(std::vector<sink_settings>& leaving);
  [[nodiscard]] assignment_group take() { return std::move(made_); }

 private:
  [[nodiscard]] std::optional<member_standing> standing(const std::string& address) const {
    return facts_.standing(sink_name(group_.group, address));
  }
  struct place {
    log_position from;
    /// Some sink of the group exists.
    bool anybody = false;
  };
  [[nodiscard]] place beginning() const;
  [[nodiscard]] log_position least_needed() const;
  [[nodiscard]] bool owes(const std::string& address) const;

  const sink_settings& member_;
  const shard_settings& group_;
  const assignment_facts& facts_;
  assignment_group made_;
};

/// From where on the new list holds: nobody may have looked at a frame from there on.
group_change::place group_change::beginning() const {
  log_position from = facts_.end;
  bool anybody = made_.history != nullptr;
  const auto look = [&](const std::string& address) {
    if (const auto stands = standing(address)) {
      anybody = true;
      from = std::max(from, stands->discovered);
    }
  };
  for (const shard_settings::address& each : group_.all) {
    look(each.name);
  }
  for (const auto& [address, url] : made_.urls) {
    look(address);
  }
  if (!anybody) {
    return {facts_.start(member_.start), false};
  }
  return {made_.history == nullptr ? from : std::max(from, made_.history->entries().back().from),
          true};
}

log_position group_change::least_needed() const {
  log_position least = assignment_history::in_force;
  for (const auto& [address, url] : made_.urls) {
    const auto stands = standing(address);
    least = std::min(least, stands ? stands->least : made_.history->begin_of(address));
  }
  return least;
}

outcome group_change::assign(names& words) {
  names all = sorted_names(group_);
  const bool is_new = made_.history == nullptr;
  if (is_new || made_.history->entries().back().addresses != all) {
    const auto [from, anybody] = beginning();
    assignment_history history;
    if (is_new && anybody && from > log_position()) {
      // Those that exist did not share: they replicated, or the book was lost.
      static_cast<void>(history.add({}, {}));
    }
    if (!is_new) {
      history = *made_.history;
      history.forget_before(least_needed());
      words.push_back(
          fmt::format("sink {}: from frame {} of the log on its series are shared by "
                      "{} (before: {})",
                      group_.group, from.number(), fmt::join(all, ", "),
                      fmt::join(history.entries().back().addresses, ", ")));
    }
    if (!history.add(from, std::move(all))) {
      return failure{
          fmt::format("sink \"{}\": its addresses changed {} times since the oldest "
                      "point that it has still to deliver; wait until that is "
                      "delivered, or set removed_addresses = \"forget\"",
                      group_.group, assignment_history::changes_max)};
    }
    made_.history = std::make_shared<const assignment_history>(std::move(history));
  }
  for (const shard_settings::address& each : group_.all) {
    made_.urls[each.name] = each.url;
  }
  return nothing{};
}

bool group_change::owes(const std::string& address) const {
  const log_position end = made_.history->end_of(address);
  const auto stands = standing(address);
  return stands ? stands->pending > 0 || stands->discovered < end : end > log_position();
}

void group_change::keep_leaving(std::vector<sink_settings>& leaving) {
  const assignment& now = made_.history->entries().back();
  std::erase_if(made_.urls, [&](const auto& each) {
    const auto& [address, url] = each;
    if (now.index_of(address) != assignment::none) {
      return false;
    }
    if (removed_addresses_of(member_) == removed_address_use::forget || !owes(address)) {
      return true;
    }
    leaving.push_back(leaving_sink(member_, {address, url}));
    return false;
  });
}

}  // namespace

member_standing standing_of(const cursor_state& cursor) {
  member_standing stands{cursor.discovered, cursor.low_water, cursor.pending()};
  for (const auto& [key, at] : cursor.lanes) {
    stands.least = std::min(stands.least, at.next);
  }
  return stands;
}

std::set<std::string> affected_sinks(const assignment_book& book,
                                     const std::vector<sink_settings>& wanted) {
  std::set<std::string> all;
  for (const sink_settings* member : groups_of(wanted)) {
    const shard_settings& group = *member->shard;
    if (is_in_force(book, group)) {
      continue;
    }
    for (const shard_settings::address& each : group.all) {
      all.insert(sink_name(group.group, each.name));
    }
    if (const auto known = book.find(group.group); known != book.end()) {
      for (const auto& [address, url] : known->second.urls) {
        all.insert(sink_name(group.group, address));
      }
    }
  }
  return all;
}

result<settled_assignments> settle_assignments(const assignment_book& book,
                                               std::vector<sink_settings> wanted,
                                               const assignment_facts& facts) {
  settled_assignments settled;
  std::vector<sink_settings> leaving;
  for (const sink_settings* member : groups_of(wanted)) {
    group_change change(book, *member, facts);
    if (outcome done = change.assign(settled.words); !done) {
      return done.error();
    }
    change.keep_leaving(leaving);
    settled.book.emplace(member->shard->group, change.take());
  }
  settled.sinks = std::move(wanted);
  settled.sinks.insert(settled.sinks.end(), std::move_iterator(leaving.begin()),
                       std::move_iterator(leaving.end()));
  return settled;
}

std::shared_ptr<const assignment_history> history_of(const assignment_book& book,
                                                     const sink_settings& sink) {
  if (!sink.shard) {
    return nullptr;
  }
  const auto known = book.find(sink.shard->group);
  return known == book.end() ? nullptr : known->second.history;
}

}  // namespace weir
