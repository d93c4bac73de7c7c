// SPDX-License-Identifier: Apache-2.0
//
// What exchanges have in common that wait until servers have carried out a statement. What is asked
// for and what is answered is theirs. Thread: the intake loop's.
#pragma once

#include <memory>

#include "server/exchanges/answering_exchange.hpp"
#include "upstream/catalogue/server_catalogues_posix.hpp"

namespace weir {

class statement_exchange : public answering_exchange, public waiting_for_thread {
 public:
  using answering_exchange::answering_exchange;
  ~statement_exchange() override;

  [[nodiscard]] bool settled() const noexcept override { return ticket_->settled(); }
  void go_on() override;

 protected:
  /// `carried_out` is called in a turn to come. Requires: nothing is waited for, and servers
  /// administer what it is about.
  void carry_out(const api::statement& what);
  /// May answer, or carry out the next one.
  virtual void carried_out(const api::statement_result& result) = 0;

 private:
  void stop_waiting();

  /// Of the statement that is waited for.
  std::shared_ptr<statement_ticket> ticket_;
};

}  // namespace weir
