// SPDX-License-Identifier: BSD-3-Clause

// shardbound_generate <file.onnx> <type name> <header>
// Reads a graph and writes a header with the network's type. The header appears whole or not at all.

#include <shardbound/io.hpp>

#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: shardbound_generate <file.onnx> <type name> <header>\n";
    return 2;
  }
  try {
    const auto model = shardbound::io::read_onnx(argv[1]);
    const std::string text = shardbound::io::network_header(model, argv[2]);

    const std::string target = argv[3], unfinished = target + ".unfinished";
    std::ofstream out(unfinished, std::ios::binary);
    out << text;
    out.close();
    if (!out || std::rename(unfinished.c_str(), target.c_str()) != 0) {
      std::cerr << "shardbound_generate: cannot write " << target << '\n';
      return 2;
    }
  } catch (const std::exception& error) {
    std::cerr << "shardbound_generate: " << error.what() << '\n';
    return 2;
  }
  return 0;
}
