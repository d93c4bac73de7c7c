// SPDX-License-Identifier: Apache-2.0
//
// What a loop does with writes: a job for each request (write_job.hpp), whose points are admitted
// (admission.hpp) and, at the end of the loop's turn, put into the log (write_turn.hpp). Hands out
// jobs and takes them back. Pure but for the log behind its interface; lives on one intake loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ingest/write_job.hpp"
#include "ingest/write_services.hpp"
#include "ingest/write_turn.hpp"

namespace weir {

class write_path {
 public:
  explicit write_path(const write_services& services);
  ~write_path();
  write_path(const write_path&) = delete;
  write_path& operator=(const write_path&) = delete;

  /// Begins a write, received at `now_ns` (nanoseconds since the epoch). nullptr, and `refusal`
  /// filled, when the database may not be named. The job is valid until `release`.
  [[nodiscard]] write_job* begin(const api::write_target& wanted, std::int64_t now_ns,
                                 std::string& refusal, write_job::done finish,
                                 write_origin origin = {});
  /// The request is over or its client is gone: nothing of it will be written unless it was, or
  /// was handed to the log already. Then its lines are counted when the log has them.
  void release(write_job& job);

  /// `wake` is called, on the log's thread, when jobs that wait can be answered.
  void attach(std::function<void()> wake) { turn_.attach(std::move(wake)); }
  /// When it returns, `wake` is not running and will not be called again.
  void detach() { turn_.detach(); }

  /// `end_of_turn` has something to do.
  [[nodiscard]] bool has_work() const noexcept { return turn_.has_work(); }
  /// Jobs wait for a group commit.
  [[nodiscard]] bool has_waiting() const noexcept { return turn_.has_waiting(); }
  /// Puts the complete requests into the log and answers each job whose outcome is known.
  void end_of_turn();

 private:
  /// The terms of the next requests, and what this loop has found out of their rules.
  struct current_terms;

  void renew_terms();
  [[nodiscard]] request_terms terms_of(const api::write_target& target) const;
  [[nodiscard]] write_job& idle_job();
  void recycle(write_job& job);

  const write_services services_;
  std::uint64_t terms_version_ = 0;
  /// Shared with the requests that began under them.
  std::shared_ptr<current_terms> terms_;
  write_turn turn_;
  std::vector<std::unique_ptr<write_job>> jobs_;
  std::vector<write_job*> idle_;
};

}  // namespace weir
