// SPDX-License-Identifier: Apache-2.0
//
// Who sends lines: counts by listener, user and kind of program, bounded in number. The registry is
// thread-safe; a sender_cache belongs to one loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "accounts/line_account.hpp"
#include "api/credentials.hpp"
#include "base/brief_mutex.hpp"
#include "observe/metrics.hpp"

namespace weir {

/// The counts of one source. Any thread.
class source_entry {
 public:
  /// received = accepted + rejected + dropped.
  struct sums {
    std::uint64_t received = 0;
    std::uint64_t accepted = 0;
    std::uint64_t rejected = 0;
    std::uint64_t dropped = 0;
  };

  source_entry(std::string listener, std::string user, std::string agent)
      : listener_(std::move(listener)), user_(std::move(user)), agent_(std::move(agent)) {}

  void add(const line_account& account) noexcept;
  [[nodiscard]] const std::string& listener() const noexcept { return listener_; }
  [[nodiscard]] const std::string& user() const noexcept { return user_; }
  [[nodiscard]] const std::string& agent() const noexcept { return agent_; }
  [[nodiscard]] sums lines() const noexcept;
  void collect(metric_collector& out) const;

 private:
  const std::string listener_;
  const std::string user_;
  const std::string agent_;
  /// Added to and read whole, so that what is read adds up.
  mutable brief_mutex mutex_;
  sums lines_;
};

class source_registry {
 public:
  /// Sources with counts of their own; further ones are counted together, as "other".
  static constexpr std::size_t sources_max = 64;

  /// Valid as long as the registry.
  [[nodiscard]] source_entry& find_or_add(std::string_view listener, std::string_view user,
                                          std::string_view agent);
  /// Each of them lives as long as the registry.
  [[nodiscard]] std::vector<const source_entry*> entries() const;
  void collect(metric_collector& out) const;

 private:
  mutable std::mutex mutex_;
  /// By listener, user and agent.
  std::map<std::tuple<std::string, std::string, std::string>, std::unique_ptr<source_entry>>
      entries_;
};

/// What one client says of itself.
struct sender {
  std::string user;
  /// Its User-Agent header, cut to what a letter keeps.
  std::string agent;
  source_entry* source = nullptr;
};

/// Remembers senders by the headers that they send, so that a request costs one look-up and no
/// lock. One thread.
class sender_cache {
 public:
  static constexpr std::size_t senders_max = 256;

  sender_cache(source_registry& sources, std::string listener)
      : sources_(sources), listener_(std::move(listener)) {}

  [[nodiscard]] std::shared_ptr<const sender> find(std::string_view agent,
                                                   const api::offered_credentials& offered);

 private:
  source_registry& sources_;
  const std::string listener_;
  std::unordered_map<std::string, std::shared_ptr<const sender>> senders_;
  std::string key_;
  std::string last_key_;
  std::shared_ptr<const sender> last_;
};

/// The kind of program that a User-Agent header names, for a label: "telegraf" of "Telegraf/1.39
/// Go/1.22"; "none" without one.
[[nodiscard]] std::string agent_kind(std::string_view agent);

}  // namespace weir
