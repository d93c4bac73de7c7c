// SPDX-License-Identifier: Apache-2.0
//
// Requests of a loop whose lines rest on types of fields that other weirs have to agree to
// (gate/types/type_claims.hpp): complete, but neither in the log nor answered until then. Where
// types are this process' own there is nothing here, and nothing is asked. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gate/types/type_claims.hpp"
#include "log/frame_log.hpp"

namespace weir {

class write_request;

class held_requests {
 public:
  /// `claims` outlives this object; nullptr: types are not shared.
  explicit held_requests(type_claims* claims) noexcept : claims_(claims) {}
  ~held_requests() { detach(); }
  held_requests(const held_requests&) = delete;
  held_requests& operator=(const held_requests&) = delete;

  /// `wake` is called, on another thread, when claims were settled.
  void attach(std::function<void()> wake);
  void detach();

  /// A request that cannot be kept as it was judged.
  struct refused {
    write_request* request = nullptr;
    append_status status = append_status::failed;
    std::string why;
  };
  /// Has claims sent, takes out of `complete` the requests that have to wait, and puts those that
  /// have waited long enough before the others. What is returned is to be concluded.
  [[nodiscard]] std::vector<refused> sift(std::vector<write_request*>& complete);
  /// So many claims of one body wait that they are sent before its end.
  void relieve();
  /// Its client is gone.
  void take_out(const write_request& request) {
    if (!held_.empty()) {
      std::erase(held_, &request);
    }
  }

  [[nodiscard]] bool empty() const noexcept { return held_.empty(); }
  /// `sift` may find that some of them need not wait any more.
  [[nodiscard]] bool may_go() const noexcept {
    return !held_.empty() && claims_->changes() != seen_;
  }

 private:
  void place(write_request& request, std::vector<write_request*>& go,
             std::vector<write_request*>& wait, std::vector<refused>& refuse) const;

  type_claims* const claims_;
  std::vector<write_request*> held_;
  /// The claims' `changes` when `held_` was last looked at.
  std::uint64_t seen_ = 0;
  std::optional<std::size_t> watcher_;
};

}  // namespace weir
