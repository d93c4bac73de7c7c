// SPDX-License-Identifier: Apache-2.0
#include "push/groups.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "push/kept_lines.hpp"

namespace weir::push {
namespace {

std::size_t bytes_of(const pushed_family& one) noexcept {
  return family_overhead + one.name.size() + one.help.size() + one.text.size();
}

std::size_t bytes_of(const grouping& labels) noexcept {
  constexpr std::size_t node = 112;
  std::size_t bytes = 0;
  for (const auto& [name, value] : labels) {
    bytes += node + name.size() + value.size();
  }
  return bytes;
}

/// Lines of `before` whose series `after` does not have. Mostly it has the same in the same order.
void append_vanished(std::string_view before, std::string_view after, std::string& out) {
  if (before == after) {
    return;
  }
  while (!before.empty() && !after.empty()) {
    std::string_view rest_before = before;
    std::string_view rest_after = after;
    if (series_of(take_line(rest_before)) != series_of(take_line(rest_after))) {
      break;
    }
    before = rest_before;
    after = rest_after;
  }
  std::unordered_set<std::string_view> there;
  while (!after.empty() && !before.empty()) {
    there.insert(series_of(take_line(after)));
  }
  while (!before.empty()) {
    const std::string_view line = take_line(before);
    if (!there.contains(series_of(line))) {
      out.append(line);
    }
  }
}

/// Its key is kept twice.
void count(group& one) {
  one.bytes = group_overhead + 4 * bytes_of(one.labels);
  one.samples = 0;
  for (const auto& [name, each] : one.families) {
    one.bytes += bytes_of(each->is);
    one.samples += each->is.samples;
  }
}

}  // namespace

void group_table::set_bytes_max(std::size_t bytes) {
  const std::lock_guard hold(lock_);
  bytes_max_ = bytes;
}

bool group_table::has_room(const grouping& labels, const std::vector<pushed_family>& families,
                           bool adds) const {
  const std::size_t bare = group_overhead + 4 * bytes_of(labels);
  std::size_t wanted = bare;
  for (const pushed_family& each : families) {
    wanted += bytes_of(each);
  }
  const std::lock_guard hold(lock_);
  const auto known = groups_.find(key_of(labels));
  std::size_t freed = 0;
  if (known != groups_.end()) {
    freed = known->second.is->bytes;
    if (adds) {
      wanted += freed - bare;  // those that it has, without those that are named again
      for (const pushed_family& each : families) {
        const auto old = known->second.is->families.find(each.name);
        wanted -= old == known->second.is->families.end() ? 0 : bytes_of(old->second->is);
      }
    }
  }
  // A push that makes its group no larger is never refused.
  return wanted <= freed || totals_.bytes - freed + wanted <= bytes_max_;
}

void group_table::apply(group_push push, const lifetime_terms& terms, const moment& now) {
  auto next = std::make_shared<group>();
  const std::string key = key_of(push.labels);
  const auto named = named_ttl(terms, push.labels.at("job"));
  const std::lock_guard hold(lock_);
  const auto at = groups_.try_emplace(key).first;
  entry& kept = at->second;
  if (kept.is != nullptr) {
    next->failed = kept.is->failed;
    next->interval_ns = next_interval(kept.is->interval_ns, now.steady - kept.pushed);
    if (push.adds) {
      next->families = kept.is->families;
    }
  }
  next->labels = std::move(push.labels);
  next->series = std::move(push.series);
  next->database = std::move(push.database);
  next->retention_policy = std::move(push.retention_policy);
  next->pushed = now.wall;
  next->ttl = push.ttl ? *push.ttl
              : named  ? *named
                       : time_to_live(learnt_ttl(terms, next->interval_ns));
  for (pushed_family& each : push.families) {
    auto family = std::make_shared<const kept_family>(kept_family{std::move(each), now.wall});
    next->families.erase(family->is.name);  // its key lies in the old one
    next->families.emplace(family->is.name, family);
  }
  count(*next);
  kept.pushed = now.steady;
  kept.expires = next->ttl ? now.steady.after(*next->ttl) : steady_time::never();
  follow_repeat(terms.repeat_ns);
  set_repeats(kept, terms.repeat_ns, now.steady);
  put(at, std::move(next));
}

void group_table::put(table::iterator at, std::shared_ptr<const group> next) {
  entry& kept = at->second;
  if (kept.is != nullptr) {
    note_ended(*kept.is, next.get(), next->pushed);
    totals_.bytes -= kept.is->bytes;
    totals_.samples -= kept.is->samples;
  }
  totals_.bytes += next->bytes;
  totals_.samples += next->samples;
  totals_.groups = groups_.size();
  kept.is = std::move(next);
  note_change();
  schedule(at);
}

/// `next`: what the group is now; nullptr: it is gone.
void group_table::note_ended(const group& before, const group* next, wall_time at) {
  const bool moved = next == nullptr || next->database != before.database ||
                     next->retention_policy != before.retention_policy;
  std::string vanished;
  for (const auto& [name, family] : before.families) {
    std::string_view text_now;
    if (!moved) {
      const auto now = next->families.find(name);
      if (now != next->families.end() && now->second == family) {
        continue;
      }
      text_now = now == next->families.end() ? std::string_view{} : now->second->is.text;
    }
    append_vanished(family->is.text, text_now, vanished);
  }
  if (vanished.empty()) {
    return;
  }
  if (ended_bytes_ + vanished.size() > ended_bytes_max) {
    totals_.ends_lost +=
        static_cast<std::uint64_t>(std::count(vanished.begin(), vanished.end(), '\n'));
    return;
  }
  ended_bytes_ += vanished.size();
  ended_.push_back({before.database, before.retention_policy, at, std::move(vanished)});
}

void group_table::note_change() {
  ++version_;
  if (on_change_) {
    on_change_();
  }
}

void group_table::watch(std::function<void()> on_change) {
  const std::lock_guard hold(lock_);
  on_change_ = std::move(on_change);
}

bool group_table::is_empty() const {
  const std::lock_guard hold(lock_);
  return groups_.empty() && ended_.empty();
}

std::vector<ended_series> group_table::take_ended() {
  const std::lock_guard hold(lock_);
  ended_bytes_ = 0;
  return std::exchange(ended_, {});
}

void group_table::schedule(table::iterator at) {
  entry& kept = at->second;
  due_.erase({kept.due.ns, at->first});
  kept.due = std::min(kept.expires, kept.repeats);
  if (kept.due < steady_time::never()) {
    due_.emplace(kept.due.ns, at->first);
  }
}

void group_table::set_repeats(entry& kept, std::int64_t repeat_ns, steady_time written) noexcept {
  kept.written = written;
  kept.repeats = repeat_ns > 0 ? written.after(repeat_ns) : steady_time::never();
}

/// After a reload.
void group_table::follow_repeat(std::int64_t repeat_ns) {
  if (std::exchange(repeat_ns_, repeat_ns) != repeat_ns) {
    for (auto at = groups_.begin(); at != groups_.end(); ++at) {
      set_repeats(at->second, repeat_ns, at->second.written);
      schedule(at);
    }
  }
}

void group_table::erase(table::iterator at, wall_time now) {
  note_ended(*at->second.is, nullptr, now);
  due_.erase({at->second.due.ns, at->first});
  totals_.bytes -= at->second.is->bytes;
  totals_.samples -= at->second.is->samples;
  groups_.erase(at);
  totals_.groups = groups_.size();
  note_change();
}

void group_table::note_failure(const grouping& labels, wall_time now) {
  const std::lock_guard hold(lock_);
  const auto known = groups_.find(key_of(labels));
  if (known != groups_.end()) {
    auto next = std::make_shared<group>(*known->second.is);
    next->failed = now;
    put(known, std::move(next));
  }
}

bool group_table::remove(const grouping& labels, wall_time now) {
  const std::lock_guard hold(lock_);
  const auto known = groups_.find(key_of(labels));
  if (known == groups_.end()) {
    return false;
  }
  erase(known, now);
  ++totals_.deleted;
  return true;
}

void group_table::wipe(wall_time now) {
  const std::lock_guard hold(lock_);
  totals_.deleted += groups_.size();
  for (const auto& [key, each] : groups_) {
    note_ended(*each.is, nullptr, now);
  }
  due_.clear();
  groups_.clear();
  totals_.groups = totals_.samples = totals_.bytes = 0;
  note_change();
}

void group_table::restore(group kept, time_to_live ttl_left_ns, const lifetime_terms& terms,
                          const moment& now) {
  count(kept);
  const std::lock_guard hold(lock_);
  const auto at = groups_.try_emplace(key_of(kept.labels)).first;
  at->second.pushed = now.steady;
  at->second.expires = ttl_left_ns ? now.steady.after(*ttl_left_ns) : steady_time::never();
  follow_repeat(terms.repeat_ns);
  set_repeats(at->second, terms.repeat_ns, now.steady);
  put(at, std::make_shared<const group>(std::move(kept)));
}

void group_table::expire(const moment& now) {
  const std::lock_guard hold(lock_);
  for (auto next = due_.begin(); next != due_.end() && next->first <= now.steady.ns;) {
    const auto at = groups_.find(std::string(next->second));
    ++next;
    if (at->second.expires <= now.steady) {
      erase(at, now.wall);
      ++totals_.expired;
    }
  }
}

std::vector<std::shared_ptr<const group>> group_table::take_due(const lifetime_terms& terms,
                                                                steady_time now,
                                                                std::size_t bytes_max) {
  std::vector<std::shared_ptr<const group>> taken;
  std::size_t bytes = 0;
  const std::lock_guard hold(lock_);
  follow_repeat(terms.repeat_ns);
  while (!due_.empty() && due_.begin()->first <= now.ns && bytes < bytes_max) {
    const auto at = groups_.find(std::string(due_.begin()->second));
    if (at->second.expires <= now) {
      break;  // `expire` comes first
    }
    bytes += at->second.is->bytes;
    taken.push_back(at->second.is);
    set_repeats(at->second, terms.repeat_ns, now);
    schedule(at);
  }
  return taken;
}

std::vector<std::shared_ptr<const group>> group_table::all() const {
  std::vector<std::shared_ptr<const group>> out;
  const std::lock_guard hold(lock_);
  out.reserve(groups_.size());
  for (const auto& [key, each] : groups_) {
    out.push_back(each.is);
  }
  return out;
}

std::shared_ptr<const group> group_table::find(const grouping& labels) const {
  const std::lock_guard hold(lock_);
  const auto known = groups_.find(key_of(labels));
  return known == groups_.end() ? nullptr : known->second.is;
}

group_totals group_table::totals() const {
  const std::lock_guard hold(lock_);
  return totals_;
}

std::uint64_t group_table::version() const {
  const std::lock_guard hold(lock_);
  return version_;
}

}  // namespace weir::push
