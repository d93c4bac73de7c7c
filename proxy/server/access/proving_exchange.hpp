// SPDX-License-Identifier: Apache-2.0
//
// A request whose password is held against a hash on another thread: its body waits outside until
// that is known, and then it is served as every other. Thread: the intake loop's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/memory_budget.hpp"
#include "server/exchanges/answering_exchange.hpp"
#include "users/doorkeeper.hpp"

namespace weir {

/// A head that stays when the connection's is gone.
class kept_head {
 public:
  explicit kept_head(const http::request_head& head);
  kept_head(const kept_head&) = delete;
  kept_head& operator=(const kept_head&) = delete;
  [[nodiscard]] const http::request_head& head() const noexcept { return head_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.capacity(); }

 private:
  std::string bytes_;
  http::request_head head_;
};

class proving_exchange final : public answering_exchange, public waiting_for_thread {
 public:
  /// Makes the exchange that the request gets now, which may answer it at once.
  using serve = std::function<std::unique_ptr<http::exchange>(
      const http::request_head& head, opened_request request, const open_proof& proof)>;

  proving_exchange(exchange_home& home, http::connection& on, opened_request request,
                   const http::request_head& head, open_proof proof, serve then);
  ~proving_exchange() override;
  /// The head has its place in the memory for requests. Else `refuse` it.
  [[nodiscard]] bool fits() noexcept { return lease_.grow_to(head_.bytes()); }
  void refuse(http::response reply);

  [[nodiscard]] bool settled() const noexcept override { return proof_.ticket->settled(); }
  void go_on() override;

  void body(std::string_view piece) override { inner_->body(piece); }
  [[nodiscard]] std::size_t take(std::string_view piece, turn_work& work) override {
    return inner_->take(piece, work);
  }
  void complete() override;
  [[nodiscard]] http::response fail(http::body_failure why) override;
  [[nodiscard]] bool give_way() noexcept override {
    return inner_ != nullptr && inner_->give_way();
  }
  [[nodiscard]] bool takes_body() const override;
  [[nodiscard]] bool reads_snappy() const override;
  [[nodiscard]] bool holds_body() const noexcept override {
    return inner_ == nullptr || inner_->holds_body();
  }
  [[nodiscard]] bool ends_with_peer() const noexcept override {
    return inner_ != nullptr && inner_->ends_with_peer();
  }
  void encoding_ignored() override;

 protected:
  [[nodiscard]] http::response failed(http::body_failure why) const override;

 private:
  void stop_waiting();

  const kept_head head_;
  memory_lease lease_;
  open_proof proof_;
  const serve then_;
  bool waits_ = true;
  bool body_is_whole_ = false;
  std::unique_ptr<http::exchange> inner_;
};

}  // namespace weir
