// SPDX-License-Identifier: Apache-2.0
#include "gate/words.hpp"

namespace weir {

refusal_form form_of(gate_code code) noexcept {
  switch (code) {
    case gate_code::beyond_retention:
      return refusal_form::storage;
    case gate_code::none:
    case gate_code::time_assigned:
    case gate_code::beyond_future:
    case gate_code::retention_clamped:
    case gate_code::unsigned_as_integer:
    case gate_code::unsigned_too_large:
    case gate_code::unsigned_refused:
      break;
  }
  return refusal_form::line;
}

std::string_view explanation(gate_code code) noexcept {
  switch (code) {
    case gate_code::none:
      return "Nothing is wrong with the line.";
    case gate_code::time_assigned:
      return "The line has no timestamp and got the time at which it was received.";
    case gate_code::beyond_retention:
      return "The point is older than its database keeps points, so it would be deleted at once. "
             "Check the precision of the request and the sender's clock, write to a retention "
             "policy that keeps it, or raise `retention` of the database.";
    case gate_code::beyond_future:
      return "The point lies further in the future than its database allows. Check the sender's "
             "clock and the precision of the request, or raise `future` of the database.";
    case gate_code::retention_clamped:
      return "The point was older than its database keeps points and was moved to the oldest time "
             "that it keeps.";
    case gate_code::unsigned_as_integer:
      return "An unsigned value (5u) was passed on as an integer (5i).";
    case gate_code::unsigned_too_large:
      return "An unsigned value is larger than any integer, so it cannot be passed on as one. Send "
             "it as a float, or set `unsigned = \"pass\"` where the database takes such values.";
    case gate_code::unsigned_refused:
      return "Unsigned values (5u) are refused here, as by stock InfluxDB 1.x. Write 5i, or change "
             "`unsigned` of the database.";
  }
  return "";
}

}  // namespace weir
