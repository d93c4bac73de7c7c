// SPDX-License-Identifier: Apache-2.0
//
// Why lanes are held, and what a person does about each cause: one table. What a server's answer
// means is its target's to say; this says how it is repaired. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "log/frame_log.hpp"

namespace weir {

enum class hold_cause : std::uint8_t {
  other,                   // the server's words are all that is known
  missing_database,        // of an InfluxDB
  missing_bucket,          // weir creates none
  missing_policy,          // a retention policy that the lane names
  missing_default_policy,  // the lane names none, and its database has no default
  bad_name,                // the server takes no database of that name
  too_many_databases,      // the server's licence or limit
  not_allowed,             // wrong credentials, or too few rights
  wrong_organization,      //
  wants_tls,               // http:// where the server wants https://
  not_a_database,          // it answers, but stores nothing: 2xx of a page, or 3xx
  wrong_place,             // 4xx that speak of the request and not of its lines
  creation_refused,        // CREATE DATABASE was refused
  refused_not_kept,        // lines that the server refused cannot be kept on this machine
};
inline constexpr std::size_t hold_cause_count =
    static_cast<std::size_t>(hold_cause::refused_not_kept) + 1;

/// What to do, in a sentence, and what to type for it in a shell; empty: there is no such command.
struct hold_remedy {
  std::string text;
  std::string command;
};
[[nodiscard]] hold_remedy remedy_of(hold_cause cause, std::string_view sink, const lane_key& lane);

/// What to do where a server did not answer, by what curl says of it; empty: its words tell no
/// more than that it did not.
[[nodiscard]] std::string_view remedy_of_no_answer(std::string_view message) noexcept;

}  // namespace weir
