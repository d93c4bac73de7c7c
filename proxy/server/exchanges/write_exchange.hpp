// SPDX-License-Identifier: Apache-2.0
//
// A write: its lines go to a job of the loop's write path, once its database is known to be there.
// Thread: the intake loop's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/write_dialect.hpp"
#include "base/per_request/recycled.hpp"
#include "ingest/write_job.hpp"
#include "server/exchanges/answering_exchange.hpp"
#include "server/exchanges/translated_body.hpp"
#include "upstream/catalogue/presence.hpp"

namespace weir {

class write_exchange final : public answering_exchange,
                             public waiting_for_thread,
                             public recycled<write_exchange, 64> {
 public:
  write_exchange(exchange_home& home, http::connection& on, opened_request request)
      : answering_exchange(home, on, std::move(request)), dialect_(routing().row->dialect()) {}
  ~write_exchange() override;

  /// One of these three is called first; after `refuse` neither body nor completion is passed on.
  void begin(const api::write_target& target, std::int64_t now_ns,
             std::shared_ptr<const sender> from);
  /// The same for a database that nothing is known of: once `await`'s ticket says that it is there.
  /// A name that no server knows takes no room, and its body waits outside.
  void begin_once_known(const api::write_target& target, std::int64_t now_ns,
                        std::shared_ptr<const sender> from);
  void refuse(http::response reply) { answer(std::move(reply)); }
  /// Whether what it names is there is asked; the answer waits for that. Before `begin`.
  void await(std::shared_ptr<presence_ticket> asked) { ticket_ = std::move(asked); }
  [[nodiscard]] bool awaits() const noexcept { return ticket_ != nullptr; }
  [[nodiscard]] bool settled() const noexcept override { return ticket_->settled(); }
  void go_on() override;
  [[nodiscard]] bool holds_body() const noexcept override { return held_; }
  /// A 503 carries Retry-After.
  void add_retry_after() noexcept { retry_after_ = true; }
  /// The body is no line protocol. Before `begin`.
  void translate(std::unique_ptr<translated_body> how) noexcept { translated_ = std::move(how); }
  void body(std::string_view piece) override {
    if (translated_ == nullptr) {
      job_->body(piece);
    } else if (!translated_->add(piece)) {
      give_up_body();
    }
  }
  [[nodiscard]] std::size_t take(std::string_view piece, turn_work& work) override {
    if (translated_ == nullptr) {
      return job_->body(piece, work);
    }
    body(piece);
    return piece.size();
  }
  void complete() override;
  [[nodiscard]] bool reads_snappy() const override { return translated_ != nullptr; }
  [[nodiscard]] http::response fail(http::body_failure why) override;
  [[nodiscard]] bool takes_body() const override { return true; }
  [[nodiscard]] bool give_way() noexcept override { return job_ != nullptr && job_->give_way(); }

 protected:
  [[nodiscard]] http::response failed(http::body_failure why) const override;

 private:
  void finished(write_end end, const write_verdict& verdict, const std::string& detail);
  void release();
  void begin_held();
  void wait();
  void finish_body();
  /// What is answered where the target is not there; nothing: it is taken.
  [[nodiscard]] std::optional<http::response> refusal(const presence_answer& found) const;
  /// There is no memory for what is to be translated.
  void give_up_body();
  void describe(letter_header& header) const;
  [[nodiscard]] bool quiet(const write_verdict& verdict) const;
  [[nodiscard]] http::response overloaded(std::string_view why) const;

  const api::write_dialect& dialect_;
  std::shared_ptr<const sender> from_;
  write_job* job_ = nullptr;
  std::unique_ptr<translated_body> translated_;
  /// Of a write that waits for what is asked; empty otherwise.
  api::write_target target_;
  std::shared_ptr<presence_ticket> ticket_;
  bool waits_ = false;
  /// It has not begun: whether its database is there is not known yet.
  bool held_ = false;
  std::int64_t opened_ns_ = 0;
  bool body_is_whole_ = false;
  bool retry_after_ = false;
  bool too_large_ = false;
};

}  // namespace weir
