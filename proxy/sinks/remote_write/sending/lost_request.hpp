// SPDX-License-Identifier: Apache-2.0
//
// Whether a server has a request whose answer got lost, found out by single samples of it. A server
// that has it refuses the first sample of a series of which it has newer ones, and takes the newest
// one again; one that has it not takes the first. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sinks/discard.hpp"

namespace weir {

class lost_request {
 public:
  /// Series that are asked about, at most: of some of them another writer may be ahead.
  static constexpr std::size_t candidates_max = 16;

  /// A series of which the request had several samples. Places in the batch.
  struct candidate {
    std::size_t first = 0;
    /// The newest one of the request, if the batch has it.
    std::optional<std::size_t> newest;
  };
  enum class verdict : std::uint8_t {
    open,
    none,  // no sample is here that could tell: those that are may be sent again as they are
    stored,
    not_stored,
    /// Of the series in `ahead` the server has it, or another writer's newer samples: in both cases
    /// nothing of them is to be sent. Of the others nothing is known.
    ahead,
    /// The server keeps of a request what is good: all of it may be sent once more, and what is
    /// refused then is stored.
    send_again,
  };

  lost_request(std::uint32_t number, std::vector<candidate> candidates)
      : number_(number), candidates_(std::move(candidates)) {}

  /// The ledger's number of it.
  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
  /// The sample to be sent alone; nothing: there is a verdict. Then one of the next two is called.
  [[nodiscard]] std::optional<std::size_t> next();
  void accepted();
  void refused(discard_reason reason, bool rest_is_stored);

  [[nodiscard]] verdict found() const noexcept { return verdict_; }
  /// The sample that was taken, where that made the verdict not_stored.
  [[nodiscard]] std::optional<std::size_t> taken() const noexcept { return taken_; }
  /// First samples of the series of which the server has something newer.
  [[nodiscard]] const std::vector<std::size_t>& ahead() const noexcept { return ahead_; }
  /// First samples of the series of which the server has something newer than all of the request:
  /// another writer's.
  [[nodiscard]] const std::vector<std::size_t>& hopeless() const noexcept { return hopeless_; }

 private:
  void next_candidate();

  std::uint32_t number_;
  std::vector<candidate> candidates_;
  std::size_t at_ = 0;
  bool asks_newest_ = false;
  /// Series whose newest sample is not here, and of which the server has something newer.
  std::vector<std::size_t> ahead_;
  std::vector<std::size_t> hopeless_;
  verdict verdict_ = verdict::open;
  std::optional<std::size_t> taken_;
};

}  // namespace weir
