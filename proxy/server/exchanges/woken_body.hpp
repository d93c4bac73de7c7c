// SPDX-License-Identifier: Apache-2.0
//
// The body of an answer whose pieces come from another thread, which wakes the loop: what such
// bodies have in common, whatever they are made of. It goes with its connection, and ends with its
// peer. Thread: the intake loop's.
#pragma once

#include <memory>
#include <utility>

#include "http/connection.hpp"
#include "http/message.hpp"
#include "server/exchanges/answering_exchange.hpp"

namespace weir {

/// `From` has `has_news`, which any thread may set, and `take_news`, which takes it back. Who
/// derives from it says in its destructor that `From` is read no more.
template <class From>
class woken_body : public http::body_source, public waiting_for_thread {
 public:
  woken_body(exchange_home& home, http::connection& on, std::shared_ptr<From> from)
      : from_(std::move(from)), home_(home), on_(on) {
    home_.wait_for(*this);
  }
  ~woken_body() override { home_.forget(*this); }
  woken_body(const woken_body&) = delete;
  woken_body& operator=(const woken_body&) = delete;

  [[nodiscard]] bool ends_with_peer() const noexcept override { return true; }
  [[nodiscard]] bool settled() const noexcept override { return from_->has_news(); }
  void go_on() override {
    if (from_->take_news()) {
      on_.more_to_answer();
    }
  }

 protected:
  const std::shared_ptr<From> from_;

 private:
  exchange_home& home_;
  http::connection& on_;
};

}  // namespace weir
