// SPDX-License-Identifier: Apache-2.0
//
// Where sinks keep what outlives them: cursors, refused batches, parked frames, the books of their
// targets. This is the interface; sink_stores_posix.hpp keeps it in files. Stores are opened on the
// thread that makes the sinks; each one then lives on its sink's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.hpp"
#include "sinks/parking/parking.hpp"
#include "sinks/state/cursor.hpp"
#include "sinks/state/refused_store.hpp"
#include "sinks/state/sent_store.hpp"

namespace weir {

struct sink_settings;

/// What a target remembers beside its sink's cursor.
enum class kept_book : std::uint8_t {
  sent,    // samples that a server has, or may have
  series,  // series that may become stale
};

/// A store that is null keeps nothing. Failures of `cursor`, `refused` and `parked` name the sink.
class sink_stores {
 public:
  virtual ~sink_stores() = default;

  struct opened_cursor {
    std::unique_ptr<cursor_store> store;
    /// As it was kept; nothing: the sink begins where its settings say.
    std::optional<cursor_state> kept;
    /// `kept` is where the sink begins; what was delivered before is not known.
    bool begins = false;
  };
  [[nodiscard]] virtual result<opened_cursor> cursor(const sink_settings& of) = 0;
  [[nodiscard]] virtual result<std::unique_ptr<refused_store>> refused(const sink_settings& of) = 0;
  [[nodiscard]] virtual result<std::unique_ptr<parking>> parked(const sink_settings& of) = 0;

  struct opened_book {
    std::unique_ptr<sent_store> store;
    /// What it held.
    std::string held;
  };
  [[nodiscard]] virtual result<opened_book> book(const std::string& sink_name, kept_book which) = 0;

  /// See subscription::settle; may be empty.
  [[nodiscard]] virtual std::function<void()> settler(const std::string& sink_name) = 0;
  /// The sink is not wanted any more: what it owed is told, and its cursor set aside.
  virtual void forget(const std::string& sink_name, std::uint64_t pending) = 0;
  /// The same for those of earlier processes that are none of these.
  virtual void forget_all_but(std::span<const std::string> sink_names) = 0;
  /// A cursor is to be kept at most once in so long; 0: whenever it changes.
  [[nodiscard]] virtual std::chrono::milliseconds cursor_pace() const { return {}; }
  /// Where a set keeps what is of several of its sinks; empty: nowhere.
  [[nodiscard]] virtual std::string directory() const { return {}; }
};

}  // namespace weir
