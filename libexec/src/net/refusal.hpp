#pragma once

#include <string_view>

namespace libexec {

/// Why bytes never became a request. `detail` has static storage. A status of 0 means nothing is wrong.
struct Refusal {
    int status = 0;
    std::string_view detail;

    explicit operator bool() const { return status != 0; }
};

inline Refusal refuse(int status, std::string_view detail) { return Refusal{status, detail}; }

}  // namespace libexec
