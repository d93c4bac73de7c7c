// SPDX-License-Identifier: Apache-2.0
//
// Checks of addresses by libcurl's URL parser.
#include "net/url_fault_curl.hpp"

#include <curl/curl.h>

#include "net/curl_exchange_curl.hpp"

namespace weir {

std::string url_fault(const std::string& url) {
  start_curl();
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return "it does not begin with http:// or https://";
  }
  CURLU* parsed = curl_url();
  const CURLUcode code = curl_url_set(parsed, CURLUPART_URL, url.c_str(), 0);
  std::string fault = code == CURLUE_OK ? "" : curl_url_strerror(code);
  curl_url_cleanup(parsed);
  return fault;
}

}  // namespace weir
