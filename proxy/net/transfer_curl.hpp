// SPDX-License-Identifier: Apache-2.0
//
// HTTP requests by libcurl's multi interface on a libuv loop. Connections are kept and used again,
// and so are easy handles. It decides nothing about what an answer means. Everything is called on
// the loop's thread.
#pragma once

#include <cstddef>
#include <memory>

#include "base/result.hpp"
#include "net/transfer.hpp"

struct uv_loop_s;

namespace weir {

class transfer_curl final : public transfer {
 public:
  /// `loop` must outlive it, and run once more after its end so that handles can close.
  static result<std::unique_ptr<transfer_curl>> make(uv_loop_s* loop, std::size_t connections_kept);
  ~transfer_curl() override;
  transfer_curl(const transfer_curl&) = delete;
  transfer_curl& operator=(const transfer_curl&) = delete;

  void post(transfer_request request, done on_done) override;
  void abort() override;

 private:
  struct state;
  explicit transfer_curl(std::unique_ptr<state> ready);
  std::unique_ptr<state> state_;
};

}  // namespace weir
