// SPDX-License-Identifier: Apache-2.0
//
// write_data FOLDER BYTES: writes each data set into FOLDER as NAME.lp, whole lines of at least so
// many bytes, the same that bench_parser reads.
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "data/generate.hpp"
#include "micro/bodies.hpp"

int main(int argc, char** argv) {
  const std::size_t bytes = argc == 3 ? std::strtoull(argv[2], nullptr, 10) : 0;
  if (bytes == 0) {
    std::cerr << "usage: write_data FOLDER BYTES\n";
    return 2;
  }
  for (const weir::bench::data_set set : weir::bench::data_sets) {
    const std::string path = std::string{argv[1]} + "/" + std::string{name_of(set)} + ".lp";
    const std::string body = weir::bench::generate(set, bytes, weir::bench::body_seed);
    std::ofstream file{path, std::ios::binary};
    if (!file.write(body.data(), static_cast<std::streamsize>(body.size())) || !file.flush()) {
      std::cerr << "cannot write " << path << '\n';
      return 1;
    }
  }
  return 0;
}
