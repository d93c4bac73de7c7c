// SPDX-License-Identifier: Apache-2.0
#include "server/exchanges/statement_exchange.hpp"

#include "base/assert.hpp"

namespace weir {

statement_exchange::~statement_exchange() {
  stop_waiting();
}

void statement_exchange::stop_waiting() {
  if (ticket_ != nullptr) {
    ticket_->abandon();
    home_.forget(*this);
    ticket_.reset();
  }
}

void statement_exchange::carry_out(const api::statement& what) {
  WEIR_ASSERT(ticket_ == nullptr && home_.services().administered != nullptr);
  ticket_ = home_.services().administered->carry_out(what, home_.wake());
  home_.wait_for(*this);
}

void statement_exchange::go_on() {
  if (settled()) {
    const std::shared_ptr<statement_ticket> done = ticket_;
    stop_waiting();
    carried_out(done->answer());
  }
}

}  // namespace weir
