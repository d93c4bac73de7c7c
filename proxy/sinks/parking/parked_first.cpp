// SPDX-License-Identifier: Apache-2.0
//
// The one order in which a lane's frames are read: parked ones, then those in the log. Pure but for
// the two that it reads from.
#include <utility>

#include "sinks/parking/parking.hpp"

namespace weir {
namespace {

class parked_first_reader final : public log_reader {
 public:
  parked_first_reader(std::unique_ptr<log_reader> of_log, parking& parked)
      : log_(std::move(of_log)), parked_(parked) {}

  read_result next(log_position from, const lane_key& lane) override {
    read_result found = parked_.next(from, lane);
    return found.status == read_status::caught_up ? log_->next(found.next, lane) : found;
  }

  log_position headers(log_position from, std::size_t count_max,
                       std::vector<frame_header>& out) override {
    return log_->headers(from, count_max, out);
  }

 private:
  std::unique_ptr<log_reader> log_;
  parking& parked_;
};

}  // namespace

std::unique_ptr<log_reader> parked_first(std::unique_ptr<log_reader> of_log, parking& parked) {
  return std::make_unique<parked_first_reader>(std::move(of_log), parked);
}

}  // namespace weir
