// SPDX-License-Identifier: Apache-2.0
//
// The three forms in which InfluxDB 1.x gives results and errors: JSON, CSV and MessagePack, byte
// for byte as 1.6 writes them. Pure; what the results are query.cpp knows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace weir::api {

enum class result_format : std::uint8_t { json, csv, msgpack };

/// What an Accept header asks for. As in InfluxDB only the plain names count: lists, parameters and
/// all else mean JSON.
[[nodiscard]] result_format format_of(std::string_view accept) noexcept;
[[nodiscard]] std::string_view content_type_of(result_format format) noexcept;

using result_value = std::variant<std::string, std::int64_t, bool>;

struct result_series {
  /// Empty: none.
  std::string name{};
  std::vector<std::string> columns{};
  std::vector<std::vector<result_value>> rows{};
};

/// What became of one statement.
struct statement_result {
  std::vector<result_series> series{};
  std::vector<std::string> warnings{};
  /// Empty: it was carried out.
  std::string error{};
};

struct spelling {
  result_format format = result_format::json;
  /// Of JSON: indented by 4.
  bool pretty = false;
  /// A document for each statement.
  bool chunked = false;
};

/// The body of an answer to a query: its results in the statements' order.
[[nodiscard]] std::string spell_results(const std::vector<statement_result>& results,
                                        const spelling& how);

/// The body of an answer that is an error as a whole.
[[nodiscard]] std::string spell_error(std::string_view message, result_format format);

}  // namespace weir::api
