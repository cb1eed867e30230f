#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace libexec::cli {

struct BenchOptions {
    enum class Mode { accept, execute };
    Mode mode = Mode::execute;
    std::uint64_t orders = 1'000;
    std::uint32_t connections = 64;
    std::uint32_t rate = 0;  ///< submissions offered a second; 0: as fast as they are answered
    bool in_process = false;
    std::uint32_t workers = 256;  ///< orders in flight, in process
    std::optional<std::uint64_t> seed;
    std::string
        data_dir;  ///< where an in-process run keeps its database; empty: the system's temporary directory
};

}  // namespace libexec::cli
