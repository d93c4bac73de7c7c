// SPDX-License-Identifier: Apache-2.0
//
// The listeners of lines, [[udp]] and [[tcp]], as the pipeline owns them: opened, changed by a
// reload, and ended. Control loop's thread, but for `collect`.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/published.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "intake/stream_listener.hpp"
#include "intake/tls/tls_context_posix.hpp"
#include "intake/udp_listener.hpp"
#include "server/lines/stream_service.hpp"
#include "server/lines/udp_service.hpp"

namespace weir {

/// Reads the files of `section`.tls. `before` is what they are read in place of.
[[nodiscard]] result<std::shared_ptr<const tls_context>> load_tls(
    std::string_view section, const tls_settings& files, const tls_context* before = nullptr);

/// What their lines need.
struct line_services {
  write_services writes;
  std::atomic<bool>& log_failed;
  clock_source clock;
};

/// One `[[udp]]`: as many sockets as it says, of one port.
struct udp_intake {
  using settings_type = udp_settings;
  explicit udp_intake(const udp_settings& first)
      : configured(std::make_shared<const udp_settings>(first)) {}

  /// Opens the sockets; nothing is read from them yet.
  [[nodiscard]] static result<std::unique_ptr<udp_intake>> open(const udp_settings& wanted,
                                                                const line_services& services);
  void begin();
  /// What a reload changes of one that stays: prepared, which may fail, and then put in force.
  using change = std::shared_ptr<const udp_settings>;
  [[nodiscard]] static result<change> prepare(const udp_settings& wanted) {
    return std::make_shared<const udp_settings>(wanted);
  }
  void apply(change made) { configured.publish(std::move(made)); }
  void finish();
  [[nodiscard]] bool is_open() const noexcept;
  void stop();
  [[nodiscard]] const listen_address& address() const { return listeners.front()->address(); }
  void collect(metric_collector& out) const;

  udp_counts counts;
  published<udp_settings> configured;
  std::vector<std::unique_ptr<udp_listener>> listeners;
};

/// One `[[tcp]]`.
struct tcp_intake {
  using settings_type = tcp_settings;
  explicit tcp_intake(const tcp_settings& first)
      : configured(std::make_shared<const tcp_settings>(first)) {}

  /// Opens the socket; nothing is accepted yet.
  [[nodiscard]] static result<std::unique_ptr<tcp_intake>> open(const tcp_settings& wanted,
                                                                const line_services& services);
  void begin() { listener->begin(); }
  /// As udp_intake's.
  struct change {
    std::shared_ptr<const tcp_settings> wanted;
    std::shared_ptr<const tls_context> tls;
  };
  [[nodiscard]] result<change> prepare(const tcp_settings& wanted) const;
  void apply(change made);
  void finish() { listener->finish(); }
  [[nodiscard]] bool is_open() const noexcept { return listener->is_open(); }
  void stop() { listener->stop(); }
  [[nodiscard]] const listen_address& address() const { return listener->address(); }
  void collect(metric_collector& out) const;

  stream_counts counts;
  published<tcp_settings> configured;
  std::shared_ptr<current_tls> tls =
      std::make_shared<current_tls>(std::make_shared<const tls_context>());
  std::unique_ptr<stream_listener> listener;
};

/// The listeners of one kind.
template <class Intake>
class line_intakes {
 public:
  using settings_type = typename Intake::settings_type;
  using intakes = std::vector<std::unique_ptr<Intake>>;

  /// What becomes of them when the configuration changes. Destroyed before `apply`, it leaves
  /// nothing behind.
  struct changes {
    intakes opened;
    /// Those that stay, by address, with what is set of them now.
    std::vector<std::pair<Intake*, typename Intake::change>> kept;
    std::vector<Intake*> removed;
  };

  /// Opens those that are wanted and not there. `create` makes a database: lines cannot.
  [[nodiscard]] result<changes> prepare(
      const std::vector<settings_type>& wanted, const line_services& services,
      const std::function<outcome(const std::string& database)>& create) const {
    changes made;
    for (const auto& each : open_) {
      made.removed.push_back(each.get());
    }
    for (const settings_type& each : wanted) {
      if (auto created = create(each.database.substr(0, each.database.find('/'))); !created) {
        return created.error();
      }
      const auto same = std::find_if(
          made.removed.begin(), made.removed.end(),
          [&](const Intake* one) { return one->configured.current()->listen == each.listen; });
      if (same != made.removed.end()) {
        auto change = (*same)->prepare(each);
        if (!change) {
          return change.error();
        }
        made.kept.emplace_back(*same, std::move(change).value());
        made.removed.erase(same);
        continue;
      }
      auto opened = Intake::open(each, services);
      if (!opened) {
        return opened.error();
      }
      made.opened.push_back(std::move(opened).value());
    }
    return made;
  }

  /// Under the lock that `collect` is under.
  void apply(changes made) {
    for (auto& [one, change] : made.kept) {
      one->apply(std::move(change));
    }
    for (Intake* gone : made.removed) {
      const auto found = std::find_if(open_.begin(), open_.end(),
                                      [gone](const auto& each) { return each.get() == gone; });
      gone->finish();
      ending_.push_back(std::move(*found));
      open_.erase(found);
    }
    for (auto& opened : made.opened) {
      opened->begin();
      open_.push_back(std::move(opened));
    }
  }

  /// Those that were removed and are done: the caller destroys them without the lock.
  [[nodiscard]] intakes take_done() {
    intakes done;
    for (auto& each : ending_) {
      if (!each->is_open()) {
        done.push_back(std::move(each));
      }
    }
    std::erase(ending_, nullptr);
    return done;
  }

  void finish() {
    for (const auto& each : open_) {
      each->finish();
    }
  }
  [[nodiscard]] std::size_t still_open() const noexcept {
    std::size_t count = 0;
    for (const intakes* list : {&open_, &ending_}) {
      for (const auto& each : *list) {
        count += each->is_open() ? 1 : 0;
      }
    }
    return count;
  }
  void stop() {
    for (const intakes* list : {&open_, &ending_}) {
      for (const auto& each : *list) {
        each->stop();
      }
    }
  }
  [[nodiscard]] std::vector<listen_address> addresses() const {
    std::vector<listen_address> out;
    for (const auto& each : open_) {
      out.push_back(each->address());
    }
    return out;
  }
  void collect(metric_collector& out) const {
    for (const auto& each : open_) {
      each->collect(out);
    }
  }

 private:
  intakes open_;
  /// Removed ones that still read what had arrived.
  intakes ending_;
};

}  // namespace weir
