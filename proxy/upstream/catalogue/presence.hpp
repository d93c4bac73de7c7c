// SPDX-License-Identifier: Apache-2.0
//
// Whether what a write names is there, as the write path asks it. An interface.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/answer_ticket.hpp"

namespace weir {

enum class presence : std::uint8_t {
  there,
  missing_database,
  missing_policy,
  /// No server can say so now: it may be there.
  unknown,
};

/// What is known of a target, and what a missing policy is called (of a write that names none, the
/// default one that was dropped).
struct presence_answer {
  presence is = presence::unknown;
  std::string policy{};
};

using presence_ticket = answer_ticket<presence_answer>;

class presence_source {
 public:
  virtual ~presence_source() = default;
  /// What is known of the target this moment; nothing is waited for. Where it is `unknown` and a
  /// server can be asked, `ticket` is set: settled soon (after two seconds at the most), and `wake`
  /// is called then, on another thread. Any thread.
  [[nodiscard]] virtual presence_answer look(const std::string& database,
                                             const std::string& retention_policy,
                                             const std::function<void()>& wake,
                                             std::shared_ptr<presence_ticket>& ticket) = 0;
};

}  // namespace weir
