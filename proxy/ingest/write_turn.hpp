// SPDX-License-Identifier: Apache-2.0
//
// From staged lines to the log: seals the complete requests of one turn of a loop into frames,
// appends these in one call, and concludes each request with its outcome. Where the log answers
// `pending`, the requests wait for their ticket and a later `end` concludes them; the log wakes the
// loop for it.
// Knows requests, not the format their points came in. Pure but for the log behind its interface;
// one intake loop's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "ingest/claims/held_requests.hpp"
#include "ingest/frames/frame_cutter.hpp"
#include "ingest/write_request.hpp"
#include "ingest/write_services.hpp"
#include "log/frame_log.hpp"

namespace weir {

class write_turn {
 public:
  /// `services` outlive the turn.
  explicit write_turn(const write_services& services);
  /// Of the frames sealed from now on.
  void compress(compression_mode mode) noexcept { cutter_.compress(mode); }
  ~write_turn() { detach(); }
  write_turn(const write_turn&) = delete;
  write_turn& operator=(const write_turn&) = delete;

  /// `wake` is called, on the log's thread, when requests that wait can be concluded.
  void attach(std::function<void()> wake);
  /// When it returns, `wake` is not running and will not be called again.
  void detach();

  /// While a body is read: makes frames of the lines that fill some, so that a large body needs
  /// little memory and its end little time, and writes new field types if many wait. The log gets
  /// neither frames nor lines before `end`.
  void relieve(write_request& request);
  /// A request is complete. It stays alive until it is concluded or taken out.
  void add(write_request& request);
  /// Its client is gone. Whether the request is free: nothing of it will be written unless it was.
  /// False: the log has its lines already, and its `reuse` is called when they are settled.
  [[nodiscard]] bool take_out(write_request& request);

  [[nodiscard]] bool has_work() const noexcept {
    return !complete_.empty() || held_.may_go() || any_settled();
  }
  /// Requests wait for a group commit, or for types that other weirs have to agree to.
  [[nodiscard]] bool has_waiting() const noexcept { return !waiting_.empty() || !held_.empty(); }
  /// Concludes the requests whose tickets are settled; appends those that are complete and
  /// concludes each whose outcome is known.
  void end();

 private:
  /// Requests of one turn whose frames the log has not settled yet.
  struct waiting_requests {
    std::shared_ptr<const append_ticket> ticket;
    std::vector<write_request*> requests;
  };

  [[nodiscard]] bool any_settled() const noexcept;
  void conclude_settled();
  /// Leaves those in `complete_` that need not wait for types.
  void hold_for_types();
  void append_complete(const std::vector<write_request*>& requests);
  /// Moves a request's lines into frames.
  void gather(const write_request& request);
  [[nodiscard]] append_result append_frames();
  [[nodiscard]] outcome keep_types() const;

  const write_services& services_;
  /// Nothing waits in it but while the turn ends.
  frame_cutter cutter_;
  std::vector<std::shared_ptr<frame>> frames_;
  std::vector<write_request*> complete_;
  /// Those of the turn that ends; empty otherwise, and kept for its buffer.
  std::vector<write_request*> ending_;
  held_requests held_;
  /// Of turns in their order. What touches other partitions of a log may be settled first.
  std::vector<waiting_requests> waiting_;
  std::optional<std::size_t> watcher_;
};

}  // namespace weir
