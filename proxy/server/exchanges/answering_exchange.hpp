// SPDX-License-Identifier: Apache-2.0
//
// What every exchange has, whatever its route does: its connection, its request, and how its answer
// is counted and completed. Thread: the intake loop's.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "accounts/source_registry.hpp"
#include "api/context.hpp"
#include "api/routes.hpp"
#include "base/times.hpp"
#include "http/connection.hpp"
#include "server/http_service.hpp"

namespace weir {

class gathered_text;

/// What waits for another thread, which wakes its loop.
class waiting_for_thread {
 public:
  virtual ~waiting_for_thread() = default;
  [[nodiscard]] virtual bool settled() const noexcept = 0;
  /// Where it is settled: it may be gone then. Called in each of the loop's turns.
  virtual void go_on() = 0;
};

/// The loop's worker, as exchanges see it. It outlives them.
class exchange_home {
 public:
  virtual ~exchange_home() = default;
  [[nodiscard]] virtual const http_services& services() const noexcept = 0;
  [[nodiscard]] virtual write_path& path() noexcept = 0;
  [[nodiscard]] virtual http_account& account() noexcept = 0;
  [[nodiscard]] virtual const listener& listener_of(const http::connection& on) const = 0;
  /// Those of the requests that begin now. Valid in this turn.
  [[nodiscard]] virtual const http_terms& terms() const noexcept = 0;
  /// Who sent a request: its user, or as far as it says so; nullptr: senders are not counted.
  [[nodiscard]] virtual std::shared_ptr<const sender> sender_of(const http::request_head& head,
                                                                const user* by) = 0;
  /// Wakes this loop. Any thread, while it runs.
  [[nodiscard]] virtual const std::function<void()>& wake() const noexcept = 0;
  /// Has `one` go on in the turns to come, until it is forgotten.
  virtual void wait_for(waiting_for_thread& one) = 0;
  virtual void forget(waiting_for_thread& one) = 0;
};

/// Of a request whose head is complete: how it is answered, when it came, and what its answer
/// repeats.
struct opened_request {
  api::routing routing;
  moment began;
  api::request_context context;
  /// Who asks; nullptr: there are no users, or none is needed.
  std::shared_ptr<const user> by = nullptr;
};

class answering_exchange : public http::exchange {
 public:
  answering_exchange(exchange_home& home, http::connection& on, opened_request request)
      : home_(home), on_(on), request_(std::move(request)) {}

  void body(std::string_view) override {}
  void complete() override {}
  [[nodiscard]] http::response fail(http::body_failure why) override;
  void encoding_ignored() override;

 protected:
  /// The connection may delete this exchange during the call.
  void answer(http::response&& reply);
  /// This route's answer to an incomplete body.
  [[nodiscard]] virtual http::response failed(http::body_failure why) const;
  /// Adds a piece to a small body; where there is no room for it, answers: `too_long`, or `failed`.
  void gather(std::string_view piece, gathered_text& into);
  /// This route's answer to a body that is longer than any of its own.
  [[nodiscard]] virtual http::response too_long() const;

  /// The answers of this route's dialect.
  [[nodiscard]] const api::path_family& family() const noexcept;
  [[nodiscard]] const opened_request& request() const noexcept { return request_; }
  [[nodiscard]] const api::routing& routing() const noexcept { return request_.routing; }

  exchange_home& home_;
  http::connection& on_;

 private:
  /// Counts the answer and gives it what every answer carries.
  void finish(http::response& response);

  const opened_request request_;
};

}  // namespace weir
