// SPDX-License-Identifier: Apache-2.0
//
// Chooses the kernel, once per process.
#include "parser/kernels/kernel.hpp"

#include <array>
#include <cstdlib>

namespace weir {
namespace {

// Best first.
constexpr const kernel* known[] = {
#if defined(__x86_64__)
    &avx512_kernel, &avx2_kernel, &sse42_kernel,
#endif
    &scalar_kernel};

struct kernel_list {
  std::array<const kernel*, std::size(known)> entries{};
  std::size_t count = 0;

  kernel_list() noexcept {
    for (const kernel* each : known) {
      if (each->supported()) {
        entries[count++] = each;
      }
    }
  }
};

const kernel* by_name(std::string_view name) noexcept {
  for (const kernel* each : kernels()) {
    if (each->name == name) {
      return each;
    }
  }
  return nullptr;
}

const kernel& choose() noexcept {
  const char* const wanted = std::getenv("WEIR_KERNEL");
  const kernel* const named = wanted != nullptr ? by_name(wanted) : nullptr;
  return named != nullptr ? *named : *kernels().front();
}

const kernel& active_kernel() noexcept {
  static const kernel& chosen = choose();
  return chosen;
}

}  // namespace

std::span<const kernel* const> kernels() noexcept {
  static const kernel_list list;
  return {list.entries.data(), list.count};
}

const kernel& find_kernel(std::string_view name) noexcept {
  const kernel* const named = name.empty() ? nullptr : by_name(name);
  return named != nullptr ? *named : active_kernel();
}

std::string_view kernel_name() noexcept {
  return active_kernel().name;
}

std::vector<std::string_view> kernel_names() {
  std::vector<std::string_view> names;
  for (const kernel* each : kernels()) {
    names.push_back(each->name);
  }
  return names;
}

}  // namespace weir
