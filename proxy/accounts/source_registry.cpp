// SPDX-License-Identifier: Apache-2.0
#include "accounts/source_registry.hpp"

#include "base/text/ascii.hpp"
#include "base/text/utf8.hpp"

namespace weir {
namespace {

constexpr std::size_t agent_bytes_max = 128;
constexpr std::size_t user_bytes_max = 64;
constexpr std::size_t kind_bytes_max = 32;

/// Fit for a label: bounded, UTF-8.
std::string label_text(std::string_view text) {
  text = text.substr(0, user_bytes_max);
  return is_utf8(text) ? std::string(text) : std::string("invalid");
}

}  // namespace

void source_entry::add(const line_account& account) noexcept {
  sums more{.received = account.received, .accepted = account.accepted};
  if (account.received != account.accepted) {
    more.rejected = account.rejected();
    more.dropped = account.dropped();
  }
  const std::lock_guard lock(mutex_);
  lines_.received += more.received;
  lines_.accepted += more.accepted;
  lines_.rejected += more.rejected;
  lines_.dropped += more.dropped;
}

source_entry::sums source_entry::lines() const noexcept {
  const std::lock_guard lock(mutex_);
  return lines_;
}

void source_entry::collect(metric_collector& out) const {
  const sums lines = this->lines();
  const auto report = [&](std::string_view name, std::string_view help, std::uint64_t value) {
    out.counter_value(name, help, static_cast<double>(value),
                      {{"listener", listener_}, {"user", user_}, {"agent", agent_}});
  };
  report("weir_source_lines_received_total", "Lines with a point, by who sent them.",
         lines.received);
  report("weir_source_lines_accepted_total", "Lines that are in the log, by who sent them.",
         lines.accepted);
  report("weir_source_lines_rejected_total", "Lines refused, by who sent them.", lines.rejected);
  report("weir_source_lines_dropped_total", "Lines dropped by a rule, by who sent them.",
         lines.dropped);
}

source_entry& source_registry::find_or_add(std::string_view listener, std::string_view user,
                                           std::string_view agent) {
  const std::scoped_lock lock(mutex_);
  std::tuple<std::string, std::string, std::string> key(listener, user, agent);
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (entries_.size() >= sources_max) {
      key = {"other", "other", "other"};
      found = entries_.find(key);
    }
    if (found == entries_.end()) {
      auto made =
          std::make_unique<source_entry>(std::get<0>(key), std::get<1>(key), std::get<2>(key));
      found = entries_.emplace(std::move(key), std::move(made)).first;
    }
  }
  return *found->second;
}

std::vector<const source_entry*> source_registry::entries() const {
  const std::scoped_lock lock(mutex_);
  std::vector<const source_entry*> all;
  all.reserve(entries_.size());
  for (const auto& [key, entry] : entries_) {
    all.push_back(entry.get());
  }
  return all;
}

void source_registry::collect(metric_collector& out) const {
  const std::scoped_lock lock(mutex_);
  for (const auto& [key, entry] : entries_) {
    entry->collect(out);
  }
}

std::shared_ptr<const sender> sender_cache::find(std::string_view agent,
                                                 const api::offered_credentials& offered) {
  key_.assign(agent).append(1, '\0').append(offered.authorization);
  key_.append(1, '\0').append(offered.user);
  if (last_ != nullptr && key_ == last_key_) {
    return last_;  // requests of one client often follow each other
  }
  last_key_ = key_;
  const auto found = senders_.find(key_);
  if (found != senders_.end()) {
    last_ = found->second;
    return last_;
  }
  auto made = std::make_shared<sender>();
  made->user = label_text(api::read_credentials(offered).user);
  made->agent = agent.substr(0, agent_bytes_max);
  made->source = &sources_.find_or_add(listener_, made->user, agent_kind(agent));
  if (senders_.size() >= senders_max) {
    senders_.clear();  // requests under way hold on to theirs
  }
  senders_.emplace(key_, made);
  last_ = made;
  return made;
}

std::string agent_kind(std::string_view agent) {
  std::string kind;
  for (const char c : agent.substr(0, agent.find_first_of("/ ("))) {
    const bool letter = is_letter(c);
    const bool other = is_digit(c) || c == '-' || c == '_' || c == '.';
    kind.push_back(letter ? to_lower(c) : other ? c : '_');
    if (kind.size() == kind_bytes_max) {
      break;
    }
  }
  return kind.empty() ? "none" : kind;
}

}  // namespace weir
